"""Opening the next level of a walk: whoever completes a level's last piece does it, in the same transaction.

What opens is planned before that transaction, from thumbnails that may have to be read first; so it is asked twice
whether the level is complete: once to know whether to plan, and once, the walk locked, to know whether to open.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.queue import fair_queue, jobs, pieces
from app.storage.database import db
from app.storage.walk_models import FILM, PIECE_DONE, ROUND, Frame, Piece, Walk
from worker.pieces.painting import WalkInProgress
from worker.planning import level_plan
from worker.planning.level_plan import Level
from worker.process.worker import this_worker
from worker.queue import leases


class NotPlanned(Exception):
    """A level turned out to be complete, and what follows it was not planned."""


@dataclass(frozen=True, slots=True)
class NextLevel:
    """What follows a level: another one, or the film; with the walk's positions where they are known by it."""

    number: int
    level: Level | None
    is_recorded: bool
    positions: tuple[float, ...] | None


def plan_next(painting: WalkInProgress) -> NextLevel | None:
    """Plan what opens when this piece is done; ``None`` while others are still at the level.

    :raises LeaseLost: when the piece is no longer ours: of a walk that was deleted nothing is undone either.
    """
    leases.check_lease(db.session(), painting.claim)
    level = painting.levels[painting.claim.level]
    if len(level.batches) > 1 and db.session.scalar(_undone(painting)):
        return None
    return _plan(painting)


def open_next(session: Session, painting: WalkInProgress, following: NextLevel | None) -> None:
    """Open what was planned if this piece, which is done in the caller's transaction, was the last of its level.

    :raises NotPlanned: when it was, and nothing is planned.
    """
    level = painting.levels[painting.claim.level]
    if len(level.batches) > 1 and session.scalar(_undone(painting)):
        return
    if following is None:
        raise NotPlanned
    values: dict[str, Any] = {}
    if following.level is not None and not following.is_recorded:
        values["levels"] = [*(painting.walk.levels or []), following.level.to_json()]
    if following.positions is not None and painting.walk.positions is None:
        values["positions"] = list(following.positions)
        _set_right(session, painting, following.positions)
    if values:
        session.execute(update(Walk).where(Walk.number == painting.claim.walk_number).values(**values))
    levels = painting.levels[: following.number]
    insert_pieces(session, painting.walk, [*levels, following.level] if following.level else levels, following.number)


def insert_pieces(session: Session, walk: Walk, levels: Sequence[Level], number: int, *, first: int = 0) -> None:
    """Put the pieces of a level in the queue, from its ``first`` batch on; behind the last level, the film.

    Each has the turn in which the walk is when all before it is painted. A film takes no passes: it belongs to the turn
    of the last frame. Behind all the others' frames of that turn it would make who is done wait for each of them, and
    before their first pictures a newcomer wait for a picture and a film of each. So it comes in between.
    """
    start, spent, ticket = session.execute(
        select(Walk.start, func.coalesce(Walk.passes, 0), Walk.ticket).where(Walk.number == walk.number)
    ).one()
    a_turn, at = fair_queue.turn_passes(), start + spent
    place = {"walk_number": walk.number, "urgency": pieces.WALK, "ticket": ticket}
    rows = []
    if number == len(levels):
        rows.append(place | {"kind": FILM, "level": 1, "batch": 0, "turn": max(start, at - 1) // a_turn})
    else:
        level = levels[number]
        a_picture = level_plan.count_evaluations(levels[: number + 1], _sampling(walk))
        for batch, pictures in enumerate(level.batches):
            if batch >= first:
                rows.append(place | {"kind": level.kind, "level": number, "batch": batch, "turn": at // a_turn})
            at += a_picture * len(pictures)
    if rows:
        session.execute(insert(Piece), rows)


def _sampling(walk: Walk) -> Mapping[str, Any]:
    return walk.sampling or {"steps": walk.sampler_steps, "guidance": walk.guidance}


def wake_workers(following: NextLevel) -> None:
    """Notify as many workers as can help that there is work; the one that opened the level goes on by itself."""
    batches = 1 if following.level is None else len(following.level.batches)
    for _ in range(min(batches, this_worker().fleet.count) - 1):
        jobs.notify_workers()


def _undone(painting: WalkInProgress) -> Any:
    claim = painting.claim
    return select(func.count()).where(
        Piece.walk_number == claim.walk_number,
        Piece.kind == claim.kind,
        Piece.level == claim.level,
        Piece.number != claim.number,
        Piece.state != PIECE_DONE,
    )


def _plan(painting: WalkInProgress) -> NextLevel:
    walk, levels = painting.walk, painting.levels
    number = painting.claim.level + 1
    if number < len(levels):
        return NextLevel(number, levels[number], is_recorded=True, positions=None)
    level = level_plan.following(
        levels,
        painting.thumbnails(),
        stops=painting.stops,
        frames=walk.frames,
        sampling=painting.sampling,
        batch=int(walk.batch or 1),
        workers=this_worker().fleet.for_walk(walk.number),
        closed=painting.is_closed,
        easing=walk.easing,
        forward=painting.is_leg,
    )
    positions = level_plan.settled(levels if level is None else [*levels, level], walk.frames)
    return NextLevel(number, level, is_recorded=False, positions=positions)


def _set_right(session: Session, painting: WalkInProgress, positions: Sequence[float]) -> None:
    """Give the stops, which were painted before anybody knew where in the film they stand, their final places."""
    places = {position: index for index, position in enumerate(positions)}
    ranks = ranks_of(painting.walk, places)
    columns = (Frame.walk_number, Frame.index, Frame.position, Frame.path, Frame.bytes)
    where = Frame.walk_number == painting.claim.walk_number
    rows = [dict(row) for row in session.execute(select(*columns).where(where)).mappings()]
    if all(row["index"] == places[row["position"]] for row in rows):
        return
    session.execute(delete(Frame).where(where).execution_options(synchronize_session=False))
    for row in rows:
        row["index"] = places[row["position"]]
        row["rank"] = ranks[row["index"]]
    session.execute(insert(Frame), rows)


def places_of(walk: Walk, stops: int) -> Mapping[float, int]:
    """Map positions to places in the film; of the stops, while nothing else is known, to where they may come to be."""
    if walk.positions is not None:
        return {position: index for index, position in enumerate(walk.positions)}
    last, legs = (walk.frames, stops) if walk.ending == ROUND else (walk.frames - 1, stops - 1)
    return {float(stop): math.floor(stop * last / legs + 0.5) for stop in range(stops)}


def ranks_of(walk: Walk, places: Mapping[float, int]) -> dict[int, int]:
    """Map the places of frames to how late they come by halving: 0 the stops, 1 the middles, 2 the quarters …"""
    ends = sorted(place for position, place in places.items() if float(position).is_integer())
    ranks = dict.fromkeys(ends, 0)
    gaps = list(pairwise([*ends, walk.frames] if walk.ending == ROUND else ends))
    for rank in itertools.count(1):
        middles = [(left, (left + right) // 2, right) for left, right in gaps if right - left > 1]
        if not middles:
            return ranks
        ranks |= {middle: rank for _, middle, _ in middles}
        gaps = [half for left, middle, right in middles for half in ((left, middle), (middle, right))]
    return ranks
