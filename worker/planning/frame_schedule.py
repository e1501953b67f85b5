"""The frame schedule of a walk: the positions of its frames and the order in which they are generated.

Pure arithmetic, so that an interrupted walk gets the same positions and batches again. A position is global:
`leg + t`, with `t` in [0, 1] between two neighbouring stops; stop `i` is at position `i`.
"""

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence


def positions(stops: int, frames: int) -> tuple[float, ...]:
    """Return the evenly spaced positions of a walk's frames, in film order.

    The stops are always among them. The other frames are divided among the legs as evenly as possible (earlier legs
    take the remainder) and are equally spaced within a leg.

    :raises ValueError: for fewer than two stops or fewer frames than stops.
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
    """Return the frames' indices in the order of generation, in batches of at most `size`.

    The stops come first, in separate batches. Then follows always the frame nearest the middle of the widest gap, so
    that the unfinished film goes from coarse to fine. Ties go to the left. Every index occurs exactly once.

    :raises ValueError: when a stop is not among the positions, or `size` is less than 1.
    """
    if size < 1:
        raise ValueError(f"a batch holds at least 1 frame, not {size}")
    ends = [positions.index(float(stop)) for stop in range(stops)]
    return [*_chunks(ends, size), *_chunks(list(coarse_to_fine(positions, ends)), size)]


def _chunks(indices: list[int], size: int) -> list[list[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def coarse_to_fine(positions: Sequence[float], painted: Sequence[int]) -> Iterator[int]:
    """Yield the indices of all frames that are not among the `painted` ones, the middle of the widest gap first."""
    gaps: list[tuple[float, int, int]] = []

    def open_gap(left: int, right: int) -> None:
        if right - left > 1:
            # Round, so that gaps which differ only by a rounding error count as equal.
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
    """Return the leg of a global position and `t` within it; the last stop is the last leg at t = 1.

    A closed walk has one more leg, from the last stop to the first.

    :raises ValueError: for a position outside the walk.
    """
    legs = stops if closed else stops - 1
    if not 0 <= position <= legs:
        raise ValueError(f"position {position} lies outside a walk of {stops} stops")
    index = min(math.floor(position), legs - 1)
    return index, position - index
