"""The line in front of the painters: whose turn it is, one's place in it, and the time that is left.

It is start-time fair queueing (Goyal, Vin and Cheng, 1996), counted in the model's passes. Time in the line runs with
the work: a turn is as many passes as a usual walk takes. A walk *starts* where the line is when its visitor has nothing
waiting, and else where the visitor's last one ends; so who asks for a hundred times the work has a hundred times the
turns, and nobody else waits for them. Turns are of two levels: what comes from one network shares the network's turns,
and within it visitors take theirs. Its pieces of work go by turn, then level, so that all who are in a turn have a film
that grows before one has the whole, then by who came first.

As the served turn never falls and tickets only rise, nobody who comes later overtakes what is in the served turn.
A place counts the walks ahead that nobody has begun. One that was begun and lost its worker is painted next, as if it
had never been interrupted, so that a place does not get worse by it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

import numpy as np
from flask import current_app
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Row, case, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.generation import cost, sampler_settings
from app.queue import jobs, pieces
from app.storage.database import db, now, take_advisory_lock
from app.storage.walk_models import (
    FINISHED,
    PAINTING,
    PIECE_TAKEN,
    PIECE_WAITING,
    QUEUED,
    ROUND,
    STOP,
    WAITING,
    Piece,
    Walk,
)

EXTENSION = "moma_line"

OFTEN_MS, SELDOM_MS = 500, 60_000  # between two looks of a page; the first for each walk ahead
SHARE = 1 / 4  # of the time till a walk's turn that its page lets pass between two looks
LOOK_SECONDS_MAX = 5.0
COST_MAX = 1 / 50  # of a process's time that it may look at the line: a long one is looked at more seldom
RECENT = 20  # finished walks from whose pace the time left is estimated
LEFT = case((func.coalesce(Walk.passes, 0) < Walk.asked, Walk.asked - func.coalesce(Walk.passes, 0)), else_=0)
AMONG_FEW = func.coalesce(Walk.state, "")  # where few walks are meant: by the state SQLite goes through all
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

    ``painters`` is how many were counted on for the seconds; they are not given where there is none. ``wait`` are those
    of the seconds that go to others; ``redis_away`` tells that no painter can be woken.
    """

    position: int | None
    seconds: float | None
    may_be_overtaken: bool = False
    painters: int | None = None
    wait: float | None = None
    redis_away: bool = False

    @property
    def look_again(self) -> int:
        """Milliseconds after which a page looks again: twice a second at the easel, more seldom from further back.

        Some looks lie between now and its turn, wherever it stands and however fast the line moves.
        """
        most = SELDOM_MS if self.wait is None else min(SELDOM_MS, round(1000 * SHARE * self.wait))
        return max(OFTEN_MS, min(most, OFTEN_MS * (self.position or 1)))


def turn_passes() -> int:
    """Return how much work a turn is: the passes of a usual walk."""
    return cost.of_walk(sampler_settings.resolve_settings(), stops=2, frames=current_app.config["FRAMES_DEFAULT"])


