"""Unfit pictures are painted again before anybody sees them: a frame a little way off, a stop from another seed.

Where they were painted in the end stands on the walk, in its positions, levels and seeds, and so in its recipe: to
repaint it nobody has to look at the pictures again.
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

from app.storage.database import now, writing
from app.storage.walk_models import REFUSED, STOPS, Frame, Medium, Stop, Walk
from worker.pieces.painting import WalkInProgress
from worker.planning.latent_state import Painted
from worker.process.worker import this_worker
from worker.queue.leases import Claim, suspend_tasks, write_as_holder

ASIDE = (0.1, -0.1, 0.2, -0.2, 0.3, -0.3, 0.45, -0.45)
"""How far off a frame is tried again, in parts of the gap to its neighbour: two that move never meet."""

SEEDS = 4
"""How many other seeds a stop is tried from."""

SEED_STEP, SEED_MAX = 0x9E3779B9, 2**32
TILES = 4

Picture = NDArray[np.uint8]


class Unfit(Exception):
    """No picture of a stop, or of a stretch between two, is fit to be shown: the walk is refused."""


@dataclass(slots=True)
class Mended:
    """What is other than it was planned: where frames were painted, by where they were to be, and seeds of stops."""

    positions: dict[float, float] = field(default_factory=dict)
    seeds: dict[int, int] = field(default_factory=dict)


def fit(painting: WalkInProgress, painted: Sequence[Painted]) -> tuple[list[Painted], Mended]:
    """Return a batch in which every picture may be shown, and what had to be changed for it.

    :raises Unfit: when there is no such picture anywhere near.
    """
    mended = Mended()
    if flagged := _flagged(painted):
        if painting.levels[painting.claim.level].kind == STOPS:
            return _from_other_seeds(painting, painted, flagged, mended), mended
        return _aside(painting, painted, flagged, mended), mended
    return list(painted), mended


def record(session: Session, painting: WalkInProgress, mended: Mended) -> None:
    """Write on the walk, which the caller's transaction holds, where its pictures were painted."""
    number = painting.claim.walk_number
    for stop, seed in mended.seeds.items():
        session.execute(update(Stop).where(Stop.walk_number == number, Stop.position == stop).values(seed=seed))
    if mended.positions:
        row = session.execute(select(Walk.levels, Walk.positions).where(Walk.number == number)).one()
        values: dict[str, Any] = {"positions": _moved(row.positions, mended.positions)}
        if row.levels:
            values["levels"] = [
                level | {"positions": _moved(level["positions"], mended.positions)}
                if place == painting.claim.level
                else level
                for place, level in enumerate(row.levels)
            ]
        session.execute(update(Walk).where(Walk.number == number).values(**values))


def refuse(claim: Claim, reason: str) -> None:
    """End the piece's walk as refused, with the reason, call everybody else off it, and show nothing more of it.

    :raises LeaseLost: when the piece is no longer ours.
    """
    with writing() as session:
        write_as_holder(session, claim, state=REFUSED, error=reason, finished_at=now(), painted_count=0, passes=None)
        suspend_tasks(session, claim.walk_number)
        session.execute(delete(Frame).where(Frame.walk_number == claim.walk_number))
        session.execute(delete(Medium).where(Medium.walk_number == claim.walk_number))


def veiled(pictures: Sequence[Picture]) -> list[Picture]:
    """Return pictures of which those that are unfit show a few large tiles only."""
    flagged = this_worker().pictures.flags(pictures)
    return [_tiles(picture) if is_unfit else picture for picture, is_unfit in zip(pictures, flagged, strict=True)]


def _flagged(painted: Sequence[Painted]) -> list[float]:
    shown = [(each.position, each.picture) for each in painted if each.picture is not None]
    found = this_worker().pictures.flags([picture for _, picture in shown])
    return [position for (position, _), is_unfit in zip(shown, found, strict=True) if is_unfit]


def _from_other_seeds(
    painting: WalkInProgress, painted: Sequence[Painted], flagged: Sequence[float], mended: Mended
) -> list[Painted]:
    """Paint stops again, each from one seed after another; those that are fit stay as they are."""
    walk, again = painting.walk, list(painted)
    begun = {int(position): walk.seed_of(walk.stops[int(position)]) for position in flagged}
    for attempt in range(1, SEEDS + 1):
        for position in flagged:
            mended.seeds[int(position)] = (begun[int(position)] + attempt * SEED_STEP) % SEED_MAX
            set_committed_value(walk.stops[int(position)], "seed", mended.seeds[int(position)])
        again = painting.paint(painting.claim.level, painting.claim.batch)
        if not (flagged := _flagged(again)):
            return again
    raise Unfit(
        f"Stop {int(flagged[0]) + 1} came out unfit to be shown, from each seed that was tried. "
        "Other words may mend it."
    )


def _aside(
    painting: WalkInProgress, painted: Sequence[Painted], flagged: Sequence[float], mended: Mended
) -> list[Painted]:
    """Paint the whole batch again with what is flagged a little way off, as whoever repaints the walk will."""
    number, walk, again = painting.claim.level, painting.walk, list(painted)
    level, film = painting.levels[number], list(walk.positions or [])
    wanted = {position: position for position in flagged}  # where it is by now, and where it was to be
    for share in ASIDE:
        for position in list(wanted.values()):
            mended.positions[position] = _beside(position, share, film, painting)
        painting.levels[number] = replace(level, positions=tuple(_moved(level.positions, mended.positions)))
        again = painting.paint(number, painting.claim.batch)
        origins = {now: was for was, now in mended.positions.items()}
        wanted = {position: origins.get(position, position) for position in _flagged(again)}
        if not wanted:
            set_committed_value(walk, "positions", _moved(film, mended.positions))
            return again
    one = int(min(wanted.values())) + 1
    raise Unfit(
        f"What lies between stops {one} and {one % painting.stops + 1} came out unfit to be shown. "
        "Other words may mend it."
    )


def _beside(position: float, share: float, film: Sequence[float], painting: WalkInProgress) -> float:
    """Return a place part of the way to the next frame of the film, or with a negative share to the one before."""
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
