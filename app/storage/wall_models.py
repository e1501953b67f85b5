"""Live walls: endless films whose next stops are written by the people in front of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.house_models import TITLE_MAX
from app.storage.walk_models import ID_LENGTH, SLUG_MAX, STYLE_MAX, Json, Number

OPEN, PAUSED, CLOSED = WALL_STATES = ("open", "paused", "closed")
WAITING, TAKEN, SKIPPED = WORDS_STATES = ("waiting", "taken", "skipped")
NAME_MAX = 40
STRETCH_LEGS = 7
"""How many legs are saved as one walk, which then has eight stops."""
LEG_FRAMES = 35
"""How many frames a leg has, with the stops at both ends: seven legs are a walk of 239 frames, of at most 240."""


class Wall(db.Model):  # type: ignore[misc]
    """A live wall. ``lead`` is the number of the leg that it shows, ``evening`` the slug of its exhibition."""

    __tablename__ = "walls"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX), unique=True)
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    style: Mapped[str] = mapped_column("hand", String(STYLE_MAX), default="", server_default="")
    banned: Mapped[list[str]] = mapped_column(Json, default=list)  # words that it refuses in addition to the site's
    is_listed: Mapped[bool] = mapped_column(default=False, server_default=false())  # saved walks are listed as new
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    evening: Mapped[str | None] = mapped_column(String(SLUG_MAX))  # set once something is saved after opening
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    lead: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lead_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)  # when the wall began to show that leg
    first_leg: Mapped[int] = mapped_column(default=1, server_default=text("1"))  # of this evening

    __table_args__ = (CheckConstraint(f"state IN ({', '.join(repr(state) for state in WALL_STATES)})", name="state"),)


class WallWords(db.Model):  # type: ignore[misc]
    """A visitor's words for a wall, perhaps with a picture (an upload's ID). ``leg`` is the leg that ends at them."""

    __tablename__ = "wall_words"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    wall_number: Mapped[int] = mapped_column(ForeignKey("walls.number", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column("words", Text)
    picture: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    cut_out: Mapped[bool] = mapped_column(default=False, server_default=false())
    may_be_shown: Mapped[bool] = mapped_column(default=False, server_default=false())  # the picture, in the gallery
    owner_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    leg: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in WORDS_STATES)})", name="state"),
        Index("ix_wall_words_line", "wall_number", "state", "number"),
        Index("ix_wall_words_owner", "owner_hash", "wall_number"),
    )


class WallLeg(db.Model):  # type: ignore[misc]
    """A wall's walk from one stop to the next; deleted once its stretch of several legs is saved as one walk."""

    __tablename__ = "wall_legs"

    wall_number: Mapped[int] = mapped_column(ForeignKey("walls.number", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    walk_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), unique=True)  # NULL until it is requested
    words_number: Mapped[int | None] = mapped_column(Number)  # the words that it leads to; NULL: a stop of the gallery
    skipped: Mapped[bool] = mapped_column(default=False, server_default=false())
    stretch: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the ID of the walk that it is saved in
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    shown_at: Mapped[datetime | None] = mapped_column("walked_at", UTCDateTime)  # when a screen began to show it

    __table_args__ = (Index("ix_wall_legs_stretch", "stretch"),)
