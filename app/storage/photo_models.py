"""Photos and drawings that visitors brought, for as long as no walk has taken them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import ID_LENGTH, new_id

DIGEST_MAX = 64


class Photo(db.Model):  # type: ignore[misc]
    """An upload, normalised: turned upright, without its metadata, sRGB of 8 bit. The same of one owner is one row.

    A worker looks at it once: it writes what it takes it for, the path of a preview of its main thing cut out, and
    ``described_at``; or ``error``, why it cannot be a stop. It does so by a task of kind ``photos`` (see `Piece`).
    Walks hold a copy of the file, and never this row: it goes at ``expires_at``.
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

    # What a worker found
    description: Mapped[str | None] = mapped_column(Text)  # a guess
    cut_path: Mapped[str | None] = mapped_column(String(200))  # a WebP with transparency, at most 256 pixels a side
    error: Mapped[str | None] = mapped_column(Text)
    described_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # like the next two of release 1.0.0
    lease_holder: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("owner_hash", "digest"),
        Index("ix_photos_expires_at", "expires_at"),
        Index("ix_photos_line", "described_at", "created_at"),
    )
