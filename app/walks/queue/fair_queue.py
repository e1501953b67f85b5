"""The fair queue of walks: the order of work, queue positions, and time estimates.

The queue implements start-time fair queueing (Goyal, Vin and Cheng, 1996), measured in UNet evaluations. Its virtual
time advances with the work; a turn is the work of a usual walk. A walk *starts* at the queue's current time if its
visitor has nothing waiting, else at the end of the visitor's last walk. So a visitor who requests a hundred times the
work takes a hundred turns, and does not delay others. Turns have two levels: all visitors of a network share the
network's turns, and take turns within it. Tasks are ordered by turn, then by pass, so that all films of a turn grow
together, and then by ticket (order of arrival).

The served turn never decreases and tickets only increase, so later walks never overtake walks of the served turn. A
queue position counts the walks ahead that were not begun. A walk whose worker was lost is continued next, so positions
do not get worse.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast

import numpy as np
from flask import current_app
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Row, case, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.offer.generation import cost, duration, offers, sampler_settings
from app.storage.database import db, take_advisory_lock
from app.storage.task_kinds import WALK
from app.storage.walk_models import (
    PAINTING,
    PIECE_TAKEN,
    PIECE_WAITING,
    QUEUED,
    ROUND,
    WAITING,
    Task,
    Walk,
)
from app.walks.queue import jobs, paces
from app.walks.queue.paces import WalkWork

EXTENSION = "moma_line"

OFTEN_MS, SELDOM_MS = 500, 60_000  # polling interval of a page; the first is multiplied by the queue position
SHARE = 1 / 4  # of the time until a walk's turn: the longest polling interval of its page
LOOK_SECONDS_MAX = 5.0
COST_MAX = 1 / 50  # the share of a process's time for snapshots: a long queue is loaded less often
LEFT = case((func.coalesce(Walk.evaluations, 0) < Walk.cost, Walk.cost - func.coalesce(Walk.evaluations, 0)), else_=0)
AMONG_FEW = func.coalesce(Walk.state, "")  # for conditions on few walks: keeps SQLite from using the index on the state
ORDER = (Walk.turn, Walk.ticket, Walk.number)  # concurrent requests may have equal tickets


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """The basis of estimates: the number of workers, and their pace in seconds per unit of work.

    0 workers means that no live worker is known. ``paces`` are those of models by their names, where a walk of theirs
    was finished lately; ``pace`` is that of the others, a guess if no walk was finished yet.
    """

    workers: int
    pace: float
    paces: Mapping[str, float] = field(default_factory=dict)

    def pace_of(self, model: str) -> float:
        """Return the pace of a model."""
        return self.paces.get(model, self.pace)

    def seconds(self, walk: WalkWork | None) -> float | None:
        """Return the seconds that one worker takes for a walk; None if it was deleted."""
        return None if walk is None else walk.work.seconds(self.pace_of(walk.model))


@dataclass(frozen=True, slots=True)
class QueueEstimate:
    """A walk's wait: its position in the queue (1 is next; ``None`` once begun) and the estimated seconds left.

    ``seconds`` is None if there are no workers. ``workers`` is their number in the estimate,
    ``wait`` the part of the seconds for other walks; ``redis_away`` means that no worker can be woken.
    """

    position: int | None
    seconds: float | None
    may_be_overtaken: bool = False
    workers: int | None = None
    wait: float | None = None
    redis_away: bool = False

    @property
    def poll_ms(self) -> int:
        """Milliseconds until a page polls again: 500 for a walk in progress, more for a higher queue position.

        The interval is at most a quarter of the estimated wait, so the page polls several times before the walk begins.
        """
        most = SELDOM_MS if self.wait is None else min(SELDOM_MS, round(1000 * SHARE * self.wait))
        return max(OFTEN_MS, min(most, OFTEN_MS * (self.position or 1)))


def turn_passes() -> int:
    """Return the UNet evaluations of one turn, which are those of a usual walk."""
    settings = sampler_settings.resolve_settings(offers.first())
    return cost.of_walk(settings, stops=2, frames=current_app.config["FRAMES_DEFAULT"])


def enqueue(session: Session, walk: Walk) -> dict[str, int]:
    """Put ``walk`` into the queue, holding the writer lock, and return the values of its queue columns.

    Walks of the same network that come later by their visitors' turns, and were not begun, are moved back by its work.
    """
    take_advisory_lock(session)  # else concurrent requests would share a turn and overtake all others
    a_turn, asked = turn_passes(), count_evaluations(walk)
    serving, last = _served(session) * a_turn, session.scalar(select(func.max(Walk.ticket)).where(_waits())) or 0
    mates, whole = (Walk.network == walk.network, _waits()), _whole_turns(Walk.cost, a_turn)
    own_end = session.scalar(
        select(func.max(Walk.own_virtual_start + whole)).where(*mates, Walk.visitor == walk.visitor)
    )
    own_start = max(serving, own_end or 0)
    end = session.scalar(
        select(func.max(Walk.virtual_start + whole)).where(*mates, Walk.own_virtual_start <= own_start)
    )
    start, moved = max(serving, end or 0), Walk.virtual_start + _whole_turns(asked, a_turn)
    session.execute(
        update(Walk)
        .where(*mates, Walk.own_virtual_start > own_start, Walk.started_at.is_(None))
        .values(virtual_start=moved, turn=moved // a_turn)
        .execution_options(synchronize_session=False)
    )
    return {
        "cost": asked,
        "own_virtual_start": own_start,
        "virtual_start": start,
        "turn": start // a_turn,
        "ticket": last + 1,
    }


def _whole_turns(passes: Any, a_turn: int) -> Any:
    """Return a number or column rounded up to whole turns, so that a visitor's walks never share a turn."""
    return (passes + a_turn - 1) // a_turn * a_turn


