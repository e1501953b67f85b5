"""Walks with their stops, frames and media, the tasks that workers do for them, and the gallery's index tables."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from types import MappingProxyType
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

from app.core.addresses import on_site
from app.core.local_time import local_day
from app.core.text import folding
from app.storage.database import UTCDateTime, db, now
from app.storage.film_measures import FilmMeasures

QUEUED, PAINTING = WAITING = ("queued", "painting")
FINISHED, REFUSED, FAILED, CANCELLED = ENDED = ("finished", "refused", "failed", "cancelled")
STATES = (*WAITING, *ENDED)
VISITOR, WALL, CORRIDOR = "visitor", "wall", "corridor"  # origins of a walk
STOP, BACK, ROUND = ENDINGS = ("stop", "back", "round")
PIECE_WAITING, PIECE_TAKEN, PIECE_DONE = PIECE_STATES = ("waiting", "taken", "done")
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that are easily misread: l, 1, o, 0, i
ID_LENGTH = 16  # 31¹⁶ ≈ 2⁷⁹
ID = re.compile(f"[{ALPHABET}]{{{ID_LENGTH}}}")
SLUG_MAX = 60
STYLE_MAX = 80  # characters

A_PHOTO = "a photo"  # the title of a stop that has no prompt yet
CHOSEN = text("featured_at IS NOT NULL")
"""The rows of an index. Postgres has it from the migration: named here too, SQLAlchemy would import that dialect."""
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER column
Json = JSON(none_as_null=True)  # None is stored as NULL, not as the JSON text null


def new_id() -> str:
    """Return a new random, unguessable public ID."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def slug_of(title: str) -> str:
    """Return the slug of a title: ``a-fox-a-pear`` for ``A fox · a pear``; ``""`` if nothing of it is ASCII."""
    text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", text)[:SLUG_MAX].strip("-")


def slug_from(title: str | None, prompts: Sequence[str]) -> str:
    """Return the slug of a walk's title, or of its first and last prompt; ``""`` if nothing of them is ASCII."""
    ends = [prompts[0], prompts[-1]] if prompts else []
    return slug_of(title or " ".join(ends))


def name_of(walk_id: str, slug: str) -> str:
    """Return a walk's name in URLs: its ID, then its slug after a hyphen if it has one."""
    return f"{walk_id}-{slug}" if slug else walk_id


PIXELS: dict[Any, Any] = {"changes_pixels": True}
"""The metadata of a setting's column that changes pictures: what two walks with the same pictures have in common.

Those of requests are declared in ``app.requests.walk_requests.walk_request``."""
NOTE = String(200).with_variant(String(24), "sqlite")
"""The length was 24 once. SQLite enforces no lengths, and would have to rewrite the whole table to change one."""


