"""Pacing of a walk: place its frames so that neighbouring pictures differ equally.

A model's pictures do not change at the same rate as the blend of their prompts: most of a leg changes little, and then
a lemon becomes a sun within a twentieth of it. So the distance between pictures is measured. A *thumbnail* is a small
picture (height x width x 3, sRGB, 0-1), box-averaged as in `smoothness_measure`, which measures the same distance
between two frames. Pure arithmetic on numbers and arrays.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST = 1e-6
"""The length of a leg without any change, so that its frames are placed evenly."""

EASED = 0.75
"""The share of its speed that an eased walk loses at a stop; at 1 it would halt there and frames look doubled."""


def distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the distance of two thumbnails: the root mean square difference over all pixels and channels, 0-1."""
    return float(np.sqrt(np.mean((np.asarray(a, np.float64) - np.asarray(b, np.float64)) ** 2)))


def distances(thumbnails: Sequence[NDArray[np.floating]]) -> list[float]:
    """Return the distances of neighbouring thumbnails."""
    return [distance(a, b) for a, b in itertools.pairwise(thumbnails)]


def split_widest(positions: Sequence[float], widths: Sequence[float], count: int) -> list[float]:
    """Return `count` further positions in ascending order, each the middle of the widest gap at that time.

    `widths` are the picture distances between neighbouring `positions`. A halved gap counts as two gaps of half its
    width. Of equally wide gaps the longest is halved first, then the leftmost.
    """
    pieces = [(left, right, width) for (left, right), width in zip(itertools.pairwise(positions), widths, strict=True)]
    added: list[float] = []
    for _ in range(count):
        at = max(range(len(pieces)), key=lambda i: (round(pieces[i][2], 9), pieces[i][1] - pieces[i][0], -i))
        left, right, width = pieces.pop(at)
        middle = (left + right) / 2
        added.append(middle)
        pieces[at:at] = [(left, middle, width / 2), (middle, right, width / 2)]
    return sorted(added)


def share_parts(lengths: Sequence[float], parts: int, *, most: Sequence[int] | None = None) -> list[int]:
    """Return the number of parts of each leg, in proportion to the legs' lengths and at least one each.

    Each further part is assigned by the method of equal proportions (Huntington and Hill), which keeps the relative
    differences between the lengths of parts as small as whole numbers allow. With `most`, a leg has at most so many;
    parts that no leg can have are left over.

    :raises ValueError: for fewer parts than legs.
    """
    if parts < len(lengths):
        raise ValueError(f"{len(lengths)} legs need at least as many parts, not {parts}")
    counts = np.ones(len(lengths), int)
    limits = np.full(len(lengths), parts) if most is None else np.asarray(most)
    weights = np.maximum(np.asarray(lengths, np.float64), LEAST)
    for _ in range(min(parts, int(limits.sum())) - len(lengths)):
        worth = np.where(counts < limits, weights / np.sqrt(counts * (counts + 1)), 0.0)
        counts[int(np.argmax(worth))] += 1
    return [int(count) for count in counts]


def positions_at(positions: Sequence[float], widths: Sequence[float], fractions: ArrayLike) -> NDArray[np.float64]:
    """Return the positions on one leg at which the given fractions of its length are reached.

    `positions` ascend from the leg's beginning to its end; `widths` are the picture distances between neighbours. The
    result is piecewise linear: frames start from the blend of the samples on either side and change evenly between
    them. A monotone cubic was no better.
    """
    places = np.asarray(positions, np.float64)
    steps = np.asarray(widths, np.float64) + LEAST * np.diff(places)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    return np.interp(np.asarray(fractions, np.float64), reached / reached[-1], places)


def ease(fractions: ArrayLike) -> NDArray[np.float64]:
    """Return fractions that slow a leg down near its stops: a blend of `f` and the smooth step `3 f^2 - 2 f^3`."""
    f = np.asarray(fractions, np.float64)
    return np.asarray((1 - EASED) * f + EASED * f * f * (3 - 2 * f))


def place_frames(
    positions: Sequence[float],
    thumbnails: Sequence[NDArray[np.floating]],
    *,
    stops: int,
    frames: int,
    closed: bool = False,
    easing: bool = False,
) -> tuple[float, ...]:
    """Return the positions of a walk's frames, in film order, at equal picture distances between neighbours.

    `positions` are those of the thumbnails, ascending, and include the stops. In a closed walk the last of them equals
    `stops` and means the first stop again; no frame is placed there. The stops are always among the frames.

    :raises ValueError: for fewer frames than stops.
    """
    if frames < stops:
        raise ValueError(f"a walk of {stops} stops needs at least {stops} frames, not {frames}")
    legs = measured_legs(positions, thumbnails, stops=stops, closed=closed)
    counts = share_parts([sum(widths) for _, widths in legs], frames if closed else frames - 1)
    placed: list[float] = []
    for leg, ((knots, widths), parts) in enumerate(zip(legs, counts, strict=True)):
        fractions = np.arange(1, parts) / parts
        between = positions_at(knots, widths, ease(fractions) if easing else fractions)
        placed.append(float(leg))
        placed.extend(keep_apart(between.tolist(), leg))
    return tuple(placed if closed else (*placed, float(stops - 1)))


def measured_legs(
    positions: Sequence[float], thumbnails: Sequence[NDArray[np.floating]], *, stops: int, closed: bool = False
) -> list[tuple[list[float], list[float]]]:
    """Return for each leg the positions of its thumbnails, and the picture distances between neighbours.

    The arguments are those of :func:`place_frames`.
    """
    widths = distances(thumbnails)
    legs = []
    for leg in range(stops if closed else stops - 1):
        inside = [i for i, position in enumerate(positions) if leg <= position <= leg + 1]
        legs.append(([positions[i] for i in inside], widths[inside[0] : inside[-1]]))
    return legs


def keep_apart(between: Sequence[float], leg: int) -> list[float]:
    """Round positions to six digits, as recipes store them, and keep neighbours at least 2^-20 apart."""
    least = 1 / 2**20
    count = len(between)
    apart: list[float] = []
    for i, position in enumerate(between):
        lowest = (apart[-1] if apart else leg) + least
        apart.append(min(max(round(position, 6), lowest), leg + 1 - (count - i) * least))
    return apart
