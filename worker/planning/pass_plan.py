"""The generation plan of a walk: its passes (levels), the batches of each, and the states that they start from.

A frame's early solver steps are the expensive, guided ones and nearly the same for its neighbours. So a walk is
generated as a tree of passes, which recipes call *levels*. The first pass generates the stops. The next one generates
intermediate samples (in recipes *knots*) up to a depth, in solver steps; they are never shown. Their thumbnails pace
the film, and its frames start from the blend of the samples on either side and take the remaining steps. Longer films
have a second pass of intermediate samples, placed where the pictures of the first differ most. In a walk that does not
branch, the samples only pace the film, and frames start from noise. Compare latent blending (Stegmaier, 2022), which
grows such a tree picture by picture; here workers share the batches of a pass.

Pure arithmetic: the same thumbnails lead to the same passes, and their record (JSON) is all that a repeat needs.
Positions are as in `frame_schedule`; in a closed walk the last leg leads back to stop 0.
"""

import bisect
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.offer.generation.cost import PAIR, area, of_frame, planned_passes
from worker.planning import frame_schedule, pacing
from worker.planning.music_pictures import Pictures

Kind = Literal["stops", "knots", "frames"]

Thumbnails = Mapping[float, Mapping[int, NDArray[np.float32]]]
"""Thumbnails of stops and intermediate samples, by position and then by depth."""

Choose = Callable[[Sequence[float], Sequence[NDArray[np.float32]]], Pictures]
"""What chooses the pictures of a film set to music, by the positions and thumbnails that measure its path."""