def count_evaluations(walk: Walk) -> int:
    """Return the UNet evaluations that a walk will take."""
    settings = walk.sampling or {"steps": walk.sampler_steps, "guidance": walk.guidance}
    return cost.of_walk(settings, stops=len(walk.stops), frames=walk.frames, closed=walk.ending == ROUND)


def _served(session: Session) -> int:
    """Return the served turn: the lowest one of all waiting and running work; 0 for an empty queue."""
    is_open = Task.state.in_((PIECE_WAITING, PIECE_TAKEN))
    begun = session.scalar(select(func.min(Task.turn)).where(is_open, Task.urgency == WALK))
    unopened = session.scalar(select(func.min(Walk.turn)).where(Walk.state == QUEUED, Walk.started_at.is_(None)))
    return min((turn for turn in (begun, unopened) if turn is not None), default=0)


def _waits() -> ColumnElement[bool]:
    return Walk.state.in_(WAITING)


def load_worker_pool() -> WorkerPool:
    """Return the number of workers and their paces over the last finished walks."""
    running = select(func.count()).where(Task.state == PIECE_TAKEN, Task.urgency == WALK)
    is_begun = select(select(Walk.number).where(Walk.state == PAINTING).exists())
    # Count held tasks, because begun walks may be waiting. Between two tasks a worker holds none, so assume one then.
    at_work = db.session.scalar(running) or int(bool(db.session.scalar(is_begun)))
    known = paces.learn_paces()
    pace = statistics.median(known.values()) if known else duration.default_pace(offers.first().facts)
    return WorkerPool(max(len(jobs.workers()), at_work), pace, known)


