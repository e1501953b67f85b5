"""Uploads: visitors' sounds, stored until they expire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import ID_LENGTH, Json, new_id

WAITING, READY, FAILED = "waiting", "ready", "failed"


class Sound(db.Model):  # type: ignore[misc]
    """An uploaded sound. An owner's identical uploads share one row.

    Until a worker has read it, ``path`` is the file as it was uploaded. The worker replaces that by a FLAC without
    metadata, stores the true length, rate and channels with the ``analysis``, and sets the state to ``ready``; or to
    ``failed`` with ``error``, a sentence, and without a file. The row is deleted at ``expires_at``.
    """

    __tablename__ = "sounds"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the upload, by which recipes name it
    owner_hash: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64), default="", server_default="")
    path: Mapped[str | None] = mapped_column(String(200))
    bytes: Mapped[int]  # of the file at the path
    format: Mapped[str] = mapped_column(String(12))  # of the upload: wav, flac, vorbis, opus or mp3
    seconds: Mapped[float | None]  # as the header says, then as decoded; None where the header does not say
    rate: Mapped[int]
    channels: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    error: Mapped[str | None] = mapped_column(Text)
    analysis: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("owner_hash", "digest"), Index("ix_sounds_expires_at", "expires_at"))