class Walk(FilmMeasures, db.Model):  # type: ignore[misc]
    """A request for a walk and its result; each setting that fixes its pixels has its own column."""

    __tablename__ = "walks"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), unique=True, default=new_id)

    # Who requested it, and how a repeated request is recognised. Secrets are stored as hashes only.
    visitor: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64), default="", server_default="")  # hashed; the queue is fair by it
    origin: Mapped[str] = mapped_column(String(12), default=VISITOR, server_default=VISITOR)
    owner_hash: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    request_hash: Mapped[str] = mapped_column("commission_hash", String(64))
    request_id: Mapped[str | None] = mapped_column(String(32))  # joins the logs of one request; identifies no person
    unlisted: Mapped[bool] = mapped_column(default=False, server_default=false())
    photos_may_be_shown: Mapped[bool] = mapped_column(default=False, server_default=false())  # their owner agreed
    publish_sound: Mapped[bool] = mapped_column(default=False, server_default=false())  # its owner may, and agreed

    # The request
    seed: Mapped[int] = mapped_column(BigInteger, info=PIXELS)
    frames: Mapped[int] = mapped_column(info=PIXELS)
    fps: Mapped[float]
    search_text: Mapped[str] = mapped_column("words", Text, default="")
    preset: Mapped[str] = mapped_column(String(12), default="balanced", server_default="exact", info=PIXELS)
    ending: Mapped[str] = mapped_column(String(8), default=STOP, server_default=STOP, info=PIXELS)
    easing: Mapped[bool] = mapped_column(default=False, server_default=false(), info=PIXELS)
    model: Mapped[str | None] = mapped_column(String(200))  # the requested one; None: the site's first
    continues: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the ID of the walk that it continues

    given_title: Mapped[str | None] = mapped_column(Text)  # set by its owner; replaces the title made of the prompts
    remix_of: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the ID of the walk that the form was filled from

    # The sound that it is set to: the upload's SHA-256, the part in seconds, how the walk follows it, what is heard in
    # the whole sound (:mod:`app.walks.uploads.sound_analysis`), and how many distinct pictures were asked for at most
    sound_digest: Mapped[str | None] = mapped_column(String(64))
    sound_start: Mapped[float | None]
    sound_length: Mapped[float | None]
    sound_way: Mapped[str | None] = mapped_column(String(8))
    sound_pictures: Mapped[int | None]
    music: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)  # seldom needed, and tens of kilobytes

    # Hashes of its first and last stop (:mod:`app.walks.saved.neighbours`)
    first_stop_key: Mapped[int | None] = mapped_column("starts", BigInteger)
    last_stop_key: Mapped[int | None] = mapped_column("ends", BigInteger)

    # What fixes its pixels: set when it is first rendered, or before that by a recipe
    sampler_steps: Mapped[int] = mapped_column(info=PIXELS)
    guidance: Mapped[float] = mapped_column(info=PIXELS)
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
    holds: Mapped[list[int] | None] = mapped_column(Json)  # with a sound: the frame times of each picture, 0 for none
    prefix: Mapped[str | None] = mapped_column(Text)
    is_pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    model_name: Mapped[str | None] = mapped_column(String(200))
    model_title: Mapped[str | None] = mapped_column(String(200))
    model_revision: Mapped[str | None] = mapped_column(String(64))
    software: Mapped[str | None] = mapped_column(String(200))
    drawings: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)  # those of its scenes, with their artists

    # The key by which an identical request is recognised, and the walk whose files a cached result shares
    cache_key: Mapped[str | None] = mapped_column(String(64))
    repeat_of: Mapped[str | None] = mapped_column(String(ID_LENGTH))

    # Its position in the queue
    state: Mapped[str] = mapped_column(String(12), default=QUEUED)
    # The cost in UNet evaluations, and the queue's virtual time at its start, within its network and over all
    cost: Mapped[int] = mapped_column("asked", default=0, server_default=text("0"))
    own_virtual_start: Mapped[int] = mapped_column("own_start", Number, default=0, server_default=text("0"))
    virtual_start: Mapped[int] = mapped_column("start", Number, default=0, server_default=text("0"))
    turn: Mapped[int] = mapped_column(default=0)
    ticket: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # the order of arrival within a turn
    attempt: Mapped[int] = mapped_column(default=0)
    interruptions: Mapped[int] = mapped_column("lost", default=0)

    # The result, beside what is measured of it
    painted_count: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    # Set by operators
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
        Index("ix_walks_featured", "featured_at", "number", sqlite_where=CHOSEN),
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
        """Return the walk's title: its owner's, or one made of its prompts, such as ``A fox, a sunflower``."""
        return self.given_title or self.stops_title

    @property
    def stops_title(self) -> str:
        """Return the title made of the walk's prompts."""
        title = ", ".join(stop.prompt or A_PHOTO for stop in self.stops)
        return title[:1].upper() + title[1:]

    @property
    def searchable_texts(self) -> list[str]:
        """Return the texts that say what the walk is: its title, and the prompts and requested styles of its stops."""
        stops = [text for stop in self.stops for text in (stop.prompt, stop.requested_style)]
        return [self.given_title, *stops] if self.given_title else stops

    @property
    def search_words(self) -> str:
        """Return the words by which a search finds the walk: those of its texts, and aside, of its chosen styles."""
        return folding.index_text(self.searchable_texts, [stop.chosen_style or "" for stop in self.stops])

    @property
    def slug(self) -> str:
        """Return the slug of the walk's title, or of its first and last prompt."""
        return slug_from(self.given_title, [stop.prompt or A_PHOTO for stop in self.stops])

    @property
    def name(self) -> str:
        """Return the walk's name in URLs: its ID, then its slug after a hyphen."""
        return name_of(self.id, self.slug)

    @property
    def url(self) -> str:
        """Return the walk's root-relative URL, with its slug."""
        return on_site(f"/walks/{self.name}")

    @property
    def year(self) -> int:
        """Return the local year in which the walk was finished, or else requested."""
        return local_day(self.finished_at or self.created_at).year

    @property
    def is_waiting(self) -> bool:
        """Return whether the walk is queued or being rendered."""
        return self.state in WAITING

    @property
    def is_of_wall(self) -> bool:
        """Return whether the walk was saved by a live wall rather than requested by a visitor."""
        return self.origin == WALL

    @property
    def is_public(self) -> bool:
        """Return whether the walk is public: finished, listed, and neither hidden nor deleted."""
        return self.state == FINISHED and not self.unlisted and self.deleted_at is None and self.hidden_at is None

    def seed_of(self, stop: Stop) -> int:
        """Return the seed of a stop: its own, or the walk's."""
        return self.seed if stop.seed is None else stop.seed