def find_estimate(walk: Walk | Row[Any], pool: WorkerPool | None = None) -> QueueEstimate:
    """Return the queue position and time estimate of ``walk``, for the current workers or the given ``pool``."""
    if walk.state not in WAITING:
        return QueueEstimate(None, None)
    line = load_snapshot(walk.number)
    pool = pool or line.pool
    at = line.rows.get(walk.number)
    if at is None and walk.number <= line.newest:  # it has just left the queue
        return QueueEstimate(None, None)
    came_since = 0
    if at is None:  # newer than the snapshot, like some walks ahead of it
        at = int(np.searchsorted(line.turn, walk.turn, "right"))
        came_since = _came_since(walk, line.newest)
        own = pool.seconds(paces.works_of([walk.number]).get(walk.number))
        seconds = line.seconds(pool, walk.virtual_start, walk.cost, own)
    else:
        own = line.own_seconds(pool, at)
        seconds = line.seconds_of(pool, at)
    position, may_be_overtaken, wait = None, False, None
    if walk.state != PAINTING:
        position, may_be_overtaken = int(line.unopened[at]) + came_since + 1, walk.turn > line.served
        wait = None if seconds is None else seconds - (own or 0)
    return QueueEstimate(position, seconds, may_be_overtaken, pool.workers, wait, line.redis_away)


def _came_since(walk: Walk | Row[Any], newest: int) -> int:
    """Return the number of walks newer than number ``newest`` that are ahead of ``walk`` and not begun."""
    ahead = tuple_(Walk.turn, Walk.ticket, Walk.number) < tuple_(walk.turn, walk.ticket, walk.number)
    since = select(func.count()).where(Walk.number > newest, ahead, AMONG_FEW == QUEUED, Walk.started_at.is_(None))
    return db.session.scalar(since) or 0


def waiting_work(line: QueueSnapshot) -> tuple[int, WorkerPool]:
    """Return the UNet evaluations that all walks in the queue still need, and the workers for them."""
    since = select(func.sum(LEFT)).where(Walk.number > line.newest, AMONG_FEW.in_(WAITING))
    return int(line.left.sum()) + (db.session.scalar(since) or 0), line.pool


Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """A cached snapshot of the queue; the arrays hold one value per waiting walk, in queue order.

    ``rows`` are the array indices by walk number, ``start`` the virtual start times, ``at`` the virtual times reached,
    ``left`` the missing UNet evaluations, ``each`` the work of one, with its share of all other work, ``fixed`` its
    share of the seconds that no pace changes, and ``unopened`` the numbers of walks ahead that were not begun, plus the
    total at the end. ``model`` are indices into the names of ``models``. ``newest`` is the highest walk number at the
    time of the snapshot.
    """

    pool: WorkerPool
    redis_away: bool
    served: int
    a_turn: int
    queued: int
    newest: int
    rows: dict[int, int]
    turn: Numbers
    start: Numbers
    at: Numbers
    left: Numbers
    each: NDArray[np.float64]
    fixed: NDArray[np.float64]
    model: Numbers
    models: tuple[str, ...]
    unopened: Numbers

    def seconds(self, pool: WorkerPool, start: int, asked: int, own: float | None) -> float | None:
        """Return the estimated seconds until a new walk with this virtual start time would be done.

        ``own`` are the seconds that one worker takes for it.
        """
        return self._shared(pool, self._before(start, asked), own)

    def own_seconds(self, pool: WorkerPool, row: int) -> float:
        """Return the seconds that one worker takes for what a walk in the queue lacks."""
        return float(self.left[row] * (self.each[row] * pool.pace_of(self.models[self.model[row]]) + self.fixed[row]))

    def seconds_of(self, pool: WorkerPool, row: int) -> float | None:
        """Return the estimated seconds until a walk in the queue is done; a missing film comes next."""
        left, start = int(self.left[row]), int(self.start[row])
        before = self._before(start, int(self.at[row]) + left - start)
        before[row] = 0
        return self._shared(pool, before if left else np.zeros_like(before), self.own_seconds(pool, row))

    def _before(self, start: int, asked: int) -> Numbers:
        """Return the UNet evaluations of each walk that come before the end of a walk.

        These are all of earlier turns. Within the turn in which the walk ends, all walks advance together pass by pass,
        so each of them has done about as much of the turn as this walk when it ends.
        """
        end = start + asked
        turn = max(0, end - 1) // self.a_turn * self.a_turn
        until = np.minimum(np.maximum(self.start, turn) + end - max(start, turn), turn + self.a_turn)
        return np.asarray(np.clip(until - self.at, 0, self.left), np.int64)

    def _shared(self, pool: WorkerPool, before: Numbers, own: float | None) -> float | None:
        """Return the seconds until a walk is done: workers share the work before it; a free one begins at once."""
        if not pool.workers or own is None:
            return None
        if int((before > 0).sum()) < pool.workers:
            return own
        of_models = np.array([pool.pace_of(name) for name in self.models])
        return float((before * (self.each * of_models[self.model] + self.fixed)).sum()) / pool.workers + own


