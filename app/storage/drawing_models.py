"""Reference drawings that curators added to the drawing libraries of sketch-conditioned models."""

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import Json, Number
from sketch.sketchbook import Drawing

DIGEST_MAX = 64
NAME_MAX = 80
KIND_MAX = STYLE_MAX = 40
CREDIT_MAX = 200
SOURCE_MAX = 400


class AddedDrawing(db.Model):  # type: ignore[misc]
    """An added drawing, identified by its digest. A removed one keeps its row: walks that use it can be rendered again.

    ``revision`` is unique and rises with each change: by the largest one, processes detect changes.
    """

    __tablename__ = "drawings"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    digest: Mapped[str] = mapped_column(String(DIGEST_MAX), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    words: Mapped[list[str]] = mapped_column(Json)
    kind: Mapped[str] = mapped_column(String(KIND_MAX), default="")
    style: Mapped[str] = mapped_column(String(STYLE_MAX), default="")
    artist: Mapped[str] = mapped_column(String(CREDIT_MAX), default="")
    licence: Mapped[str] = mapped_column(String(CREDIT_MAX), default="")
    source: Mapped[str] = mapped_column(String(SOURCE_MAX), default="")
    svg: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(BigInteger, unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def drawing(self) -> Drawing:
        """Return the drawing as an entry of a drawing library."""
        return Drawing(
            self.digest,
            self.name,
            words=tuple(self.words),
            kind=self.kind,
            style=self.style,
            artist=self.artist,
            licence=self.licence,
            source=self.source,
        )