PIXEL_COLUMNS = tuple(each.key for each in Walk.__table__.columns if each.info == PIXELS)
"""The names of the columns with the metadata `PIXELS`."""


class GalleryEntry(db.Model):  # type: ignore[misc]
    """A public walk in the gallery's index: a narrow row that database triggers maintain.

    ``finish_key`` orders by the time of finishing; ``search_text`` is the text to search.
    """

    __tablename__ = "hung"

    finish_key: Mapped[int] = mapped_column("place", Number, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Number, unique=True)
    search_text: Mapped[str] = mapped_column("words", Text)
    evenness: Mapped[float]
    continuations: Mapped[int] = mapped_column("walked")  # how many public walks continue it
    random_key: Mapped[int] = mapped_column("drawn", BigInteger)  # its position in the random order

    __table_args__ = (
        Index("ix_hung_evenness", "evenness", "place"),
        Index("ix_hung_walked", "walked", "place"),
        Index("ix_hung_drawn", "drawn", "place"),
    )


class VocabularyWord(db.Model):  # type: ignore[misc]
    """A word of a public walk, for "did you mean"; maintained by database triggers."""

    __tablename__ = "vocabulary"

    word: Mapped[str] = mapped_column(Text, primary_key=True)


UNSEEN = MappingProxyType({"unseen": True})
"""The metadata of an option that changes no picture, only how it is shown."""


@dataclass(frozen=True, slots=True)
class StopOptions:
    """What a stop can have in addition to its words, picture, style and seed; ``None`` where it is not set.

    Each is a column of :class:`Stop`, and a field of JSON, recipes and forms, of the same name; what it may be is
    declared in ``app.requests.walk_requests.stop_options``. Those with the metadata ``UNSEEN`` change no picture.
    """

    lora: str | None = None  # the name of its LoRA
    lora_weight: float | None = None
    clip_skip: int | None = None  # how many of the text encoder's last layers are skipped
    at: float | None = field(default=None, metadata=UNSEEN)  # when the film reaches it, in seconds of its sound

    @classmethod
    def from_stop(cls, stop: object) -> StopOptions:
        """Return the options of a stop of a request, or of its row."""
        return cls(*(getattr(stop, name) for name in cls.names()))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> StopOptions:
        """Return the options in a stop's record, as JSON or candidate sets hold it; missing ones are not set."""
        return cls(*(record.get(name) for name in cls.names()))

    @classmethod
    @cache
    def names(cls) -> tuple[str, ...]:
        """Return the names of all options."""
        return tuple(each.name for each in fields(cls))

    def given(self) -> dict[str, Any]:
        """Return the options that are set, by name."""
        return {name: value for name in self.names() if (value := getattr(self, name)) is not None}

    def seen(self) -> dict[str, Any]:
        """Return the options that are set and that change the stop's picture, by name: no weight without a LoRA."""
        unseen = {each.name for each in fields(self) if each.metadata == UNSEEN}
        unseen |= set() if self.lora else {"lora_weight"}
        return {name: value for name, value in self.given().items() if name not in unseen}


