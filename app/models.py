"""Walks, their stops, frames and media: the truth about everything that was asked for and painted."""

from __future__ import annotations

import re
import secrets
import unicodedata
from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.collections import attribute_keyed_dict

from app.database import UTCDateTime, db, now

QUEUED, PAINTING, FINISHED, REFUSED, FAILED, CANCELLED = (
    "queued",
    "painting",
    "finished",
    "refused",
    "failed",
    "cancelled",
)
STATES = (QUEUED, PAINTING, FINISHED, REFUSED, FAILED, CANCELLED)
WAITING = (QUEUED, PAINTING)
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread: no l, 1, o, 0, i
ID_LENGTH = 16  # 31¹⁶ ≈ 2⁷⁹
ID = re.compile(f"[{ALPHABET}]{{{ID_LENGTH}}}")
SLUG_LENGTH = 60

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows in INTEGER only


def new_id() -> str:
    """Draw an unguessable public id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


class Walk(db.Model):  # type: ignore[misc]
    """A commission and what became of it; the settings that fix its pixels are columns of their own."""

    __tablename__ = "walks"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True, default=new_id)

    # Who asked, and how a repeat is recognised. Secrets are kept as hashes only.
    visitor: Mapped[str] = mapped_column(String(64))
    owner_hash: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    commission_hash: Mapped[str] = mapped_column(String(64))
    unlisted: Mapped[bool] = mapped_column(default=False, server_default=false())

    # What was asked for
    seed: Mapped[int] = mapped_column(BigInteger)
    frames: Mapped[int]
    fps: Mapped[float]
    words: Mapped[str] = mapped_column(Text, default="")

    # What fixes its pixels: set when it is first painted, or beforehand by a recipe
    sampler_steps: Mapped[int]
    guidance: Mapped[float]
    scheduler: Mapped[str | None] = mapped_column(String(80))
    width: Mapped[int | None]
    height: Mapped[int | None]
    precision: Mapped[str | None] = mapped_column(String(16))
    memory_format: Mapped[str | None] = mapped_column(String(24))
    threads: Mapped[int | None]
    batch: Mapped[int | None]
    positions: Mapped[list[float] | None] = mapped_column(JSON)
    prefix: Mapped[str | None] = mapped_column(Text)
    is_pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    model_name: Mapped[str | None] = mapped_column(String(200))
    model_title: Mapped[str | None] = mapped_column(String(200))
    model_revision: Mapped[str | None] = mapped_column(String(64))
    software: Mapped[str | None] = mapped_column(String(200))

    # Its place in line, and who is painting it
    state: Mapped[str] = mapped_column(String(12), default=QUEUED)
    turn: Mapped[int] = mapped_column(default=0)
    ticket: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # who came first, within a turn
    attempt: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    lease_holder: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    # What became of it
    painted_count: Mapped[int] = mapped_column(default=0)
    paint_seconds: Mapped[float | None]
    evenness: Mapped[float | None]
    jump: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    # What the house says of it
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    featured_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    stops: Mapped[list[Stop]] = relationship(order_by="Stop.position", cascade="all, delete-orphan")
    painted: Mapped[list[Frame]] = relationship(order_by="Frame.index", cascade="all, delete-orphan")
    media: Mapped[dict[str, Medium]] = relationship(
        collection_class=attribute_keyed_dict("kind"), cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in STATES)})", name="state"),
        Index("ix_walks_line", "state", "turn", "ticket", "number"),
        Index("ix_walks_owner", "owner_hash", "number"),
        Index("ix_walks_hang", "state", "finished_at", "number"),
        Index("ix_walks_seed", "seed"),
    )

    @property
    def title(self) -> str:
        """Name the walk as a wall label does: ``A fox, a sunflower``."""
        title = ", ".join(stop.prompt for stop in self.stops)
        return title[:1].upper() + title[1:]

    @property
    def slug(self) -> str:
        """Write the ends for an address: ``a-fox-a-sunflower``, ``""`` when nothing of them is ASCII."""
        ends = [self.stops[0].prompt, self.stops[-1].prompt] if self.stops else []
        text = unicodedata.normalize("NFKD", " ".join(ends)).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "-", text)[:SLUG_LENGTH].strip("-")

    @property
    def url(self) -> str:
        """Give the walk's address, root-relative, with its slug."""
        return f"/walks/{self.id}" + (f"-{self.slug}" if self.slug else "")

    @property
    def year(self) -> int:
        """Name the year in which the walk was painted, or asked for."""
        return (self.finished_at or self.created_at).year

    @property
    def is_waiting(self) -> bool:
        """Tell whether the walk is still on its way to a film."""
        return self.state in WAITING

    @property
    def is_hanging(self) -> bool:
        """Tell whether the walk may be seen in the gallery."""
        return self.state == FINISHED and not self.unlisted and self.deleted_at is None and self.hidden_at is None

    def seed_of(self, stop: Stop) -> int:
        """Return the seed a stop is painted from: its own, or the walk's."""
        return self.seed if stop.seed is None else stop.seed


class Stop(db.Model):  # type: ignore[misc]
    """One end or station of a walk."""

    __tablename__ = "stops"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    prompt: Mapped[str] = mapped_column(Text)
    negative_prompt: Mapped[str] = mapped_column(Text, default="")
    hand: Mapped[str] = mapped_column(String(80), default="", server_default="")
    seed: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(24), default="")


class Frame(db.Model):  # type: ignore[misc]
    """A painted picture, kept losslessly. ``position`` is leg + t over the whole walk, ``rank`` how late it came."""

    __tablename__ = "frames"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[float]
    rank: Mapped[int]
    path: Mapped[str] = mapped_column(String(200))
    bytes: Mapped[int]


class Medium(db.Model):  # type: ignore[misc]
    """A file made from the frames: ``gif``, ``mp4``, ``webp`` or ``poster``. ``path`` is that in the media store."""

    __tablename__ = "media"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    bytes: Mapped[int]
    etag: Mapped[str] = mapped_column(String(64))
