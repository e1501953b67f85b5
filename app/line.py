"""The line in front of the painter: whose turn it is, one's place in it, and the time that is left.

Turns are start-time fair queueing: a visitor's first waiting walk gets the turn that is being served, each further one
the turn after their last. Walks are painted by (turn, number). As the served turn never falls, nobody who comes later
overtakes a visitor's first waiting walk, and nobody's sixty walks keep another visitor waiting.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from app.database import db, now, take_turns
from app.models import FINISHED, PAINTING, QUEUED, WAITING, Walk

RECENT = 20  # finished walks from whose pace the time left is told


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting walk stands: its position (1 is next; ``None`` once it is painted) and the seconds left."""

    position: int | None
    seconds: float | None
    may_be_overtaken: bool = False


def next_turn(session: Session, visitor: str) -> int:
    """Return the turn of a walk that ``visitor`` commissions now; who asks at the same time waits for the commit."""
    take_turns(session)  # else walks asked for at once would share a turn, and sixty of them overtake everybody
    serving = session.scalar(select(func.min(Walk.turn)).where(Walk.state.in_(WAITING))) or 0
    own = session.scalar(select(func.max(Walk.turn)).where(Walk.state == QUEUED, Walk.visitor == visitor))
    return serving if own is None else max(serving, own + 1)


def place(walk: Walk) -> Place:
    """Tell where ``walk`` stands and how long it will take."""
    if not walk.is_waiting:
        return Place(None, None)
    pace = seconds_per_frame()
    if walk.state == PAINTING:
        return Place(None, _left(walk, pace))
    count, frames = _waiting(tuple_(Walk.turn, Walk.number) < (walk.turn, walk.number))
    own = db.session.scalar(
        select(func.count()).where(
            Walk.state == QUEUED, Walk.visitor == walk.visitor, Walk.turn < walk.turn, Walk.number < walk.number
        )
    )
    seconds = None if pace is None else _being_painted(pace) + (frames + walk.frames) * pace
    return Place(count + 1, seconds, may_be_overtaken=bool(own))


def waiting(frames: int) -> tuple[int, float | None]:
    """Return how many walks wait, and the seconds that a walk of ``frames`` frames would take if asked for now."""
    count, ahead = _waiting()
    pace = seconds_per_frame()
    return count, None if pace is None else _being_painted(pace) + (ahead + frames) * pace


def seconds_per_frame() -> float | None:
    """Return the median pace of the last finished walks, in seconds; ``None`` before the first."""
    rows = db.session.execute(
        select(Walk.paint_seconds, Walk.frames)
        .where(Walk.state == FINISHED, Walk.paint_seconds.is_not(None))
        .order_by(Walk.finished_at.desc())
        .limit(RECENT)
    ).all()
    return statistics.median(seconds / frames for seconds, frames in rows) if rows else None


def _waiting(*conditions: ColumnElement[bool]) -> tuple[int, int]:
    """Count the walks that wait, and their frames."""
    counted = select(func.count(), func.coalesce(func.sum(Walk.frames), 0)).where(Walk.state == QUEUED, *conditions)
    count, frames = db.session.execute(counted).one()
    return count, frames


def _being_painted(pace: float) -> float:
    walks = db.session.scalars(select(Walk).where(Walk.state == PAINTING)).all()
    return sum(_left(walk, pace) or 0.0 for walk in walks)


def _left(walk: Walk, pace: float | None) -> float | None:
    if pace is None and walk.painted_count and walk.started_at:
        pace = (now() - walk.started_at).total_seconds() / walk.painted_count
    return None if pace is None else (walk.frames - walk.painted_count) * pace
