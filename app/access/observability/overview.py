"""An overview of the site: the queue, the workers with their tasks, the throughput, and the walks that ended last."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.access.observability import site_metrics
from app.storage.database import db, now
from app.storage.schema import recorded_revision
from app.storage.task_kinds import FRAMES, KNOTS, STOPS
from app.storage.walk_models import FAILED, FINISHED, PAINTING, PIECE_TAKEN, PIECE_WAITING, QUEUED, Task, Walk
from app.walks.queue import jobs

WINDOW_SECONDS = 300
LAST = 3


@dataclass(frozen=True, slots=True)
class AtWork:
    """A task that a worker is doing: its kind, its walk, and the walk's progress."""

    worker: str
    kind: str
    level: int
    batch: int
    walk_id: str | None
    painted: int | None
    frames: int | None

    @property
    def what(self) -> str:
        """Return the task's name as in the logs, with pass and batch if there are several of its kind."""
        return f"{self.kind} {self.level}.{self.batch}" if self.kind in (STOPS, KNOTS, FRAMES) else self.kind


@dataclass(frozen=True, slots=True)
class Ended:
    """A walk that ended: its ID and state, and the error if it failed; without prompts."""

    walk_id: str
    state: str
    at: datetime
    seconds: float | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole overview."""

    at: datetime
    redis: bool
    waiting: Mapping[str, int]
    painting: int
    oldest_seconds: float
    wait_seconds: float | None
    frames_a_second: float
    workers: list[dict[str, Any]]
    at_work: list[AtWork]
    ended: list[Ended]


def collect() -> Overview:
    """Return the overview, read from database and Redis."""
    instant = now()
    queue = site_metrics.depths()
    oldest = db.session.scalar(select(func.min(Walk.created_at)).where(Walk.state == QUEUED))
    painting = db.session.scalar(select(func.count()).where(Walk.state == PAINTING)) or 0
    schema = recorded_revision()
    shown = "name", "model", "device", "version", "memory"
    workers = [
        {name: about.get(name) for name in shown} | {"is_outdated": jobs.is_outdated(about, schema)}
        for about in jobs.workers()
    ]
    return Overview(
        at=instant,
        redis=jobs.redis_answers(),
        waiting={kind: queue.get((kind, PIECE_WAITING), 0) for kind in site_metrics.COUNTED},
        painting=painting,
        oldest_seconds=0.0 if oldest is None else max(0.0, (instant - oldest).total_seconds()),
        wait_seconds=_median_wait(instant),
        frames_a_second=_throughput(instant),
        workers=workers,
        at_work=_load_tasks(),
        ended=[*_load_ended(FINISHED), *_load_ended(FAILED)],
    )


def as_json(overview: Overview) -> dict[str, Any]:
    """Return the overview as values for JSON."""
    ended = [asdict(each) | {"at": each.at.isoformat()} for each in overview.ended]
    return asdict(overview) | {"at": overview.at.isoformat(), "ended": ended}


def _recently_finished(instant: datetime) -> tuple[Any, ...]:
    """Return the conditions for walks finished within the last minutes, without cached results."""
    since = instant - timedelta(seconds=WINDOW_SECONDS)
    return Walk.state == FINISHED, Walk.finished_at > since, Walk.repeat_of.is_(None)


def _throughput(instant: datetime) -> float:
    """Return the frames rendered per second over the last minutes, of finished walks and of those in progress."""
    since = instant - timedelta(seconds=WINDOW_SECONDS)
    done = db.session.scalar(select(func.sum(Walk.painted_count)).where(*_recently_finished(instant))) or 0
    begun = Walk.state == PAINTING, Walk.started_at > since
    under_way = db.session.scalar(select(func.sum(Walk.painted_count)).where(*begun)) or 0
    return (done + under_way) / WINDOW_SECONDS


def _median_wait(instant: datetime) -> float | None:
    """Return the median seconds from request to film of the walks finished in the last minutes; None without any."""
    rows = db.session.execute(select(Walk.created_at, Walk.finished_at).where(*_recently_finished(instant))).all()
    waits = sorted((row.finished_at - row.created_at).total_seconds() for row in rows)
    return waits[len(waits) // 2] if waits else None


def _load_tasks() -> list[AtWork]:
    query = (
        select(Task.lease_holder, Task.kind, Task.level, Task.batch, Walk.id, Walk.painted_count, Walk.frames)
        .outerjoin(Walk, Walk.number == Task.walk_number)
        .where(Task.state == PIECE_TAKEN)
        .order_by(Task.lease_holder)
    )
    return [AtWork(holder or "", *rest) for holder, *rest in db.session.execute(query)]


def _load_ended(state: str) -> list[Ended]:
    query = (
        select(Walk.id, Walk.state, Walk.finished_at, Walk.paint_seconds, Walk.error)
        .where(Walk.state == state, Walk.finished_at.is_not(None), Walk.deleted_at.is_(None))
        .order_by(Walk.finished_at.desc())
        .limit(LAST)
    )
    return [Ended(*row) for row in db.session.execute(query)]
