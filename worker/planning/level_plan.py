"""Plan a walk: in which levels it is painted, what each starts from, and in which batches.

A frame's early solver steps are the expensive, guided ones, and nearly the same for its neighbours. So a walk is a
tree: first its stops, then *knots*, pictures in between that are painted to a depth of the solver's steps only and
shown to nobody; their thumbnails pace the film, and its frames start from the blend of the two knots on either side and
take the remaining steps. Unless it is short a film has a second rung of knots, where the first one's pictures differ
most, and these branch as well. Where a walk does not branch, knots only pace it: they and the frames begin from their
noise. Compare latent blending (Stegmaier, 2022), which grows such a tree one picture at a time; here a level is painted
in batches, which workers share.

Pure arithmetic on numbers and arrays: the same levels follow from the same thumbnails, and what is recorded of them
(JSON) is all that a repaint needs. Positions are as in `frame_schedule`; in a closed walk the last leg leads back to
stop 0.
"""

import bisect
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.generation.cost import PAIR, area, of_frame, rungs
from worker.planning import frame_schedule, pacing

Kind = Literal["stops", "knots", "frames"]

Thumbnails = Mapping[float, Mapping[int, NDArray[np.float32]]]
"""The thumbnails of stops and knots: by position, then by the depth they were taken at."""

FIRST = 8
"""How many frames the first batch holds at most: a film that grows early is worth a batch that is less than best."""


