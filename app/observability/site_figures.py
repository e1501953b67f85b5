"""The figures of the site, read from database, Redis and disk when Prometheus asks.

Walks in line are looked up by their state, which is indexed; all others are counted in one go, which takes the longer
the more there are, and is done the more seldom.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import exists, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from app.queue import admission, jobs, pieces
from app.storage.database import db, now, ping, recorded_revision
from app.storage.photo_models import Photo
from app.storage.walk_models import (
    FINISHED,
    PHOTOS,
    PIECE_TAKEN,
    PIECE_WAITING,
    PIECES,
    QUEUED,
    STATES,
    WAITING,
    Piece,
    Walk,
)
from app.version import __version__

KEPT_SECONDS = 5.0  # several may scrape
COST_MAX = 1 / 50  # of a process's time that the walks may be counted in
HELD = PIECE_WAITING, PIECE_TAKEN
WALKS = "walks"
KINDS = WALKS, *PIECES
T = TypeVar("T")


class CachedValue(Generic[T]):
    """What was read, and is not read again for some seconds; where reading takes long, for longer."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._began, self._took = -math.inf, 0.0
        self._known: T

    def get(self) -> T:
        """Return what was read last, or read it."""
        began = time.monotonic()
        kept = max(KEPT_SECONDS, self._took / COST_MAX) if KEPT_SECONDS else 0.0
        if began - self._began >= kept:
            self._known = self._read()
            self._began, self._took = began, time.monotonic() - began
        return self._known


@dataclass(frozen=True, slots=True)
class Count:
    """What is told of the walks in one state; those that were deleted are not among ``shown``."""

    shown: int = 0
    oldest: datetime | None = None
    painted: int = 0
    seconds: float = 0.0


class Site(Collector):
    """The figures of the site, read at this moment, or a few seconds ago."""

    def __init__(self) -> None:
        self._line = CachedValue(lambda: _counts(WAITING))
        self._done = CachedValue(lambda: _counts([state for state in STATES if state not in WAITING]))
        self._queue = CachedValue(depths)

    def describe(self) -> Iterable[Metric]:
        """Describe nothing beforehand: at registration there is no application to ask."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the figures; what cannot be reached is reported as down, and the rest is still given."""
        told: list[Metric] = []
        schema = None
        if not ping():
            try:
                told = [*_walks(self._line.get() | self._done.get()), _depths(self._queue.get())]
                schema = recorded_revision()
            except SQLAlchemyError:
                told = []
                db.session.rollback()
        yield GaugeMetricFamily("moma_database_up", "Whether the database answers.", value=bool(told))
        yield from told
        yield GaugeMetricFamily("moma_redis_up", "Whether Redis answers.", value=jobs.redis_answers())
        yield from _workers(jobs.workers(), schema)
        if free := admission.free_bytes():
            words = "Free bytes where media folder and SQLite's file are."
            yield GaugeMetricFamily("moma_media_free_bytes", words, value=min(free.values()))
        yield InfoMetricFamily("moma_build", "What the web process runs.", value={"version": __version__})


def depths() -> dict[tuple[str, str], int]:
    """Count the pieces of work that wait and that somebody is at, by kind; a walk that nobody has begun is one."""
    held = Piece.state.in_(HELD), Piece.urgency.in_((pieces.SHORT, pieces.WALK))
    query = select(Piece.kind, Piece.state, func.count()).where(*held).group_by(Piece.kind, Piece.state)
    found = {(kind, state): count for kind, state, count in db.session.execute(query)}
    unopened = select(func.count()).where(Walk.state == QUEUED, Walk.started_at.is_(None))
    found[WALKS, PIECE_WAITING] = db.session.scalar(unopened) or 0
    is_taken = (
        exists().where(Piece.task == Photo.id, Piece.kind == PHOTOS, Piece.state == PIECE_TAKEN).label("is_taken")
    )
    photos = select(is_taken, func.count()).where(Photo.described_at.is_(None), Photo.expires_at > now())
    for is_taken, count in db.session.execute(photos.group_by("is_taken")):
        found[PHOTOS, PIECE_TAKEN if is_taken else PIECE_WAITING] = count
    return found


def is_outdated(worker: Mapping[str, Any], schema: str | None) -> bool:
    """Tell whether a worker runs another version than this process, or one for another schema than the database's."""
    return worker.get("version") != __version__ or (schema is not None and worker.get("schema") not in (None, schema))


def _counts(states: Collection[str]) -> dict[str, Count]:
    query = (
        select(
            Walk.state,
            func.count().filter(Walk.deleted_at.is_(None)),
            func.min(Walk.created_at),
            func.count(Walk.paint_seconds),
            func.coalesce(func.sum(Walk.paint_seconds), 0.0),
        )
        .where(or_(*(Walk.state == state for state in states)))
        .group_by(Walk.state)
    )
    return {state: Count(*told) for state, *told in db.session.execute(query)}


def _walks(counts: Mapping[str, Count]) -> Iterator[Metric]:
    states = GaugeMetricFamily("moma_walks", "Walks by state, without deleted ones.", labels=["state"])
    for state in STATES:
        states.add_metric([state], counts.get(state, Count()).shown)
    yield states
    waiting, finished = counts.get(QUEUED, Count()), counts.get(FINISHED, Count())
    yield GaugeMetricFamily("moma_walks_waiting", "Walks in line.", value=waiting.shown)
    age = 0.0 if waiting.oldest is None else max(0.0, (now() - waiting.oldest).total_seconds())
    yield GaugeMetricFamily("moma_oldest_waiting_seconds", "How long the first walk in line has waited.", value=age)
    words = "Finished walks and their painting time."
    yield SummaryMetricFamily("moma_paint_seconds", words, finished.painted, finished.seconds)


def _depths(found: Mapping[tuple[str, str], int]) -> Metric:
    family = GaugeMetricFamily("moma_queue_pieces", "Pieces of work in the queue.", labels=["kind", "state"])
    for kind in KINDS:
        for state in HELD:
            family.add_metric([kind, state], found.get((kind, state), 0))
    return family


def _workers(found: Collection[Mapping[str, Any]], schema: str | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("moma_workers", "Workers that are alive.", value=len(found))
    outdated = sum(is_outdated(worker, schema) for worker in found)
    yield GaugeMetricFamily("moma_workers_outdated", "Workers of another version than the web.", value=outdated)
    memory = sum(worker.get("memory") or 0 for worker in found)
    yield GaugeMetricFamily("moma_workers_memory_bytes", "Memory of all workers that are alive.", value=memory)
