"""The schedule of a walk: which frames it has, in which order they are painted, and what lies between two stops.

Pure arithmetic on numbers and arrays, so that an interrupted walk finds the same positions and batches again.
A position is global: `leg + t`, with `t` in [0, 1] between two neighbouring stops; stop `i` lies at position `i`.
"""

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHORTEST_MS = 20
"""The shortest time that browsers honour for one frame of a GIF."""

PARALLEL = 0.9995
"""The cosine beyond which two vectors count as parallel and slerp becomes a straight line."""


def positions(stops: int, frames: int) -> tuple[float, ...]:
    """Place the frames of a walk, in film order.

    The stops themselves are always among them; the other frames are shared among the legs as evenly as possible
    (earlier legs take the remainder) and lie at equal distances within a leg.
    Raises ValueError for fewer than two stops or fewer frames than stops.
    """
    if stops < 2:
        raise ValueError(f"a walk needs at least 2 stops, not {stops}")
    if frames < stops:
        raise ValueError(f"a walk of {stops} stops needs at least {stops} frames, not {frames}")
    share, remainder = divmod(frames - stops, stops - 1)
    placed: list[float] = []
    for leg_index in range(stops - 1):
        parts = share + (leg_index < remainder) + 1
        placed.extend(leg_index + part / parts for part in range(parts))
    return (*placed, float(stops - 1))


def batches(positions: Sequence[float], stops: int, size: int) -> list[list[int]]:
    """List the frames' indices in the order of painting, in batches of at most `size`.

    The stops come first, in batches of their own; after them always the frame nearest the middle of the widest gap
    between frames that are there, so that a film of what is painted so far goes from coarse to fine. Ties go to the
    left. Every index comes exactly once. Raises ValueError when a stop is not among the positions.
    """
    if size < 1:
        raise ValueError(f"a batch holds at least 1 frame, not {size}")
    ends = [positions.index(float(stop)) for stop in range(stops)]
    return [*_chunks(ends, size), *_chunks(list(coarse_to_fine(positions, ends)), size)]