@dataclass(frozen=True, slots=True)
class Level:
    """What can be painted at the same time: its positions, the solver step each goes to, and its batches.

    `batches` are indices into `positions`, in the order of painting; a batch smaller than `pad` is filled up to it.
    """

    kind: Kind
    positions: tuple[float, ...]
    until: int
    batches: tuple[tuple[int, ...], ...]
    pad: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return what is recorded of a level."""
        batches = [list(batch) for batch in self.batches]
        positions = list(self.positions)
        return {"kind": self.kind, "positions": positions, "until": self.until, "batches": batches, "pad": self.pad}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Level":
        """Read a recorded level. Raises KeyError, TypeError or ValueError for what is none."""
        if data["kind"] not in ("stops", "knots", "frames"):
            raise ValueError(f"a level is of stops, knots or frames, not of {data['kind']!r:.40}")
        batches = tuple(tuple(map(int, batch)) for batch in data["batches"])
        positions = tuple(map(float, data["positions"]))
        if sorted(index for batch in batches for index in batch) != list(range(len(positions))):
            raise ValueError("the batches of a level hold each of its positions once")
        return cls(data["kind"], positions, int(data["until"]), batches, int(data.get("pad", 1)))


@dataclass(frozen=True, slots=True)
class Knot:
    """Where a state is found: the number of the level that painted it, and its position."""

    level: int
    position: float


@dataclass(frozen=True, slots=True)
class Between:
    """What a picture starts from: the states of two knots at `depth`, blended at `t` (0 is `left`)."""

    depth: int
    left: Knot
    right: Knot
    t: float


def following(
    done: Sequence[Level],
    thumbnails: Thumbnails,
    *,
    stops: int,
    frames: int,
    sampling: Mapping[str, Any],
    batch: int,
    workers: int = 1,
    closed: bool = False,
    easing: bool = False,
    forward: bool = False,
) -> Level | None:
    """Return the level that follows those that are done; None when the film has all its frames.

    Frames are batched coarse to fine, or, ``forward``, in the order of the film, to be shown as they come.

    `thumbnails` are needed of the stops and of the last knots, at the depth of those knots. `sampling` is what
    `app.generation.presets.resolve` returned. Raises ValueError for fewer frames than stops.
    """
    if frames < stops:
        raise ValueError(f"a walk of {stops} stops needs at least {stops} frames, not {frames}")
    if not done:
        return Level("stops", tuple(map(float, range(stops))), sampling["steps"], _pairs(stops), pad=PAIR)
    if done[-1].kind == "frames" or frames == stops:
        return None
    legs = stops if closed else stops - 1
    ladder = rungs(sampling, legs=legs, between=frames - stops)
    climbed = sum(level.kind == "knots" for level in done)
    if climbed < len(ladder):
        depth, count = ladder[climbed]
        knots = _uniform(legs, count) if not climbed else _finer(done, thumbnails, stops, closed, count * legs)
        return Level("knots", knots, depth, _of_knots(knots, done[-1], batch, workers, branches=sampling["branches"]))
    positions = _placed(done, thumbnails, stops=stops, frames=frames, closed=closed, easing=easing)
    return _frames(positions, stops, sampling["steps"], batch, workers, closed=closed, forward=forward)


def count_evaluations(levels: Sequence[Level], sampling: Mapping[str, Any]) -> int:
    """Count the passes that a picture of the last of these levels takes."""
    *others, last = levels
    is_begun = sampling.get("branches") and last.kind != "stops" and others and others[-1].kind == "knots"
    before = others[-1].until if is_begun else 0
    return area(sampling) * of_frame(sampling, before, last.until)


def levels_of_recipe(positions: Sequence[float], stops: int, steps: int, size: int) -> list[Level]:
    """Return the levels of a recipe that knows only positions and a batch size: every frame in full, from its noise."""
    batches = frame_schedule.batches(positions, stops, size)
    of_stops = math.ceil(stops / size)
    levels: list[Level] = []
    for kind, part in (("stops", batches[:of_stops]), ("frames", batches[of_stops:])):
        indices = sorted(index for batch in part for index in batch)
        place = {index: i for i, index in enumerate(indices)}
        where = tuple(positions[index] for index in indices)
        layout = tuple(tuple(place[index] for index in batch) for batch in part)
        if indices:
            levels.append(Level("stops" if kind == "stops" else "frames", where, steps, layout))
    return levels


def settled(levels: Sequence[Level], frames: int) -> tuple[float, ...] | None:
    """Return the positions of all frames, in film order; None while they are not yet known."""
    positions = sorted({position for level in levels if level.kind != "knots" for position in level.positions})
    return tuple(positions) if len(positions) == frames else None


def kept_depths(level: Level, sampling: Mapping[str, Any], *, frames: int, closed: bool = False) -> tuple[int, ...]:
    """Return the depths at which a level's states and thumbnails are kept for those that start from them.

    Of the stops, those of the rungs that a film of so many frames climbs: a thumbnail that nobody asks for is a decode.
    """
    if level.kind == "stops":
        stops = len(level.positions)
        if frames <= stops:
            return ()
        legs = stops if closed else stops - 1
        return tuple(depth for depth, _ in rungs(sampling, legs=legs, between=frames - stops))
    return (level.until,) if level.kind == "knots" else ()


def find_start(level: int, levels: Sequence[Level], position: float, sampling: Mapping[str, Any]) -> Between | None:
    """Say what the picture at `position` of `levels[level]` starts from; None is its noise.

    The last knots painted before it, and the stops, are there to start from; a knot of a further rung that is one of
    them already goes on from itself, and is the only picture that starts from any where the walk does not branch.
    """
    kind = levels[level].kind
    rung = max((i for i in range(level) if levels[i].kind == "knots"), default=None)
    if kind == "stops" or rung is None:
        return None
    if not sampling["branches"] and (kind == "frames" or position not in levels[rung].positions):
        return None
    stops = levels[0].positions
    where = {knot: Knot(rung, knot) for knot in levels[rung].positions} | {stop: Knot(0, stop) for stop in stops}
    # A position beyond the last stop lies on the leg that leads back to the first; in an open walk there is none.
    where.setdefault(float(len(stops)), Knot(0, 0.0))
    ordered = sorted(where)
    right = bisect.bisect_left(ordered, position)
    left = right if ordered[right] == position else right - 1
    gap = ordered[right] - ordered[left]
    t = (position - ordered[left]) / gap if gap else 0.0
    return Between(levels[rung].until, where[ordered[left]], where[ordered[right]], t)


def _of_knots(
    knots: Sequence[float], before: Level, batch: int, workers: int, *, branches: bool
) -> tuple[tuple[int, ...], ...]:
    """Batch a rung's knots; without branching those that go on from themselves apart from those that begin anew."""
    if branches or before.kind != "knots":
        return _shared(range(len(knots)), batch, workers)
    there = set(before.positions)
    parts = ([i for i, knot in enumerate(knots) if (knot in there) is known] for known in (True, False))
    return tuple(chunk for part in parts for chunk in _shared(part, batch, workers))