def join(session: Session, walk: Walk) -> dict[str, int]:
    """Return the columns of ``walk``'s place in the line, at whose end it is put now; who asks at once waits.

    Walks of its network that come after it by their visitors' turns, and that nobody has begun, move on by its work.
    """
    take_advisory_lock(session)  # else walks asked for at once would share a turn, and sixty of them overtake everybody
    a_turn, asked = turn_passes(), of_walk(walk)
    serving, last = _served(session) * a_turn, session.scalar(select(func.max(Walk.ticket)).where(_waits())) or 0
    mates, whole = (Walk.network == walk.network, _waits()), _whole_turns(Walk.asked, a_turn)
    own_end = session.scalar(select(func.max(Walk.own_start + whole)).where(*mates, Walk.visitor == walk.visitor))
    own_start = max(serving, own_end or 0)
    end = session.scalar(select(func.max(Walk.start + whole)).where(*mates, Walk.own_start <= own_start))
    start, moved = max(serving, end or 0), Walk.start + _whole_turns(asked, a_turn)
    session.execute(
        update(Walk)
        .where(*mates, Walk.own_start > own_start, Walk.started_at.is_(None))
        .values(start=moved, turn=moved // a_turn)
        .execution_options(synchronize_session=False)
    )
    return {"asked": asked, "own_start": own_start, "start": start, "turn": start // a_turn, "ticket": last + 1}


def _whole_turns(passes: Any, a_turn: int) -> Any:
    """Round up to whole turns, numbers or columns: two small walks of one visitor are never in the same."""
    return (passes + a_turn - 1) // a_turn * a_turn


def of_walk(walk: Walk) -> int:
    """Count the passes that a walk will take."""
    settings = walk.sampling or {"steps": walk.sampler_steps, "guidance": walk.guidance}
    return cost.of_walk(settings, stops=len(walk.stops), frames=walk.frames, closed=walk.ending == ROUND)


def _served(session: Session) -> int:
    """Return the turn that is being served: the first of what waits or is being painted; 0 where nothing is."""
    held = Piece.state.in_((PIECE_WAITING, PIECE_TAKEN))
    begun = session.scalar(select(func.min(Piece.turn)).where(held, Piece.urgency == pieces.WALK))
    unopened = session.scalar(select(func.min(Walk.turn)).where(Walk.state == QUEUED, Walk.started_at.is_(None)))
    return min((turn for turn in (begun, unopened) if turn is not None), default=0)


def _waits() -> ColumnElement[bool]:
    return Walk.state.in_(WAITING)


def painter_pool() -> PainterPool:
    """Count the painters at work, and measure how fast the last walks were painted."""
    held = select(func.count()).where(Piece.state == PIECE_TAKEN, Piece.urgency == pieces.WALK)
    is_begun = select(select(Walk.number).where(Walk.state == PAINTING).exists())
    # By pieces: many a walk that was begun waits for its turn. Between two pieces a painter holds none.
    at_work = db.session.scalar(held) or int(bool(db.session.scalar(is_begun)))
    return PainterPool(max(len(jobs.workers()), at_work), _pace())


def find_place(walk: Walk | Row[Any], painters: PainterPool | None = None) -> QueuePlace:
    """Tell where ``walk`` stands and how long it will take, with other ``painters`` perhaps than there are."""
    if walk.state not in WAITING:
        return QueuePlace(None, None)
    line = load_snapshot(walk.number)
    painters = painters or line.painters
    at = line.rows.get(walk.number)
    if at is None and walk.number <= line.newest:  # somebody took it out of the line this moment
        return QueuePlace(None, None)
    came_since = 0
    if at is None:  # it came after this picture of the line, which knows what is ahead but for others who did
        at, own = int(np.searchsorted(line.turn, walk.turn, "right")), walk.asked
        came_since = _came_since(walk, line.newest)
        seconds = line.seconds(painters, walk.start, walk.asked)
    else:
        own = int(line.left[at])
        seconds = line.seconds_of(painters, at)
    position, may_be_overtaken, wait = None, False, None
    if walk.state == PAINTING:
        seconds = _estimate_by_own_pace(walk) if painters.pace is None else seconds
    else:
        position, may_be_overtaken = int(line.unopened[at]) + came_since + 1, walk.turn > line.served
        wait = None if seconds is None else seconds - (painters.seconds(own) or 0)
    return QueuePlace(position, seconds, may_be_overtaken, painters.painters, wait, line.redis_away)


def _came_since(walk: Walk | Row[Any], newest: int) -> int:
    """Count the walks that came after one numbered ``newest`` and stand before ``walk``, which nobody has begun."""
    ahead = tuple_(Walk.turn, Walk.ticket, Walk.number) < tuple_(walk.turn, walk.ticket, walk.number)
    since = select(func.count()).where(Walk.number > newest, ahead, AMONG_FEW == QUEUED, Walk.started_at.is_(None))
    return db.session.scalar(since) or 0


def waiting_work(line: QueueSnapshot) -> tuple[int, PainterPool]:
    """Return the passes that all walks in line lack, and the painters who are to do them."""
    since = select(func.sum(LEFT)).where(Walk.number > line.newest, AMONG_FEW.in_(WAITING))
    return int(line.left.sum()) + (db.session.scalar(since) or 0), line.painters


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
    aspect: str | None = None,
) -> tuple[int, float | None]:
    """Return how many walks wait, and the seconds that such a walk of a newcomer would take if asked for now."""
    settings = sampler_settings.resolve_settings(
        preset, model, steps=steps, guidance=guidance, size=size, aspect=aspect
    )
    own = cost.of_walk(settings, stops=stops, frames=max(frames, stops), closed=ending == ROUND)
    line = load_snapshot()
    return line.queued, line.seconds(line.painters, line.served * line.a_turn, own)


Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """What a process knows of the line for a moment: of each waiting walk, in order, where it is and what it lacks.

    ``start`` is where each began in the line's time, ``at`` how far it has come, ``left`` the passes it lacks, and
    ``unopened`` counts those before each, and before the line's end, that nobody has begun. ``newest`` is the highest
    number that a walk had.
    """

    painters: PainterPool
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
    unopened: Numbers

    def seconds(self, painters: PainterPool, start: int, asked: int) -> float | None:
        """Estimate when a walk is done that would start there."""
        return self._shared(painters, self._before(start, asked), asked)

    def seconds_of(self, painters: PainterPool, row: int) -> float | None:
        """Estimate when a walk in line is done. Where only its film is missing, that is next."""
        own, start = int(self.left[row]), int(self.start[row])
        before = self._before(start, int(self.at[row]) + own - start)
        before[row] = 0
        return self._shared(painters, before if own else np.zeros_like(before), own)

    def _before(self, start: int, asked: int) -> Numbers:
        """Count the passes of each in line that come before the end of a walk.

        Those of earlier turns do. In the turn in which it ends all go side by side, level by level, so that each of
        the others has done about as much of this turn as it when it is done.
        """
        end = start + asked
        turn = max(0, end - 1) // self.a_turn * self.a_turn
        until = np.minimum(np.maximum(self.start, turn) + end - max(start, turn), turn + self.a_turn)
        return np.asarray(np.clip(until - self.at, 0, self.left), np.int64)

    @staticmethod
    def _shared(painters: PainterPool, before: Numbers, own: int) -> float | None:
        """Have all painters share what comes before a walk's own passes; nobody waits longer than for a free one."""
        if not painters.painters:
            return None
        is_free = int((before > 0).sum()) < painters.painters
        return painters.seconds((0 if is_free else int(before.sum()) / painters.painters) + own)


def load_snapshot(number: int | None = None) -> QueueSnapshot:
    """Return a picture of the line that is at most ``LINE_SECONDS`` old, and knows of a walk but the newest ones.

    Where looking takes long, the picture is kept for longer. While one thread looks, the others have the last one.
    """
    until, line = cast(tuple[float, QueueSnapshot | None], current_app.extensions.get(EXTENSION, (0.0, None)))
    began, kept = monotonic(), current_app.config["LINE_SECONDS"]
    is_usable = line is not None and (number is None or number in line.rows or number > line.newest)
    if line is not None and is_usable and began < until:
        return line
    if is_usable:
        current_app.extensions[EXTENSION] = began + kept, line
    line = _query_snapshot()
    if kept:
        kept = max(kept, min(LOOK_SECONDS_MAX, (monotonic() - began) / COST_MAX))
    current_app.extensions[EXTENSION] = began + kept, line
    return line


def _query_snapshot() -> QueueSnapshot:
    """Look at all walks that wait. They are read as plain rows: of thousands, each costs some microseconds."""
    is_unopened = case(((Walk.state == QUEUED) & Walk.started_at.is_(None), 1), else_=0)
    columns = Walk.number, Walk.turn, Walk.start, Walk.asked, func.coalesce(Walk.passes, 0), is_unopened, Walk.state
    newest = db.session.scalar(select(func.max(Walk.number))) or 0  # first: who comes in between is counted as new
    rows = db.session.connection().execute(select(*columns).where(_waits()).order_by(*ORDER)).all()
    a_turn = turn_passes()
    numbers, turns, starts, works, spents, unopeneds, states = zip(*rows, strict=True) if rows else ((),) * 7
    turn, start, asked, spent, unopened = (
        np.array(column, np.int64) for column in (turns, starts, works, spents, unopeneds)
    )
    return QueueSnapshot(
        painter_pool(),
        not jobs.redis_answers(),
        _served(db.session()),
        a_turn,
        states.count(QUEUED),
        newest,
        dict(zip(numbers, range(len(rows)), strict=True)),
        turn,
        start,
        at=start + np.minimum(spent, asked),
        left=np.maximum(0, asked - spent),
        unopened=np.concatenate(([0], np.cumsum(unopened))),
    )


def _estimate_by_own_pace(walk: Walk | Row[Any]) -> float | None:
    """Tell of the very first walk how long it will take, once some of its frames are painted."""
    if not walk.painted_count or not walk.started_at:
        return None
    took = (now() - walk.started_at).total_seconds()
    return (walk.frames - walk.painted_count) * took / walk.painted_count


def _pace() -> float | None:
    """Return the median of the last walks' seconds for each pass of the model; repeats took neither."""
    recent = (
        select(Walk.passes, Walk.asked, Walk.paint_seconds)
        .where(Walk.state == FINISHED, Walk.paint_seconds.is_not(None), Walk.repeat_of.is_(None))
        .order_by(Walk.finished_at.desc())
        .limit(RECENT)
    )
    paces = [row.paint_seconds / passes for row in db.session.execute(recent) if (passes := row.passes or row.asked)]
    return statistics.median(paces) if paces else None
