"""Uploads: visitors' photos and drawings, stored until they expire; walks keep copies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import ID_LENGTH, new_id

DIGEST_MAX = 64


class Photo(db.Model):  # type: ignore[misc]
    """A normalised upload: upright, without metadata, 8-bit sRGB. An owner's identical uploads share one row.

    A worker examines it once, by a task of kind ``photos`` (see `Task`). It writes a description, the path of a
    preview of the main subject cut out, and ``described_at``; or ``error``, why the upload cannot be a stop. Walks copy
    the file and do not refer to this row, which is deleted at ``expires_at``.
    """

    __tablename__ = "photos"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(DIGEST_MAX))  # SHA-256 of the normalised file
    owner_hash: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64), default="", server_default="")
    path: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    # Written by the worker
    description: Mapped[str | None] = mapped_column(Text)  # a guess
    cut_path: Mapped[str | None] = mapped_column(String(200))  # a WebP with transparency, at most 256 pixels a side
    error: Mapped[str | None] = mapped_column(Text)
    described_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # used by release 1.0.0, as the next two
    lease_holder: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("owner_hash", "digest"),
        Index("ix_photos_expires_at", "expires_at"),
        Index("ix_photos_line", "described_at", "created_at"),
    )
