"""The next pass (level) of a walk: the worker that completes a pass enqueues the tasks of the next one.

The next pass is planned before the transaction that completes a task, because thumbnails may have to be loaded. So the
code checks twice whether the pass is complete: before planning, and in the transaction, with the walk locked.
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
from sqlalchemy.orm.attributes import set_committed_value

from app.storage.database import db
from app.storage.task_kinds import FILM, WALK
from app.storage.walk_models import PIECE_DONE, ROUND, Frame, Task, Walk
from app.walks.queue import jobs
from worker.planning import pass_plan
from worker.planning.pass_plan import Pass
from worker.process.worker import this_worker
from worker.queue import leases
from worker.tasks import music_plan
from worker.tasks.music_plan import MusicPlan
from worker.tasks.painting import WalkInProgress


class NotPlanned(Exception):
    """The pass is complete, but the next one was not planned."""


@dataclass(frozen=True, slots=True)
class NextPass:
    """The work after a pass: another pass, or the film where `level` is None; and all frame positions, once known.

    `holds` says for how many frame times each frame of a film set to a sound is shown.
    """

    number: int
    level: Pass | None
    is_recorded: bool
    positions: tuple[float, ...] | None
    holds: tuple[int, ...] | None = None


def plan_next(painting: WalkInProgress) -> NextPass | None:
    """Return what follows when this task is done; ``None`` while other tasks of the pass are not done.

    :raises LeaseLost: when this worker no longer holds the task. A deleted walk has no open tasks and looks complete.
    """
    leases.check_lease(db.session(), painting.claim)
    level = painting.levels[painting.claim.level]
    if len(level.batches) > 1 and db.session.scalar(_open_tasks(painting)):
        return None
    return _plan(painting)


def open_next(session: Session, painting: WalkInProgress, following: NextPass | None) -> None:
    """Enqueue the planned work if this task, which the caller's transaction completes, was the last of its pass.

    :raises NotPlanned: when it was the last, and ``following`` is None.
    """
    level = painting.levels[painting.claim.level]
    if len(level.batches) > 1 and session.scalar(_open_tasks(painting)):
        return
    if following is None:
        raise NotPlanned
    values: dict[str, Any] = {}
    if following.level is not None and not following.is_recorded:
        values["levels"] = [*(painting.walk.levels or []), following.level.to_json()]
    if following.positions is not None and painting.walk.positions is None:
        values["positions"] = list(following.positions)
        if following.holds is not None:  # the pictures may be fewer than were planned at most
            values |= {"holds": list(following.holds), "frames": len(following.holds)}
            set_committed_value(painting.walk, "frames", len(following.holds))
        _reindex_stops(session, painting, following.positions)
    if values:
        session.execute(update(Walk).where(Walk.number == painting.claim.walk_number).values(**values))
    levels = painting.levels[: following.number]
    planned = [*levels, following.level] if following.level else levels
    enqueue_tasks(session, painting.walk, planned, following.number, a_turn=painting.turn)


def enqueue_tasks(
    session: Session, walk: Walk, levels: Sequence[Pass], number: int, *, a_turn: int, first: int = 0
) -> None:
    """Enqueue the tasks of pass ``number``, from its ``first`` batch on; after the last pass, enqueue the film.

    ``a_turn`` is the number of UNet evaluations of one turn. A task's turn is the one that the walk has reached when
    all tasks before it are done. A film needs no UNet evaluations and belongs to the turn of the last frame. Its level
    is 1: after the first pictures of other walks in that turn, or a new walk would wait for films; before their frames,
    or a finished walk would wait for all of them.
    """
    start, spent, ticket = session.execute(
        select(Walk.virtual_start, func.coalesce(Walk.evaluations, 0), Walk.ticket).where(Walk.number == walk.number)
    ).one()
    at = start + spent
    common = {"walk_number": walk.number, "urgency": WALK, "ticket": ticket}
    rows = []
    if number == len(levels):
        rows.append(common | {"kind": FILM, "level": 1, "batch": 0, "turn": max(start, at - 1) // a_turn})
    else:
        level = levels[number]
        a_picture = pass_plan.count_evaluations(levels[: number + 1], _sampling(walk))
        for batch, pictures in enumerate(level.batches):
            if batch >= first:
                rows.append(common | {"kind": level.kind, "level": number, "batch": batch, "turn": at // a_turn})
            at += a_picture * len(pictures)
    if rows:
        session.execute(insert(Task), rows)


def _sampling(walk: Walk) -> Mapping[str, Any]:
    return walk.sampling or {"steps": walk.sampler_steps, "guidance": walk.guidance}


def wake_workers(following: NextPass) -> None:
    """Notify as many other workers as there are batches for; this worker continues by itself."""
    batches = 1 if following.level is None else len(following.level.batches)
    for _ in range(min(batches, this_worker().fleet.count) - 1):
        jobs.notify_workers()


def _open_tasks(painting: WalkInProgress) -> Any:
    claim = painting.claim
    return select(func.count()).where(
        Task.walk_number == claim.walk_number,
        Task.kind == claim.kind,
        Task.level == claim.level,
        Task.number != claim.number,
        Task.state != PIECE_DONE,
    )


def _plan(painting: WalkInProgress) -> NextPass:
    walk, levels = painting.walk, painting.levels
    number = painting.claim.level + 1
    if number < len(levels):
        return NextPass(number, levels[number], is_recorded=True, positions=None)
    plan = None if walk.sound_digest is None else MusicPlan(walk)
    level = pass_plan.following(
        levels,
        painting.thumbnails(),
        stops=painting.stops,
        frames=music_plan.planned_frames(walk),
        sampling=painting.sampling,
        batch=int(walk.batch or 1),
        workers=this_worker().fleet.for_walk(walk.number),
        closed=painting.is_closed,
        easing=walk.easing,
        forward=painting.is_leg,
        choose=None if plan is None else plan.choose,
    )
    if plan is not None:
        known = None if plan.pictures is None else plan.pictures.positions
        return NextPass(number, level, is_recorded=False, positions=known, holds=plan.holds)
    positions = pass_plan.settled(levels if level is None else [*levels, level], walk.frames)
    return NextPass(number, level, is_recorded=False, positions=positions)


def _reindex_stops(session: Session, painting: WalkInProgress, positions: Sequence[float]) -> None:
    """Set the final frame indices of the stops, which were generated before all positions were known."""
    places = {position: index for index, position in enumerate(positions)}
    ranks = frame_ranks(painting.walk, places)
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


def frame_indices(walk: Walk, stops: int) -> Mapping[float, int]:
    """Return frame indices by position; before all positions are known, the estimated indices of the stops."""
    if walk.positions is not None:
        return {position: index for index, position in enumerate(walk.positions)}
    last, legs = (walk.frames, stops) if walk.ending == ROUND else (walk.frames - 1, stops - 1)
    return {float(stop): math.floor(stop * last / legs + 0.5) for stop in range(stops)}


def frame_ranks(walk: Walk, places: Mapping[float, int]) -> dict[int, int]:
    """Return the rank of each frame index by repeated halving: 0 for stops, 1 for middles, 2 for quarters and so on."""
    ends = sorted(common for position, common in places.items() if float(position).is_integer())
    ranks = dict.fromkeys(ends, 0)
    gaps = list(pairwise([*ends, walk.frames] if walk.ending == ROUND else ends))
    for rank in itertools.count(1):
        middles = [(left, (left + right) // 2, right) for left, right in gaps if right - left > 1]
        if not middles:
            return ranks
        ranks |= {middle: rank for _, middle, _ in middles}
        gaps = [half for left, middle, right in middles for half in ((left, middle), (middle, right))]
    return ranks
