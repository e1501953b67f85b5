"""Walks, their stops, frames and media: the truth about everything that was asked for and painted."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.collections import attribute_keyed_dict

from app.storage.database import UTCDateTime, db, now

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
VISITOR, WALL, CORRIDOR = "visitor", "wall", "corridor"  # where a walk comes from
STOP, BACK, ROUND = ENDINGS = ("stop", "back", "round")
STOPS, KNOTS, FRAMES, FILM, STAGES, CANDIDATES, LORA, PHOTOS = PIECES = (
    "stops",
    "knots",
    "frames",
    "film",
    "stages",
    "candidates",
    "lora",
    "photos",
)
SHORT_KINDS = (STAGES, CANDIDATES, LORA, PHOTOS)  # what comes before walks, and is none of what they are painted in
PIECE_WAITING, PIECE_TAKEN, PIECE_DONE = PIECE_STATES = ("waiting", "taken", "done")
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread: no l, 1, o, 0, i
ID_LENGTH = 16  # 31¹⁶ ≈ 2⁷⁹
ID = re.compile(f"[{ALPHABET}]{{{ID_LENGTH}}}")
SLUG_MAX = 60
HAND_MAX = 80  # characters

A_PHOTO = "a photo"  # what a stop is called that has no words yet
CHOSEN = text("featured_at IS NOT NULL")
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows in INTEGER only
Json = JSON(none_as_null=True)  # what is not known yet is NULL, not the JSON text null


def new_id() -> str:
    """Draw an unguessable public id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def slug_of(title: str) -> str:
    """Write a title for an address: ``A fox · a pear`` is ``a-fox-a-pear``; ``""`` when nothing of it is ASCII."""
    text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", text)[:SLUG_MAX].strip("-")


def slug_from(title: str | None, prompts: Sequence[str]) -> str:
    """Write a walk's title, or its ends, for an address: ``a-fox-a-sunflower``, ``""`` when nothing is ASCII."""
    ends = [prompts[0], prompts[-1]] if prompts else []
    return slug_of(title or " ".join(ends))


def name_of(walk_id: str, slug: str) -> str:
    """Name a walk in addresses: its id, and its slug after it."""
    return f"{walk_id}-{slug}" if slug else walk_id


NOTE = String(200).with_variant(String(24), "sqlite")
"""Longer than it was once; SQLite heeds no lengths, and would have to write the whole table again to change one."""


