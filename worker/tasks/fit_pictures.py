"""Replacement of unfit pictures before they are shown: a frame is moved a little, a stop gets another seed.

The final positions and seeds are stored on the walk and in its recipe, so repeating the walk needs no further check.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.core.text import stop_notes
from app.storage.database import now, writing
from app.storage.task_kinds import STOPS
from app.storage.walk_models import REFUSED, Frame, Medium, Stop, Walk
from worker.planning.latent_state import GeneratedFrame
from worker.process.worker import this_worker
from worker.queue.leases import Claim, suspend_tasks, write_as_holder
from worker.tasks import stop_changes
from worker.tasks.painting import WalkInProgress

ASIDE = (0.1, -0.1, 0.2, -0.2, 0.3, -0.3, 0.45, -0.45)
"""Offsets at which a frame is tried again, as shares of the gap to its neighbour; below 0.5, so frames never meet."""

SEEDS = 4
"""The number of other seeds that are tried for a stop."""

SEED_STEP, SEED_MAX = 0x9E3779B9, 2**32
TILES = 4

Picture = NDArray[np.uint8]


class Unfit(Exception):
    """All tried pictures of a stop, or between two stops, are unfit to be shown; the walk is refused."""


@dataclass(slots=True)
class Changes:
    """The changes to a walk's plan: the new positions of frames by their planned ones, and the new seeds of stops."""

    positions: dict[float, float] = field(default_factory=dict)
    seeds: dict[int, int] = field(default_factory=dict)


def replace_unfit(painting: WalkInProgress, painted: Sequence[GeneratedFrame]) -> tuple[list[GeneratedFrame], Changes]:
    """Return a batch in which every picture may be shown, and the changes that were necessary.

    :raises Unfit: when all tried positions or seeds give unfit pictures.
    """
    changes = Changes()
    if flagged := _flagged(painted):
        if painting.levels[painting.claim.level].kind == STOPS:
            return _try_other_seeds(painting, painted, flagged, changes), changes
        return _move_frames(painting, painted, flagged, changes), changes
    return list(painted), changes


def record_changes(session: Session, painting: WalkInProgress, changes: Changes) -> None:
    """Store the changes on the walk, which the caller's transaction has locked."""
    number = painting.claim.walk_number
    for stop, seed in changes.seeds.items():
        session.execute(update(Stop).where(Stop.walk_number == number, Stop.position == stop).values(seed=seed))
        stop_changes.add_note(session, number, stop, stop_notes.NEW_SEED)
    if changes.positions:
        row = session.execute(select(Walk.levels, Walk.positions).where(Walk.number == number)).one()
        values: dict[str, Any] = {"positions": _moved(row.positions, changes.positions)}
        if row.levels:
            values["levels"] = [
                level | {"positions": _moved(level["positions"], changes.positions)}
                if index == painting.claim.level
                else level
                for index, level in enumerate(row.levels)
            ]
        session.execute(update(Walk).where(Walk.number == number).values(**values))


def refuse(claim: Claim, reason: str) -> None:
    """Mark the task's walk as refused, with the reason, suspend its other tasks, and delete its frames and media rows.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    with writing() as session:
        write_as_holder(
            session, claim, state=REFUSED, error=reason, finished_at=now(), painted_count=0, evaluations=None
        )
        suspend_tasks(session, claim.walk_number)
        session.execute(delete(Frame).where(Frame.walk_number == claim.walk_number))
        session.execute(delete(Medium).where(Medium.walk_number == claim.walk_number))


def pixelate_unfit(pictures: Sequence[Picture]) -> list[Picture]:
    """Return the pictures, with unfit ones reduced to 4 x 4 tiles."""
    flagged = this_worker().pictures.flags(pictures)
    return [_tiles(picture) if is_unfit else picture for picture, is_unfit in zip(pictures, flagged, strict=True)]


def _flagged(painted: Sequence[GeneratedFrame]) -> list[float]:
    shown = [(each.position, each.picture) for each in painted if each.picture is not None]
    flags = this_worker().pictures.flags([picture for _, picture in shown])
    return [position for (position, _), is_unfit in zip(shown, flags, strict=True) if is_unfit]


def _try_other_seeds(
    painting: WalkInProgress, painted: Sequence[GeneratedFrame], flagged: Sequence[float], changes: Changes
) -> list[GeneratedFrame]:
    """Generate unfit stops again from other seeds; fit stops stay as they are.

    :raises Unfit: when a stop is still unfit after `SEEDS` other seeds.
    """
    walk, again = painting.walk, list(painted)
    begun = {int(position): walk.seed_of(walk.stops[int(position)]) for position in flagged}
    for attempt in range(1, SEEDS + 1):
        for position in flagged:
            changes.seeds[int(position)] = (begun[int(position)] + attempt * SEED_STEP) % SEED_MAX
            set_committed_value(walk.stops[int(position)], "seed", changes.seeds[int(position)])
        again = painting.paint(painting.claim.level, painting.claim.batch)
        if not (flagged := _flagged(again)):
            return again
    raise Unfit(
        f"Stop {int(flagged[0]) + 1} came out unfit to be shown, from each seed that was tried. "
        "Other words may mend it."
    )


def _move_frames(
    painting: WalkInProgress, painted: Sequence[GeneratedFrame], flagged: Sequence[float], changes: Changes
) -> list[GeneratedFrame]:
    """Generate the whole batch again with flagged frames moved, exactly as a repeat of the walk will.

    :raises Unfit: when a frame is still unfit at all offsets.
    """
    number, walk, again = painting.claim.level, painting.walk, list(painted)
    level, film = painting.levels[number], list(walk.positions or [])
    wanted = {position: position for position in flagged}  # current position -> planned position
    for share in ASIDE:
        for position in list(wanted.values()):
            changes.positions[position] = _offset_position(position, share, film, painting)
        painting.levels[number] = replace(level, positions=tuple(_moved(level.positions, changes.positions)))
        again = painting.paint(number, painting.claim.batch)
        origins = {now: was for was, now in changes.positions.items()}
        wanted = {position: origins.get(position, position) for position in _flagged(again)}
        if not wanted:
            set_committed_value(walk, "positions", _moved(film, changes.positions))
            return again
    one = int(min(wanted.values())) + 1
    raise Unfit(
        f"What lies between stops {one} and {one % painting.stops + 1} came out unfit to be shown. "
        "Other words may mend it."
    )


def _offset_position(position: float, share: float, film: Sequence[float], painting: WalkInProgress) -> float:
    """Return the position at a share of the gap to the next frame, or for a negative share to the previous one."""
    place = bisect.bisect_left(film, position)
    end = float(painting.stops if painting.is_closed else painting.stops - 1)
    neighbour = film[place - 1] if share < 0 else (*film, end)[place + 1]
    return position + abs(share) * (neighbour - position)


def _moved(positions: Sequence[float], moved: Mapping[float, float]) -> list[float]:
    return [moved.get(position, position) for position in positions]


def _tiles(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).resize((TILES, TILES), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.NEAREST))
