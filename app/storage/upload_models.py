"""Uploads: visitors' photos, sounds and what comes next, stored until they expire; walks keep copies."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import ID_LENGTH, Json, new_id

DIGEST_MAX = 64
WAITING, READY, FAILED = "waiting", "ready", "failed"
TABLES_BEFORE = "photos", "sounds"
"""The tables of release 1.2, which triggers keep the same as `uploads` (migration 0037) until a later release drops
them."""


class Upload(db.Model):  # type: ignore[misc]
    """An uploaded file, of a kind of `app.walks.uploads.kinds`. An owner's equal uploads of a kind share one row.

    A worker processes it once, by a task of the same kind (see `Task`). It stores what it found in ``analysis``, and
    may replace the file or add a preview; then the state is ``ready``, or ``failed`` with ``error``, a sentence. Which
    keys ``details`` and ``analysis`` have depends on the kind. Walks copy the file and do not refer to this row, which
    is deleted at ``expires_at``.
    """

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(DIGEST_MAX))  # SHA-256, by which recipes name it
    owner_hash: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64), default="", server_default="")
    path: Mapped[str | None] = mapped_column(String(200))
    bytes: Mapped[int]  # of the file at the path
    seconds: Mapped[float | None]  # the length of what has one, as far as it is known
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # of the file at the path
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    # Written by the worker
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    error: Mapped[str | None] = mapped_column(Text)
    analysis: Mapped[dict[str, Any] | None] = mapped_column(Json)
    preview_path: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        UniqueConstraint("owner_hash", "kind", "digest"),
        Index("ix_uploads_expires_at", "expires_at"),
        Index("ix_uploads_line", "state", "created_at"),
    )

    @property
    def is_picture(self) -> bool:
        """Return whether the stored file is a picture: a photo at once, what is to become one when it is ready."""
        return "width" in self.details

    @property
    def size(self) -> tuple[int, int]:
        """Return the width and height of a picture in pixels."""
        return self.details["width"], self.details["height"]

    @property
    def description(self) -> str | None:
        """Return a worker's guess of what it shows; ``None`` without one."""
        return (self.analysis or {}).get("description")
