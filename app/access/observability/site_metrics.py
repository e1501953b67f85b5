"""The site's metrics, read from database, Redis and disk when Prometheus scrapes them.

Queued walks are counted by an index on their state. All others are counted by one query that takes longer the more
there are, so its result is cached longer.
"""

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

from app.core.version import __version__
from app.storage import free_space
from app.storage.database import db, now
from app.storage.database_health import ping
from app.storage.schema import recorded_revision
from app.storage.task_kinds import KINDS, SUSPENDED
from app.storage.upload_models import WAITING as UNPROCESSED
from app.storage.upload_models import Upload
from app.storage.walk_models import FINISHED, PIECE_TAKEN, PIECE_WAITING, QUEUED, STATES, WAITING, Task, Walk
from app.walks.queue import jobs
from app.walks.uploads import kinds

KEPT_SECONDS = 5.0  # for which values are cached, as several servers may scrape
COST_MAX = 1 / 50  # the share of a process's time that may be spent on counting walks
HELD = PIECE_WAITING, PIECE_TAKEN
WALKS = "walks"
COUNTED = WALKS, *KINDS
T = TypeVar("T")


class CachedValue(Generic[T]):
    """A value that is cached for `KEPT_SECONDS`, or longer if reading it takes long (see `COST_MAX`)."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._began, self._took = -math.inf, 0.0
        self._known: T

    def get(self) -> T:
        """Return the cached value, or read it if the cache has expired."""
        began = time.monotonic()
        kept = max(KEPT_SECONDS, self._took / COST_MAX) if KEPT_SECONDS else 0.0
        if began - self._began >= kept:
            self._known = self._read()
            self._began, self._took = began, time.monotonic() - began
        return self._known


@dataclass(frozen=True, slots=True)
class Count:
    """Statistics of the walks in one state; ``shown`` does not count deleted ones."""

    shown: int = 0
    oldest: datetime | None = None
    painted: int = 0
    seconds: float = 0.0


class Site(Collector):
    """The collector of the site's metrics, at most some seconds old."""

    def __init__(self) -> None:
        self._line = CachedValue(lambda: _counts(WAITING))
        self._done = CachedValue(lambda: _counts([state for state in STATES if state not in WAITING]))
        self._queue = CachedValue(depths)

    def describe(self) -> Iterable[Metric]:
        """Return no descriptions, because at registration there is no application context to read from."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; an unreachable database or Redis is reported as down, and the rest still follows."""
        metrics: list[Metric] = []
        schema = None
        if not ping():
            try:
                metrics = [*_walks(self._line.get() | self._done.get()), _depths(self._queue.get())]
                schema = recorded_revision()
            except SQLAlchemyError:
                metrics = []
                db.session.rollback()
        yield GaugeMetricFamily("moma_database_up", "Whether the database answers.", value=bool(metrics))
        yield from metrics
        yield GaugeMetricFamily("moma_redis_up", "Whether Redis answers.", value=jobs.redis_answers())
        yield from _workers(jobs.workers(), schema)
        if free := free_space.free_bytes():
            words = "Free bytes on the disks of the media folder and SQLite's file."
            yield GaugeMetricFamily("moma_media_free_bytes", words, value=min(free.values()))
        yield InfoMetricFamily("moma_build", "What the web process runs.", value={"version": __version__})


def depths() -> dict[tuple[str, str], int]:
    """Return the numbers of tasks by kind and state (waiting or taken); each walk not started yet counts as one."""
    is_current = Task.state.in_(HELD), Task.urgency != SUSPENDED, Task.kind.not_in(kinds.KINDS)
    query = select(Task.kind, Task.state, func.count()).where(*is_current).group_by(Task.kind, Task.state)
    counts = {(kind, state): count for kind, state, count in db.session.execute(query)}
    unopened = select(func.count()).where(Walk.state == QUEUED, Walk.started_at.is_(None))
    counts[WALKS, PIECE_WAITING] = db.session.scalar(unopened) or 0
    of_upload = Task.task == Upload.id, Task.kind == Upload.kind, Task.state == PIECE_TAKEN
    is_taken = exists().where(*of_upload).label("is_taken")
    # The task of one may not be there yet.
    uploads = select(Upload.kind, is_taken, func.count()).where(Upload.state == UNPROCESSED, Upload.expires_at > now())
    for kind, is_taken, count in db.session.execute(uploads.group_by(Upload.kind, "is_taken")):
        counts[kind, PIECE_TAKEN if is_taken else PIECE_WAITING] = count
    return counts


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
    return {state: Count(*rest) for state, *rest in db.session.execute(query)}


def _walks(counts: Mapping[str, Count]) -> Iterator[Metric]:
    states = GaugeMetricFamily("moma_walks", "Walks by state, without deleted ones.", labels=["state"])
    for state in STATES:
        states.add_metric([state], counts.get(state, Count()).shown)
    yield states
    waiting, finished = counts.get(QUEUED, Count()), counts.get(FINISHED, Count())
    yield GaugeMetricFamily("moma_walks_waiting", "Walks in the queue.", value=waiting.shown)
    age = 0.0 if waiting.oldest is None else max(0.0, (now() - waiting.oldest).total_seconds())
    yield GaugeMetricFamily("moma_oldest_waiting_seconds", "Age of the oldest walk in the queue.", value=age)
    words = "Finished walks and their rendering time."
    yield SummaryMetricFamily("moma_paint_seconds", words, finished.painted, finished.seconds)


def _depths(counts: Mapping[tuple[str, str], int]) -> Metric:
    family = GaugeMetricFamily("moma_queue_pieces", "Tasks in the queue.", labels=["kind", "state"])
    for kind in COUNTED:
        for state in HELD:
            family.add_metric([kind, state], counts.get((kind, state), 0))
    return family


def _workers(workers: Collection[Mapping[str, Any]], schema: str | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("moma_workers", "Workers that are alive.", value=len(workers))
    outdated = sum(jobs.is_outdated(worker, schema) for worker in workers)
    yield GaugeMetricFamily("moma_workers_outdated", "Workers of another version than the web.", value=outdated)
    memory = sum(worker.get("memory") or 0 for worker in workers)
    yield GaugeMetricFamily("moma_workers_memory_bytes", "Memory of all workers that are alive.", value=memory)