class Walk(db.Model):  # type: ignore[misc]
    """A commission and what became of it; the settings that fix its pixels are columns of their own."""

    __tablename__ = "walks"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True, default=new_id)

    # Who asked, and how a repeat is recognised. Secrets are kept as hashes only.
    visitor: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64), default="", server_default="")  # hashed; it has turns
    origin: Mapped[str] = mapped_column(String(12), default=VISITOR, server_default=VISITOR)
    owner_hash: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    commission_hash: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(32))  # by which logs are read together; it names nobody
    unlisted: Mapped[bool] = mapped_column(default=False, server_default=false())
    photos_may_be_shown: Mapped[bool] = mapped_column(default=False, server_default=false())  # their owner agreed

    # What was asked for
    seed: Mapped[int] = mapped_column(BigInteger)
    frames: Mapped[int]
    fps: Mapped[float]
    words: Mapped[str] = mapped_column(Text, default="")
    preset: Mapped[str] = mapped_column(String(12), default="balanced", server_default="exact")
    ending: Mapped[str] = mapped_column(String(8), default=STOP, server_default=STOP)
    easing: Mapped[bool] = mapped_column(default=False, server_default=false())
    model: Mapped[str | None] = mapped_column(String(200))  # the one asked for; without one the site's first
    continues: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the id of the walk that it goes on from

    given_title: Mapped[str | None] = mapped_column(Text)  # its owner's, in the place of its stops' words
    remix_of: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the id of the walk that the form was filled from

    # Where it starts and ends, as :mod:`app.walks.neighbours` hashes a stop
    starts: Mapped[int | None] = mapped_column(BigInteger)
    ends: Mapped[int | None] = mapped_column(BigInteger)

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
    sampling: Mapped[dict[str, Any] | None] = mapped_column(Json)
    levels: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    positions: Mapped[list[float] | None] = mapped_column(JSON)
    prefix: Mapped[str | None] = mapped_column(Text)
    is_pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    model_name: Mapped[str | None] = mapped_column(String(200))
    model_title: Mapped[str | None] = mapped_column(String(200))
    model_revision: Mapped[str | None] = mapped_column(String(64))
    software: Mapped[str | None] = mapped_column(String(200))
    drawings: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)  # those of its scenes, and whose they are

    # How the same commission is recognised, and whose files a repeat shares
    cache_key: Mapped[str | None] = mapped_column(String(64))
    repeat_of: Mapped[str | None] = mapped_column(String(ID_LENGTH))

    # Its place in the queue
    state: Mapped[str] = mapped_column(String(12), default=QUEUED)
    asked: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # the passes that it will take
    own_start: Mapped[int] = mapped_column(Number, default=0, server_default=text("0"))  # among its network's walks
    start: Mapped[int] = mapped_column(Number, default=0, server_default=text("0"))  # the line's time, in passes
    turn: Mapped[int] = mapped_column(default=0)
    ticket: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # who came first, within a turn
    attempt: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)

    # What became of it
    painted_count: Mapped[int] = mapped_column(default=0)
    paint_seconds: Mapped[float | None]
    evenness: Mapped[float | None]
    jump: Mapped[float | None]
    morph: Mapped[float | None]  # what of its inner frames is no cross-fade of their stops, 0 to 1
    perceptual_step: Mapped[float | None]  # the mean cosine distance of neighbours, to the image encoder
    colour: Mapped[str | None] = mapped_column(
        String(12)
    )  # its poster's main one, as :mod:`app.walks.colours` names it
    strides: Mapped[list[float] | None] = mapped_column(Json)  # the measured step from each frame to the next
    passes: Mapped[int | None]  # how often the model was asked
    first_film_seconds: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    # What operators decided about it
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
        Index("ix_walks_network", "network", "state"),
        Index("ix_walks_owner", "owner_hash", "number"),
        Index("ix_walks_hang", "state", "finished_at", "number"),
        Index("ix_walks_featured", "featured_at", "number", sqlite_where=CHOSEN, postgresql_where=CHOSEN),
        Index("ix_walks_seed", "seed"),
        Index("ix_walks_cache_key", "cache_key"),
        Index("ix_walks_continues", "continues"),
        Index("ix_walks_repeat_of", "repeat_of"),
        Index("ix_walks_remix_of", "remix_of"),
        Index("ix_walks_starts", "starts", "finished_at", "number"),
        Index("ix_walks_ends", "ends", "finished_at", "number"),
    )

    @property
    def title(self) -> str:
        """Name the walk as a wall label does: by its owner's title, or ``A fox, a sunflower``."""
        return self.given_title or self.stops_title

    @property
    def stops_title(self) -> str:
        """Name the walk by its stops."""
        title = ", ".join(stop.prompt or A_PHOTO for stop in self.stops)
        return title[:1].upper() + title[1:]

    @property
    def searchable_texts(self) -> list[str]:
        """List the texts that a search finds the walk by: its title, and the words and hands of its stops."""
        stops = [text for stop in self.stops for text in (stop.prompt, stop.hand)]
        return [self.given_title, *stops] if self.given_title else stops

    @property
    def slug(self) -> str:
        """Write title or ends for an address."""
        return slug_from(self.given_title, [stop.prompt or A_PHOTO for stop in self.stops])

    @property
    def name(self) -> str:
        """Name the walk in addresses: its id, and its slug after it."""
        return name_of(self.id, self.slug)

    @property
    def url(self) -> str:
        """Give the walk's address, root-relative, with its slug."""
        return f"/walks/{self.name}"

    @property
    def year(self) -> int:
        """Name the year in which the walk was painted, or asked for."""
        return (self.finished_at or self.created_at).year

    @property
    def is_waiting(self) -> bool:
        """Tell whether the walk is still on its way to a film."""
        return self.state in WAITING

    @property
    def is_of_wall(self) -> bool:
        """Return whether a live wall keeps the walk, rather than a visitor."""
        return self.origin == WALL

    @property
    def is_public(self) -> bool:
        """Tell whether the walk is public: finished, listed, and neither hidden nor deleted."""
        return self.state == FINISHED and not self.unlisted and self.deleted_at is None and self.hidden_at is None

    def seed_of(self, stop: Stop) -> int:
        """Return the seed a stop is painted from: its own, or the walk's."""
        return self.seed if stop.seed is None else stop.seed