def _chunks(indices: list[int], size: int) -> list[list[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def coarse_to_fine(positions: Sequence[float], painted: Sequence[int]) -> Iterator[int]:
    """Yield the indices of the frames between those that are painted, the middle of the widest gap first."""
    gaps: list[tuple[float, int, int]] = []

    def open_gap(left: int, right: int) -> None:
        if right - left > 1:
            # Rounded, so that gaps that differ by a rounding error only are ties.
            heapq.heappush(gaps, (-round(positions[right] - positions[left], 9), left, right))

    for left, right in itertools.pairwise(painted):
        open_gap(left, right)
    while gaps:
        _, left, right = heapq.heappop(gaps)
        middle = (positions[left] + positions[right]) / 2
        index = min(range(left + 1, right), key=lambda i: (round(abs(positions[i] - middle), 9), i))
        yield index
        open_gap(left, index)
        open_gap(index, right)


def leg(position: float, stops: int, *, closed: bool = False) -> tuple[int, float]:
    """Split a global position into its leg and `t` within it; the last stop is the last leg at t = 1.

    A closed walk has a leg more, from the last stop to the first. Raises ValueError for a position outside the walk.
    """
    legs = stops if closed else stops - 1
    if not 0 <= position <= legs:
        raise ValueError(f"position {position} lies outside a walk of {stops} stops")
    index = min(math.floor(position), legs - 1)
    return index, position - index


def lerp(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Interpolate along the straight line from `a` to `b`; exactly `a` at t = 0 and `b` at t = 1.

    A scalar `t` keeps the arrays' shape; an array of `t` adds its own shape in front.
    """
    t = _leading(t, a)
    between: NDArray[np.floating] = (1 - t) * a + t * b
    return between


def slerp(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Interpolate along the great arc from `a` to `b`, taken as flat vectors (Shoemake, SIGGRAPH 1985).

    Gaussian noise keeps its length on the arc, which a straight line shortens. Beyond t = 1 the arc goes on round its
    circle. For vectors that are parallel or zero it is not defined, and the straight line takes its place; between
    opposite ones there are many, and the one by way of `_aside(a)` is taken. `t` as in `lerp`.
    """
    cosine = _cosine(a, b)
    if cosine > PARALLEL:
        return lerp(a, b, t)
    if cosine < -PARALLEL:
        third = _aside(a)
        early = _leading(np.less(t, 0.5), a).astype(bool)
        return np.where(early, slerp(a, third, 2 * np.asarray(t)), slerp(third, b, 2 * np.asarray(t) - 1))
    t = _leading(t, a)
    angle = math.acos(cosine)
    between: NDArray[np.floating] = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / math.sin(angle)
    return between


def long_way(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Go on from `b` at t = 0, the long way round the great circle of `slerp(a, b)`, to `a` at t = 1.

    Out by slerp and back by this, noise has gone full circle and was nowhere twice. Parallel or opposite vectors lie
    on no circle of their own; the way back is then the way out.
    """
    cosine = _cosine(a, b)
    if abs(cosine) > PARALLEL:
        return slerp(b, a, t)
    return slerp(a, b, 1 + np.asarray(t) * (2 * math.pi / math.acos(cosine) - 1))


def _cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the cosine of the angle between two arrays, taken as flat vectors; 1 where one of them is zero."""
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b)) / norms if norms else 1.0


def _aside(a: NDArray[np.floating]) -> NDArray[np.floating]:
    """Make a vector at right angles to `a`, as long and, for noise, as random: its own numbers, moved on by one."""
    flat = a.ravel()
    for other in (np.roll(flat, 1), np.where(np.arange(flat.size) % 2, 1, -1)):
        rest = other - flat * (np.vdot(flat, other) / np.vdot(flat, flat))
        if np.linalg.norm(rest) > 1e-3 * np.linalg.norm(flat):
            break
    third: NDArray[np.floating] = (rest * (np.linalg.norm(flat) / np.linalg.norm(rest))).reshape(a.shape)
    return third.astype(a.dtype)


def _leading(t: ArrayLike, like: NDArray[np.floating]) -> NDArray[np.floating]:
    t = np.asarray(t, dtype=like.dtype)
    return t.reshape(t.shape + (1,) * like.ndim) if t.ndim else t


def film_order(frames: int, ending: str = "stop") -> list[int]:
    """Return the frames' indices in the order in which a film shows them, once through.

    "stop" and "round" show each once; "back" goes on from the last to the second, so that a film that repeats never
    shows a frame twice in a row.
    """
    return [*range(frames), *range(frames - 2, 0, -1)] if ending == "back" else list(range(frames))


def durations(positions: Sequence[float], painted: Sequence[int], frame_ms: int, ending: str = "stop") -> list[int]:
    """Time the painted frames so that a coarse film lasts as long as the whole one.

    `painted` are the indices into `positions` of the frames that are there. Each stands for itself and for the
    missing frames that are nearer to it than to any other; where a film comes round again ("back", "round"), across
    its end as well. The times are in milliseconds, in the order in which the film shows the painted frames,
    multiples of 10 (a GIF counts centiseconds), and never below 20.
    """
    there = set(painted)
    order = film_order(len(positions), ending)
    shown = [place for place, index in enumerate(order) if index in there]
    middles = [(left + right + 1) / 2 for left, right in itertools.pairwise(shown)]
    if ending == "stop":
        ends = [0.0, *middles, float(len(order))]
    else:
        wrap = (shown[-1] + shown[0] + len(order) + 1) / 2
        ends = [wrap - len(order), *middles, wrap]
    edges = [math.floor(end * frame_ms / 10 + 0.5) for end in ends]  # not to even: an end and its repeat round alike
    return [max(SHORTEST_MS, 10 * (end - start)) for start, end in itertools.pairwise(edges)]