def _pairs(stops: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(range(first, min(first + PAIR, stops))) for first in range(0, stops, PAIR))


def _uniform(legs: int, count: int) -> tuple[float, ...]:
    return tuple(leg + i / (count + 1) for leg in range(legs) for i in range(1, count + 1))


def _finer(done: Sequence[Level], thumbnails: Thumbnails, stops: int, closed: bool, count: int) -> tuple[float, ...]:
    """Keep the last rung's knots and add others where its pictures differ most."""
    positions, seen = _seen(done, thumbnails, stops, closed)
    added = pacing.widest(positions, pacing.gaps(seen), count - len(done[-1].positions))
    return tuple(sorted((*done[-1].positions, *added)))


def _seen(
    done: Sequence[Level], thumbnails: Thumbnails, stops: int, closed: bool
) -> tuple[list[float], list[NDArray[np.float32]]]:
    """Return the positions and thumbnails of the stops and the last knots, in order, all taken at the same depth."""
    depth = done[-1].until
    positions = sorted((*map(float, range(stops)), *done[-1].positions))
    seen = [thumbnails[position][depth] for position in positions]
    return ([*positions, float(stops)], [*seen, seen[0]]) if closed else (positions, seen)


def _placed(
    done: Sequence[Level], thumbnails: Thumbnails, *, stops: int, frames: int, closed: bool, easing: bool
) -> tuple[float, ...]:
    positions, seen = _seen(done, thumbnails, stops, closed)
    return pacing.place(positions, seen, stops=stops, frames=frames, closed=closed, easing=easing)


def _frames(
    positions: Sequence[float], stops: int, steps: int, batch: int, workers: int, *, closed: bool, forward: bool
) -> Level:
    """Batch the frames that are no stops, coarse to fine: at equal distances, their numbers tell the gaps."""
    ring = (*positions, float(stops)) if closed else tuple(positions)
    ends = [i for i, position in enumerate(ring) if position.is_integer()]
    order = list(frame_schedule.coarse_to_fine(range(len(ring)), ends))
    inner = sorted(order)
    order = inner if forward else order
    place = {index: i for i, index in enumerate(inner)}
    batches = _shared([place[index] for index in order], batch, workers, first=FIRST)
    return Level("frames", tuple(ring[index] for index in inner), steps, batches)


def _shared(order: Sequence[int], batch: int, workers: int, *, first: int | None = None) -> tuple[tuple[int, ...], ...]:
    """Cut an order of painting into batches that are large, but leave one to each worker."""
    size = min(batch, math.ceil(len(order) / max(workers, 1)))
    head = min(size, first or size)
    return (*_chunks(order[:head], head), *_chunks(order[head:], size))


def _chunks(indices: Iterable[int], size: int) -> tuple[tuple[int, ...], ...]:
    """Cut into pieces of at most `size`, the larger ones first, none much smaller than the others."""
    todo = list(indices)
    if not todo:
        return ()
    pieces = math.ceil(len(todo) / size)
    share, remainder = divmod(len(todo), pieces)
    cuts = [0]
    for piece in range(pieces):
        cuts.append(cuts[-1] + share + (piece < remainder))
    return tuple(tuple(todo[a:b]) for a, b in itertools.pairwise(cuts))
