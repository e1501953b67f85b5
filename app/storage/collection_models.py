"""What visitors keep: favourites. Visitors are known by the hash of their cookie."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import Number


class Favourite(db.Model):  # type: ignore[misc]
    """A walk that a visitor marked with the star; the numbers grow, so they order a visitor's favourites."""

    __tablename__ = "favourites"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    owner_hash: Mapped[str] = mapped_column(String(64))
    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    __table_args__ = (
        UniqueConstraint("owner_hash", "walk_number"),
        Index("ix_favourites_owner", "owner_hash", "number"),
        Index("ix_favourites_walk_number", "walk_number"),
    )
