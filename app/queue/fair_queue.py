"""The queue in front of the painters: whose turn it is, one's place in it, and the time that is left.

Turns are start-time fair queueing: a visitor's first waiting walk gets the turn that is being served, each further one
the turn after their last. Within a turn, tickets say who came first. Walks are painted by (turn, ticket). As the served
turn never falls and tickets only rise, nobody who comes later overtakes a visitor's first waiting walk, and nobody's
sixty walks keep another visitor waiting.

A place counts the walks ahead that nobody has begun. One that was begun and lost its worker is painted next, as if it
had never been interrupted, so that a place does not get worse by it.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select, tuple_
from sqlalchemy.orm import Session

from app.generation import cost, sampler_settings
from app.queue import jobs
from app.storage.database import db, now, take_turns
from app.storage.walk_models import FINISHED, PAINTING, QUEUED, ROUND, STOP, WAITING, Stop, Walk

RECENT = 20  # finished walks from whose pace the time left is estimated
ORDER = (Walk.turn, Walk.ticket, Walk.number)  # tickets may be equal where two were drawn at the same instant


@dataclass(frozen=True, slots=True)
class PainterPool:
    """What an estimate rests on: how many painters are at work, and the seconds they take for one pass of the model.

    No painters means that none is known to live; no pace, that nothing was painted yet.
    """

    painters: int
    pace: float | None

    def seconds(self, passes: float) -> float | None:
        """Return how long one of them takes for so many passes."""
        return None if self.pace is None else passes * self.pace


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a waiting walk stands: its position (1 is next; ``None`` once it is begun) and the seconds left.

    ``painters`` is how many were counted on for the seconds; they are not given where there is none.
    """

    position: int | None
    seconds: float | None
    may_be_overtaken: bool = False
    painters: int | None = None


def join(session: Session, visitor: str) -> tuple[int, int]:
    """Return turn and ticket of a walk that ``visitor`` queues now; who asks at once waits for the commit."""
    take_turns(session)  # else walks asked for at once would share a turn, and sixty of them overtake everybody
    waiting = Walk.state.in_(WAITING)
    serving, last = session.execute(select(func.min(Walk.turn), func.max(Walk.ticket)).where(waiting)).one()
    own = session.scalar(select(func.max(Walk.turn)).where(Walk.state == QUEUED, Walk.visitor == visitor))
    serving = serving or 0
    return serving if own is None else max(serving, own + 1), (last or 0) + 1


def painter_pool() -> PainterPool:
    """Count the painters at work, and measure how fast the last walks were painted."""
    at_work = db.session.scalar(select(func.count()).where(Walk.state == PAINTING)) or 0
    return PainterPool(max(len(jobs.workers()), at_work), _pace())


def place(walk: Walk, painters: PainterPool | None = None) -> QueuePlace:
    """Tell where ``walk`` stands and how long it will take; ``painters`` spares another look at them."""
    if not walk.is_waiting:
        return QueuePlace(None, None)
    painters = painters or painter_pool()
    if walk.state == PAINTING:
        return QueuePlace(None, _left(walk, painters), painters=painters.painters)
    before = tuple_(*ORDER) < (walk.turn, walk.ticket, walk.number)
    count = db.session.scalar(select(func.count()).where(Walk.state == QUEUED, Walk.started_at.is_(None), before)) or 0
    serving = db.session.scalar(select(func.min(Walk.turn)).where(Walk.state.in_(WAITING)))
    seconds = _until(painters, _passes_left(walk), Walk.state == QUEUED, before)
    return QueuePlace(count + 1, seconds, walk.turn > (serving or 0), painters.painters)


def waiting(
    frames: int,
    *,
    stops: int = 2,
    ending: str = STOP,
    preset: str | None = None,
    model: str | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    size: int | None = None,
) -> tuple[int, float | None]:
    """Return how many walks wait, and the seconds that such a walk would take if asked for now."""
    settings = sampler_settings.resolve_settings(preset, model, steps=steps, guidance=guidance, size=size)
    own = cost.of_walk(settings, stops=stops, frames=max(frames, stops), closed=ending == ROUND)
    count = db.session.scalar(select(func.count()).where(Walk.state == QUEUED)) or 0
    return count, _until(painter_pool(), own, Walk.state == QUEUED)


def _pace() -> float | None:
    """Return the median of the last walks' seconds for each pass of the model; repeats took neither."""
    recent = (
        _costs(Walk.state == FINISHED, Walk.paint_seconds.is_not(None), Walk.repeat_of.is_(None))
        .add_columns(Walk.paint_seconds)
        .order_by(Walk.finished_at.desc())
        .limit(RECENT)
    )
    known = (row for row in db.session.execute(recent) if row.passes or row.stops)  # what was deleted has no stops
    paces = [row.paint_seconds / (row.passes or _whole(row)) for row in known]
    return statistics.median(paces) if paces else None


def _until(painters: PainterPool, own: int, *ahead: ColumnElement[bool]) -> float | None:
    """Estimate when a walk of ``own`` passes is done: what is being painted and ahead is shared by all painters.

    That is what the queue takes if they share it evenly; nobody waits longer than that for a painter to be free.
    """
    if not painters.painters:
        return None
    busy, on_easels = _work(Walk.state == PAINTING)
    count, before = _work(*ahead)
    wait = 0.0 if busy + count < painters.painters else (on_easels + before) / painters.painters
    return painters.seconds(wait + own)


def _work(*conditions: ColumnElement[bool]) -> tuple[int, int]:
    """Count walks, and the passes that they still lack."""
    rows = db.session.execute(_costs(*conditions)).all()
    return len(rows), sum(map(_lacking, rows))


def _passes_left(walk: Walk) -> int:
    return _lacking(db.session.execute(_costs(Walk.number == walk.number)).one())


def _left(walk: Walk, painters: PainterPool) -> float | None:
    if painters.pace is None and walk.painted_count and walk.started_at:
        took = (now() - walk.started_at).total_seconds()
        return (walk.frames - walk.painted_count) * took / walk.painted_count
    return painters.seconds(_passes_left(walk))


def _costs(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Select what the work on walks is estimated from."""
    stops = select(func.count()).where(Stop.walk_number == Walk.number).correlate(Walk).scalar_subquery()
    return select(
        Walk.frames,
        Walk.painted_count,
        Walk.sampler_steps,
        Walk.guidance,
        Walk.ending,
        Walk.passes,
        cast(Walk.sampling, Text).label("sampling"),  # as it is written: that of most walks was read before
        stops.label("stops"),
    ).where(*conditions)


def _lacking(row: Any) -> int:
    """Count the passes that a walk still lacks: less what was spent, if that is known, else for the frames it lacks."""
    whole = _whole(row)
    if row.passes is not None:
        return max(0, whole - int(row.passes))
    return whole * int(row.frames - row.painted_count) // int(row.frames)


def _whole(row: Any) -> int:
    """Count the passes of a whole walk."""
    return _of_walk(row.sampling, row.sampler_steps, row.guidance, row.stops, row.frames, row.ending == ROUND)


@lru_cache(maxsize=4096)
def _of_walk(written: str | None, steps: int, guidance: float, stops: int, frames: int, closed: bool) -> int:
    settings = json.loads(written) if written else {"steps": steps, "guidance": guidance}
    return cost.of_walk(settings, stops=stops, frames=frames, closed=closed)