def load_snapshot(number: int | None = None) -> QueueSnapshot:
    """Return a snapshot of the queue that is at most ``LINE_SECONDS`` old and, if it is older, has walk ``number``.

    If loading is slow, snapshots are used for longer. While one thread loads, other threads get the previous snapshot.
    """
    until, line = cast(tuple[float, QueueSnapshot | None], current_app.extensions.get(EXTENSION, (0.0, None)))
    began, lifetime = monotonic(), current_app.config["LINE_SECONDS"]
    is_usable = line is not None and (number is None or number in line.rows or number > line.newest)
    if line is not None and is_usable and began < until:
        return line
    if is_usable:
        current_app.extensions[EXTENSION] = began + lifetime, line
    line = _query_snapshot()
    if lifetime:
        lifetime = max(lifetime, min(LOOK_SECONDS_MAX, (monotonic() - began) / COST_MAX))
    current_app.extensions[EXTENSION] = began + lifetime, line
    return line


def _query_snapshot() -> QueueSnapshot:
    """Return a new snapshot from all waiting walks, loaded as plain rows, which is fast for thousands of walks."""
    is_unopened = case(((Walk.state == QUEUED) & Walk.started_at.is_(None), 1), else_=0)
    columns = (
        Walk.number,
        Walk.turn,
        Walk.virtual_start,
        Walk.cost.label("cost"),
        func.coalesce(Walk.evaluations, 0),
        is_unopened,
        Walk.state,
    )
    newest = db.session.scalar(select(func.max(Walk.number))) or 0  # first, so that later walks count as newer
    rows = db.session.connection().execute(select(*columns).where(_waits()).order_by(*ORDER)).all()
    known = paces.works_of([row.number for row in rows])
    names = [known[row.number].model if row.number in known else "" for row in rows]  # "": it has just been deleted
    models = {name: index for index, name in enumerate(dict.fromkeys(names))}
    shares = np.array([_of_evaluation(known.get(row.number), row.cost) for row in rows], np.float64).reshape(-1, 2)
    a_turn = turn_passes()
    numbers, turns, starts, works, spents, unopeneds, states = zip(*rows, strict=True) if rows else ((),) * 7
    turn, start, asked, spent, unopened = (
        np.array(column, np.int64) for column in (turns, starts, works, spents, unopeneds)
    )
    return QueueSnapshot(
        pool=load_worker_pool(),
        redis_away=not jobs.redis_answers(),
        served=_served(db.session()),
        a_turn=a_turn,
        queued=states.count(QUEUED),
        newest=newest,
        rows=dict(zip(numbers, range(len(rows)), strict=True)),
        turn=turn,
        start=start,
        at=start + np.minimum(spent, asked),
        left=np.maximum(0, asked - spent),
        each=shares[:, 0],
        fixed=shares[:, 1],
        model=np.array([models[name] for name in names], np.int64),
        models=tuple(models),
        unopened=np.concatenate(([0], np.cumsum(unopened))),
    )


def _of_evaluation(walk: WalkWork | None, asked: int) -> tuple[float, float]:
    """Return a walk's work for each evaluation that it asked for, and its seconds that no pace changes."""
    return (walk.work.total / asked, walk.work.fixed / asked) if walk is not None and asked else (0.0, 0.0)