FIRST = 8
"""The largest size of the first batch of frames: smaller than optimal, so that the film begins to grow early."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of a walk: positions that can be generated at the same time, and their batches.

    `until` is the depth that each position is generated to, in solver steps. `batches` are indices into `positions`, in
    the order of generation; a batch smaller than `pad` is filled up to that size.
    """

    kind: Kind
    positions: tuple[float, ...]
    until: int
    batches: tuple[tuple[int, ...], ...]
    pad: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the pass as it is stored on the walk and in recipes."""
        batches = [list(batch) for batch in self.batches]
        positions = list(self.positions)
        return {"kind": self.kind, "positions": positions, "until": self.until, "batches": batches, "pad": self.pad}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Pass":
        """Return a pass from its stored form.

        :raises KeyError, TypeError, ValueError: for any other data.
        """
        if data["kind"] not in ("stops", "knots", "frames"):
            raise ValueError(f"a level is of stops, knots or frames, not of {data['kind']!r:.40}")
        batches = tuple(tuple(map(int, batch)) for batch in data["batches"])
        positions = tuple(map(float, data["positions"]))
        if sorted(index for batch in batches for index in batch) != list(range(len(positions))):
            raise ValueError("the batches of a level hold each of its positions once")
        return cls(data["kind"], positions, int(data["until"]), batches, int(data.get("pad", 1)))


@dataclass(frozen=True, slots=True)
class IntermediateSample:
    """The address of an intermediate state: the number of the pass that generated it, and its position."""

    level: int
    position: float


@dataclass(frozen=True, slots=True)
class Between:
    """The start of a picture: the states of two samples after `depth` steps, blended at `t` (0 is `left`)."""

    depth: int
    left: IntermediateSample
    right: IntermediateSample
    t: float


def following(
    done: Sequence[Pass],
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
    choose: Choose | None = None,
) -> Pass | None:
    """Return the pass that follows the passes `done`; None when the film has all its frames.

    Frames are batched from coarse to fine, or with ``forward`` in film order, so that they can be shown as they come.
    `choose` places the frames of a film set to music, of which there may be fewer than `frames`. `thumbnails` must hold
    the stops and the last intermediate samples, at the depth of these samples. `sampling` is the result of
    `app.offer.generation.presets.resolve`. `workers` is the number of workers that share the pass.

    :raises ValueError: for fewer frames than stops.
    """
    if frames < stops:
        raise ValueError(f"a walk of {stops} stops needs at least {stops} frames, not {frames}")
    if not done:
        return Pass("stops", tuple(map(float, range(stops))), sampling["steps"], _pairs(stops), pad=PAIR)
    if done[-1].kind == "frames" or frames == stops:
        return None
    legs, ladder = _ladder(sampling, stops, frames, closed=closed)
    climbed = sum(level.kind == "knots" for level in done)
    if climbed < len(ladder):
        depth, count = ladder[climbed]
        knots = _uniform(legs, count) if not climbed else _refine(done, thumbnails, stops, closed, count * legs)
        return Pass(
            "knots", knots, depth, _batch_samples(knots, done[-1], batch, workers, branches=sampling["branches"])
        )
    known, seen = _thumbnails_at(done, thumbnails, stops, closed)
    if choose is not None:
        pictures = choose(known, seen)
        return _plan_frames(pictures.positions, pictures.coarse_to_fine(), sampling["steps"], batch, workers)
    positions = pacing.place_frames(known, seen, stops=stops, frames=frames, closed=closed, easing=easing)
    order = range(len(positions)) if forward else _coarse_to_fine(positions, stops, closed=closed)
    return _plan_frames(positions, order, sampling["steps"], batch, workers)


def count_evaluations(levels: Sequence[Pass], sampling: Mapping[str, Any]) -> int:
    """Return the number of UNet evaluations that one picture of the last of these passes takes."""
    *others, last = levels
    is_begun = sampling.get("branches") and last.kind != "stops" and others and others[-1].kind == "knots"
    before = others[-1].until if is_begun else 0
    return area(sampling) * of_frame(sampling, before, last.until)


def levels_of_recipe(positions: Sequence[float], stops: int, steps: int, size: int) -> list[Pass]:
    """Return the passes of an old recipe, which stores only positions and a batch size: all frames start from noise."""
    batches = frame_schedule.batches(positions, stops, size)
    of_stops = math.ceil(stops / size)
    levels: list[Pass] = []
    for kind, part in (("stops", batches[:of_stops]), ("frames", batches[of_stops:])):
        indices = sorted(index for batch in part for index in batch)
        place = {index: i for i, index in enumerate(indices)}
        where = tuple(positions[index] for index in indices)
        layout = tuple(tuple(place[index] for index in batch) for batch in part)
        if indices:
            levels.append(Pass("stops" if kind == "stops" else "frames", where, steps, layout))
    return levels


def settled(levels: Sequence[Pass], frames: int) -> tuple[float, ...] | None:
    """Return the positions of all frames, in film order; None while the passes do not determine them."""
    positions = sorted({position for level in levels if level.kind != "knots" for position in level.positions})
    return tuple(positions) if len(positions) == frames else None


def kept_depths(level: Pass, sampling: Mapping[str, Any], *, frames: int, closed: bool = False) -> tuple[int, ...]:
    """Return the depths at which the states and thumbnails of a pass are kept for later passes.

    For the stops these are only the depths that a film of so many frames uses, because each thumbnail costs a decode.
    """
    if level.kind == "stops":
        stops = len(level.positions)
        return tuple(depth for depth, _ in _ladder(sampling, stops, frames, closed=closed)[1]) if frames > stops else ()
    return (level.until,) if level.kind == "knots" else ()


def first_samples(level: Pass, sampling: Mapping[str, Any], *, frames: int, closed: bool = False) -> tuple[float, ...]:
    """Return the positions of the first intermediate samples, which follow the pass of the stops; none for others."""
    stops = len(level.positions)
    if level.kind != "stops" or frames <= stops:
        return ()
    legs, ladder = _ladder(sampling, stops, frames, closed=closed)
    return _uniform(legs, ladder[0][1])


def find_start(level: int, levels: Sequence[Pass], position: float, sampling: Mapping[str, Any]) -> Between | None:
    """Return the states that the picture at `position` of `levels[level]` starts from; None if it starts from noise.

    Candidates are the stops and the last intermediate samples before it. A sample that an earlier pass generated at the
    same position continues from its own state. In a walk that does not branch, only such samples start from a state.
    """
    kind = levels[level].kind
    rung = max((i for i in range(level) if levels[i].kind == "knots"), default=None)
    if kind == "stops" or rung is None:
        return None
    if not sampling["branches"] and (kind == "frames" or position not in levels[rung].positions):
        return None
    stops = levels[0].positions
    where = {knot: IntermediateSample(rung, knot) for knot in levels[rung].positions} | {
        stop: IntermediateSample(0, stop) for stop in stops
    }
    # In a closed walk, positions beyond the last stop are on the leg back to the first stop.
    where.setdefault(float(len(stops)), IntermediateSample(0, 0.0))
    ordered = sorted(where)
    right = bisect.bisect_left(ordered, position)
    left = right if ordered[right] == position else right - 1
    gap = ordered[right] - ordered[left]
    t = (position - ordered[left]) / gap if gap else 0.0
    return Between(levels[rung].until, where[ordered[left]], where[ordered[right]], t)


def _ladder(sampling: Mapping[str, Any], stops: int, frames: int, *, closed: bool) -> tuple[int, list[tuple[int, int]]]:
    """Return the number of legs, and the depth and the samples of each pass of intermediate samples."""
    legs = stops if closed else stops - 1
    return legs, planned_passes(sampling, legs=legs, between=frames - stops)


def _batch_samples(
    knots: Sequence[float], before: Pass, batch: int, workers: int, *, branches: bool
) -> tuple[tuple[int, ...], ...]:
    """Return the batches of intermediate samples; without branching, new samples and continued ones are separate."""
    if branches or before.kind != "knots":
        return _split_batches(range(len(knots)), batch, workers)
    there = set(before.positions)
    parts = ([i for i, knot in enumerate(knots) if (knot in there) is known] for known in (True, False))
    return tuple(chunk for part in parts for chunk in _split_batches(part, batch, workers))


def _pairs(stops: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(range(first, min(first + PAIR, stops))) for first in range(0, stops, PAIR))


def _uniform(legs: int, count: int) -> tuple[float, ...]:
    return tuple(leg + i / (count + 1) for leg in range(legs) for i in range(1, count + 1))


def _refine(done: Sequence[Pass], thumbnails: Thumbnails, stops: int, closed: bool, count: int) -> tuple[float, ...]:
    """Return the positions of the last intermediate samples, and others where their pictures differ most."""
    positions, seen = _thumbnails_at(done, thumbnails, stops, closed)
    added = pacing.split_widest(positions, pacing.distances(seen), count - len(done[-1].positions))
    return tuple(sorted((*done[-1].positions, *added)))


def _thumbnails_at(
    done: Sequence[Pass], thumbnails: Thumbnails, stops: int, closed: bool
) -> tuple[list[float], list[NDArray[np.float32]]]:
    """Return the positions and thumbnails of the stops and the last samples, in order, all at the same depth."""
    depth = done[-1].until
    positions = sorted((*map(float, range(stops)), *done[-1].positions))
    seen = [thumbnails[position][depth] for position in positions]
    return ([*positions, float(stops)], [*seen, seen[0]]) if closed else (positions, seen)


def _coarse_to_fine(positions: Sequence[float], stops: int, *, closed: bool) -> list[int]:
    """Return the indices of all frames except stops, from coarse to fine: frame numbers measure the gaps."""
    ring = (*positions, float(stops)) if closed else tuple(positions)
    ends = [i for i, position in enumerate(ring) if position.is_integer()]
    return list(frame_schedule.coarse_to_fine(range(len(ring)), ends))


def _plan_frames(positions: Sequence[float], order: Iterable[int], steps: int, batch: int, workers: int) -> Pass | None:
    """Return the pass of all frames except stops, batched in the `order` of their indices; None if there are none."""
    order = [index for index in order if not positions[index].is_integer()]
    if not order:
        return None
    inner = sorted(order)
    place = {index: i for i, index in enumerate(inner)}
    batches = _split_batches([place[index] for index in order], batch, workers, first=FIRST)
    return Pass("frames", tuple(positions[index] for index in inner), steps, batches)


def _split_batches(
    order: Sequence[int], batch: int, workers: int, *, first: int | None = None
) -> tuple[tuple[int, ...], ...]:
    """Return batches that are as large as `batch` allows but leave at least one for each worker."""
    size = min(batch, math.ceil(len(order) / max(workers, 1)))
    head = min(size, first or size)
    return (*_chunks(order[:head], head), *_chunks(order[head:], size))


def _chunks(indices: Iterable[int], size: int) -> tuple[tuple[int, ...], ...]:
    """Return chunks of at most `size` whose sizes differ by at most one, the larger ones first."""
    todo = list(indices)
    if not todo:
        return ()
    pieces = math.ceil(len(todo) / size)
    share, remainder = divmod(len(todo), pieces)
    cuts = [0]
    for piece in range(pieces):
        cuts.append(cuts[-1] + share + (piece < remainder))
    return tuple(tuple(todo[a:b]) for a, b in itertools.pairwise(cuts))