class Stop(db.Model):  # type: ignore[misc]
    """One stop of a walk: a prompt or a photo, with its settings."""

    __tablename__ = "stops"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    prompt: Mapped[str] = mapped_column(Text)
    negative_prompt: Mapped[str] = mapped_column(Text, default="")
    requested_style: Mapped[str] = mapped_column("hand", String(STYLE_MAX), default="", server_default="")
    # without a requested one: the style that the prompt names, or that was chosen for it
    chosen_style: Mapped[str] = mapped_column(String(STYLE_MAX), default="", server_default="")
    # the style that the image encoder chose, where none is known
    detected_style: Mapped[str] = mapped_column("found_hand", String(STYLE_MAX), default="", server_default="")
    seed: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(NOTE, default="")
    scene: Mapped[dict[str, Any] | None] = mapped_column(Json)  # its interpretation, for sketch-conditioned models
    photo: Mapped[str | None] = mapped_column(String(64))  # the digest of the photo that it is made of
    cut_out: Mapped[bool | None]  # of a photo: whether only its main subject is used
    lora: Mapped[str | None] = mapped_column(String(60))
    lora_weight: Mapped[float | None]
    clip_skip: Mapped[int | None]
    at: Mapped[float | None]  # when the film reaches it, in seconds from its beginning; with a sound only

    @property
    def style(self) -> str:
        """Return the words of the style that it is painted in; "" if the model chooses it, unseen."""
        return self.requested_style or self.chosen_style or ""

    @property
    def options(self) -> StopOptions:
        """Return its options."""
        return StopOptions.from_stop(self)


class Frame(db.Model):  # type: ignore[misc]
    """A rendered frame, stored losslessly. ``position`` is leg + t over the whole walk, ``rank`` its depth."""

    __tablename__ = "frames"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[float]
    rank: Mapped[int]
    path: Mapped[str] = mapped_column(String(200))
    bytes: Mapped[int]


class Medium(db.Model):  # type: ignore[misc]
    """A file of a walk, in the media store: of a kind in ``film_formats``, the ``sound``, or of a photo or frame."""

    __tablename__ = "media"

    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    bytes: Mapped[int]
    etag: Mapped[str] = mapped_column(String(64))


class Task(db.Model):  # type: ignore[misc]
    """A task, which one worker does at a time: a batch of one pass of a walk, a walk's film, or a short task.

    A short task that belongs to no walk names in ``task`` the ID of what it is for, and in ``model`` the model to use.
    """

    __tablename__ = "pieces"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    walk_number: Mapped[int | None] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"))
    task: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    model: Mapped[str | None] = mapped_column(String(200))  # of a short task; None: the site's first
    kind: Mapped[str] = mapped_column(String(16))  # see app.storage.task_kinds
    level: Mapped[int] = mapped_column(default=0)
    batch: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    # Its position in the queue, and the worker that holds it
    urgency: Mapped[int]  # see app.storage.task_kinds
    turn: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    ticket: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # its walk's
    state: Mapped[str] = mapped_column(String(8), default=PIECE_WAITING)
    attempt: Mapped[int] = mapped_column(default=0)
    interruptions: Mapped[int] = mapped_column("lost", default=0)
    lease_holder: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seconds: Mapped[float | None]

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in PIECE_STATES)})", name="state"),
        CheckConstraint("(walk_number IS NULL) <> (task IS NULL)", name="whose"),
        UniqueConstraint("walk_number", "kind", "level", "batch"),
        UniqueConstraint("task", "kind", "batch"),
        Index("ix_pieces_line", "state", "urgency", "turn", "level", "batch", "ticket"),
    )


class VisualFeatures(db.Model):  # type: ignore[misc]
    """Image embeddings of some frames of a walk: ``frames`` are their indices, ``vectors`` one row of int8 for each."""

    __tablename__ = "looks"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"), unique=True)
    encoder: Mapped[str] = mapped_column("eye", String(16))
    frames: Mapped[list[int]] = mapped_column(Json)
    vectors: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = ({"sqlite_autoincrement": True},)  # vector indexes know rows by number: none may be reused
