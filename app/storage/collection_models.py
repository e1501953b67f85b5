"""What visitors keep: favourites, and collections of walks that they can share. Known by the hash of their cookie."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.addresses import on_site
from app.storage.database import UTCDateTime, db, now
from app.storage.house_models import TITLE_MAX
from app.storage.walk_models import ID_LENGTH, Number, new_id


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


class Collection(db.Model):  # type: ignore[misc]
    """A visitor's titled selection of walks, shared by its address; on the list of all once ``listed_at`` is set."""

    __tablename__ = "collections"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True, default=new_id)
    owner_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    listed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    barred: Mapped[bool] = mapped_column(default=False, server_default=false())  # a curator unlisted it

    __table_args__ = (
        Index("ix_collections_owner", "owner_hash", "number"),
        Index("ix_collections_listed", "listed_at"),
    )

    @property
    def url(self) -> str:
        """Return its root-relative URL."""
        return on_site(f"/collections/{self.id}")


class CollectionItem(db.Model):  # type: ignore[misc]
    """A walk in a collection; positions order them and may have gaps."""

    __tablename__ = "collection_items"

    collection_number: Mapped[int] = mapped_column(
        ForeignKey("collections.number", ondelete="CASCADE"), primary_key=True
    )
    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]

    __table_args__ = (Index("ix_collection_items_walk_number", "walk_number"),)


class CollectionReport(db.Model):  # type: ignore[misc]
    """A visitor's report of a collection; ``reporter`` is a hash, so that one visitor reports a collection once."""

    __tablename__ = "collection_reports"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    collection_number: Mapped[int] = mapped_column(ForeignKey("collections.number", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column("words", Text, default="")
    reporter: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("collection_number", "reporter"),)
