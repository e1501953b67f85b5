"""The line in front of the painters: whose turn it is, one's place in it, and the time that is left.

Turns are start-time fair queueing: a visitor's first waiting walk gets the turn that is being served, each further one
the turn after their last. Within a turn, tickets say who came first. Walks are painted by (turn, ticket). As the served
turn never falls and tickets only rise, nobody who comes later overtakes a visitor's first waiting walk, and nobody's
sixty walks keep another visitor waiting.

A place counts the walks ahead that nobody has begun. One that was begun and lost its worker is painted next, as if it
had never left the easel, so that a place does not get worse by it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import ColumnElement, case, func, select, tuple_
from sqlalchemy.orm import Session

from app import queue
from app.database import db, now, take_turns
from app.models import FINISHED, PAINTING, QUEUED, WAITING, Walk

RECENT = 20  # finished walks from whose pace the time left is told
ORDER = (Walk.turn, Walk.ticket, Walk.number)  # tickets may be equal where two were drawn at the same instant
PASSES = case((Walk.guidance > 1, 2), else_=1)  # guidance asks the model twice for each step


@dataclass(frozen=True, slots=True)
class Crew:
    """What an estimate rests on: how many painters are at work, and the seconds they take for one pass of one frame.

    No painters means that none is known to live; no pace, that nothing was painted yet.
    """

    painters: int
    pace: float | None

    def seconds(self, passes: float) -> float | None:
        """Return how long one of them takes for so many passes."""
        return None if self.pace is None else passes * self.pace


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting walk stands: its position (1 is next; ``None`` once it is begun) and the seconds left.

    ``painters`` is how many were counted on for the seconds; they are not told where there is none.
    """

    position: int | None
    seconds: float | None
    may_be_overtaken: bool = False
    painters: int | None = None


def join(session: Session, visitor: str) -> tuple[int, int]:
    """Return turn and ticket of a walk that ``visitor`` puts in line now; who asks at once waits for the commit."""
    take_turns(session)  # else walks asked for at once would share a turn, and sixty of them overtake everybody
    waiting = Walk.state.in_(WAITING)
    serving, last = session.execute(select(func.min(Walk.turn), func.max(Walk.ticket)).where(waiting)).one()
    own = session.scalar(select(func.max(Walk.turn)).where(Walk.state == QUEUED, Walk.visitor == visitor))
    serving = serving or 0
    return serving if own is None else max(serving, own + 1), (last or 0) + 1


def crew() -> Crew:
    """Look who is painting, and how fast the last walks were painted."""
    at_work = db.session.scalar(select(func.count()).where(Walk.state == PAINTING)) or 0
    return Crew(max(len(queue.workers()), at_work), _pace())


def place(walk: Walk, painters: Crew | None = None) -> Place:
    """Tell where ``walk`` stands and how long it will take; ``painters`` spares another look at them."""
    if not walk.is_waiting:
        return Place(None, None)
    painters = painters or crew()
    if walk.state == PAINTING:
        return Place(None, _left(walk, painters), painters=painters.painters)
    before = tuple_(*ORDER) < (walk.turn, walk.ticket, walk.number)
    count = db.session.scalar(select(func.count()).where(Walk.state == QUEUED, Walk.started_at.is_(None), before)) or 0
    serving = db.session.scalar(select(func.min(Walk.turn)).where(Walk.state.in_(WAITING)))
    own = (walk.frames - walk.painted_count) * passes_per_frame(walk.sampler_steps, walk.guidance)
    seconds = _until(painters, own, Walk.state == QUEUED, before)
    return Place(count + 1, seconds, walk.turn > (serving or 0), painters.painters)


def waiting(frames: int, *, steps: int | None = None, guidance: float | None = None) -> tuple[int, float | None]:
    """Return how many walks wait, and the seconds that a walk of ``frames`` frames would take if asked for now."""
    config = current_app.config
    own = frames * passes_per_frame(steps or config["STEPS"], config["GUIDANCE"] if guidance is None else guidance)
    count = db.session.scalar(select(func.count()).where(Walk.state == QUEUED)) or 0
    return count, _until(crew(), own, Walk.state == QUEUED)


def passes_per_frame(steps: int, guidance: float) -> int:
    """Count how often the model is asked for one frame."""
    return steps * (2 if guidance > 1 else 1)


def seconds_per_frame() -> float | None:
    """Return the pace of the last finished walks for a frame with the usual settings; ``None`` before the first."""
    config = current_app.config
    return Crew(1, _pace()).seconds(passes_per_frame(config["STEPS"], config["GUIDANCE"]))


def _pace() -> float | None:
    """Return the median of the last finished walks' seconds for each pass of the model."""
    rows = db.session.execute(
        select(Walk.paint_seconds, Walk.frames * Walk.sampler_steps * PASSES)
        .where(Walk.state == FINISHED, Walk.paint_seconds.is_not(None))
        .order_by(Walk.finished_at.desc())
        .limit(RECENT)
    ).all()
    return statistics.median(seconds / passes for seconds, passes in rows) if rows else None


def _until(painters: Crew, own: int, *ahead: ColumnElement[bool]) -> float | None:
    """Estimate when a walk of ``own`` passes is done: what is on the easels and ahead is shared by all painters.

    That is what the line takes if they share it evenly; nobody waits longer than that for a painter to be free.
    """
    if not painters.painters:
        return None
    busy, on_easels = _work(Walk.state == PAINTING)
    count, before = _work(*ahead)
    wait = 0.0 if busy + count < painters.painters else (on_easels + before) / painters.painters
    return painters.seconds(wait + own)


def _work(*conditions: ColumnElement[bool]) -> tuple[int, int]:
    """Count walks, and the passes that they still lack."""
    lacking = (Walk.frames - Walk.painted_count) * Walk.sampler_steps * PASSES
    count, passes = db.session.execute(
        select(func.count(), func.coalesce(func.sum(lacking), 0)).where(*conditions)
    ).one()
    return count, int(passes)


def _left(walk: Walk, painters: Crew) -> float | None:
    left = walk.frames - walk.painted_count
    if painters.pace is None and walk.painted_count and walk.started_at:
        return left * (now() - walk.started_at).total_seconds() / walk.painted_count
    return painters.seconds(left * passes_per_frame(walk.sampler_steps, walk.guidance))