class GalleryEntry(db.Model):  # type: ignore[misc]
    """A public walk, as the gallery looks for it: a narrow row, which the database keeps by triggers of its own.

    ``place`` orders by the time when it was finished; ``words`` are the walk's, and what else is known of it.
    """

    __tablename__ = "hung"

    place: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Number, unique=True)
    words: Mapped[str] = mapped_column(Text)
    evenness: Mapped[float]
    walked: Mapped[int]  # how many public walks go on from it
    drawn: Mapped[int] = mapped_column(BigInteger)  # where it stands in the order of chance

    __table_args__ = (
        Index("ix_hung_evenness", "evenness", "place"),
        Index("ix_hung_walked", "walked", "place"),
        Index("ix_hung_drawn", "drawn", "place"),
    )


class VocabularyWord(db.Model):  # type: ignore[misc]
    """A word of some public walk, for "did you mean": the database keeps it by triggers, as it does the index."""

    __tablename__ = "vocabulary"

    word: Mapped[str] = mapped_column(Text, primary_key=True)


class Stop(db.Model):  # type: ignore[misc]
    """One end or station of a walk."""

    __tablename__ = "stops"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    prompt: Mapped[str] = mapped_column(Text)
    negative_prompt: Mapped[str] = mapped_column(Text, default="")
    hand: Mapped[str] = mapped_column(String(HAND_MAX), default="", server_default="")
    found_hand: Mapped[str] = mapped_column(
        String(HAND_MAX), default="", server_default=""
    )  # the eye's, where none is named
    seed: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(NOTE, default="")
    scene: Mapped[dict[str, Any] | None] = mapped_column(Json)  # what it was read as, where sketches lead the painter
    photo: Mapped[str | None] = mapped_column(String(64))  # the digest of the one that it is made of
    cut_out: Mapped[bool | None]  # of a photo: whether its main thing alone is used
    lora: Mapped[str | None] = mapped_column(String(60))  # the name of the LoRA that it is painted with
    lora_weight: Mapped[float | None]
    clip_skip: Mapped[int | None]  # how many of the text encoder's last layers are left out


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


class Piece(db.Model):  # type: ignore[misc]
    """A piece of work, which one worker does at a time: of a walk a batch of a level, the film, a frame's stages.

    A short task that belongs to no walk names what it is for by that one's id, and the model that is to do it.
    """

    __tablename__ = "pieces"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    walk_number: Mapped[int | None] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"))
    task: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    model: Mapped[str | None] = mapped_column(String(200))  # a task's; without one the site's first
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(default=0)
    batch: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    # Its place in the queue, and who does it
    urgency: Mapped[int]  # see app.queue.pieces
    turn: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    ticket: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # its walk's
    state: Mapped[str] = mapped_column(String(8), default=PIECE_WAITING)
    attempt: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    lease_holder: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seconds: Mapped[float | None]

    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in PIECES)})", name="kind"),
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in PIECE_STATES)})", name="state"),
        CheckConstraint("(walk_number IS NULL) <> (task IS NULL)", name="whose"),
        UniqueConstraint("walk_number", "kind", "level", "batch"),
        UniqueConstraint("task", "kind", "batch"),
        Index("ix_pieces_line", "state", "urgency", "turn", "level", "batch", "ticket"),
    )


class VisualFeatures(db.Model):  # type: ignore[misc]
    """How a walk looks: what the eye sees in some of its frames, named by their index, a row of int8 for each."""

    __tablename__ = "looks"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), unique=True)
    eye: Mapped[str] = mapped_column(String(16))
    frames: Mapped[list[int]] = mapped_column(Json)
    vectors: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = ({"sqlite_autoincrement": True},)  # indexes know rows by numbers, which are not given twice
