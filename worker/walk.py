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
    return [*_chunks(ends, size), *_chunks(list(_coarse_to_fine(positions, ends)), size)]


def _chunks(indices: list[int], size: int) -> list[list[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def _coarse_to_fine(positions: Sequence[float], painted: Sequence[int]) -> Iterator[int]:
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


def leg(position: float, stops: int) -> tuple[int, float]:
    """Split a global position into its leg and `t` within it; the last stop is the last leg at t = 1.

    Raises ValueError for a position outside the walk.
    """
    if not 0 <= position <= stops - 1:
        raise ValueError(f"position {position} lies outside a walk of {stops} stops")
    index = min(math.floor(position), stops - 2)
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

    Gaussian noise keeps its length on the arc, which a straight line shortens. For vectors that are parallel,
    opposite or zero the arc is not defined and the straight line takes its place. `t` as in `lerp`.
    """
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    cosine = float(np.vdot(a, b)) / norms if norms else 1.0
    if abs(cosine) > PARALLEL:
        return lerp(a, b, t)
    t = _leading(t, a)
    angle = math.acos(cosine)
    between: NDArray[np.floating] = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / math.sin(angle)
    return between


def _leading(t: ArrayLike, like: NDArray[np.floating]) -> NDArray[np.floating]:
    t = np.asarray(t, dtype=like.dtype)
    return t.reshape(t.shape + (1,) * like.ndim) if t.ndim else t


def durations(positions: Sequence[float], painted: Sequence[int], frame_ms: int) -> list[int]:
    """Time the painted frames so that a coarse film lasts as long as the whole one.

    `painted` are the indices into `positions` of the frames that are there. Each stands for itself and for the
    missing frames that are nearer to it than to any other. The times are in milliseconds, in the order of the film,
    multiples of 10 (a GIF counts centiseconds), and never below 20.
    """
    shown = sorted(painted)
    middles = [(left + right + 1) / 2 for left, right in itertools.pairwise(shown)]
    edges = [round(edge * frame_ms / 10) for edge in (0, *middles, len(positions))]
    return [max(SHORTEST_MS, 10 * (end - start)) for start, end in itertools.pairwise(edges)]
