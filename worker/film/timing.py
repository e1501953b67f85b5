"""The order in which a film shows its frames, how long it holds its ends, and the frames' durations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

SHORTEST_MS = 20
"""The shortest duration of a GIF's frame that browsers respect."""


def film_order(frames: int, ending: str = "stop") -> list[int]:
    """Return the frames' indices in the order of one run of a film.

    "stop" and "round" show each once; "back" continues from the last to the second, so that a film that repeats never
    shows a frame twice in a row.

    >>> film_order(4, "back")
    [0, 1, 2, 3, 2, 1]
    """
    return [*range(frames), *range(frames - 2, 0, -1)] if ending == "back" else list(range(frames))


def repeats(frames: int, ending: str = "stop", hold: int = 0) -> list[int]:
    """Return for how many frame times each frame of :func:`film_order` is shown: the ends for `hold` more than others.

    A film that goes back has its ends where it turns. One that goes round has none.

    >>> repeats(4, "back", 12)
    [13, 1, 1, 13, 1, 1]
    """
    ends = set() if ending == "round" else {0, frames - 1}
    return [1 + hold * (index in ends) for index in film_order(frames, ending)]


def durations(
    positions: Sequence[float], painted: Sequence[int], frame_ms: int, ending: str = "stop", hold: int = 0
) -> list[int]:
    """Return the durations of the rendered frames, so that a coarse film lasts as long as the complete one.

    `painted` are the indices into `positions` of the frames that exist. Each stands for itself and for the missing
    frames that are nearer to it than to any other; in a film that repeats seamlessly ("back", "round"), across its end
    as well. The ends are held as by :func:`repeats`. Durations are in milliseconds, in the order in which the film
    shows the rendered frames, multiples of 10 (a GIF counts centiseconds), and at least 20.
    """
    there = set(painted)
    order = film_order(len(positions), ending)
    held = repeats(len(positions), ending, hold)
    starts = [0, *itertools.accumulate(held)]
    shown = [place for place, index in enumerate(order) if index in there]
    middles = [(left + right + 1) / 2 for left, right in itertools.pairwise(shown)]
    if ending == "stop":
        ends = [0.0, *middles, float(len(order))]
    else:
        wrap = (shown[-1] + shown[0] + len(order) + 1) / 2
        ends = [wrap - len(order), *middles, wrap]

    def clock(place: float) -> float:
        """Return the frame times until a place of the film, which may lie in the run before or after."""
        run, within = divmod(place, len(order))
        return run * starts[-1] + starts[int(within)] + within % 1 * held[int(within)]

    edges = [math.floor(clock(end) * frame_ms / 10 + 0.5) for end in ends]  # half up: both loop ends round alike
    return [max(SHORTEST_MS, 10 * (end - start)) for start, end in itertools.pairwise(edges)]


def thin_out(order: Sequence[int], times: Sequence[int], least_ms: int) -> tuple[list[int], list[int]]:
    """Return a film's order and durations with pictures removed, until each is shown for at least `least_ms`.

    Of a group of neighbours, the one with the longest duration stays for all. The film lasts as long as before.
    """
    groups: list[list[tuple[int, int]]] = [[]]
    for shown in zip(times, order, strict=True):
        if sum(ms for ms, _ in groups[-1]) >= least_ms:
            groups.append([])
        groups[-1].append(shown)
    if len(groups) > 1 and sum(ms for ms, _ in groups[-1]) < least_ms:
        groups[-2:] = [groups[-2] + groups[-1]]
    kept = [max(group, key=lambda shown: shown[0])[1] for group in groups]
    return kept, [sum(ms for ms, _ in group) for group in groups]


def shown_ms(holds: Sequence[int], fps: float | Fraction) -> list[int]:
    """Return the durations of pictures that are shown for so many frames each, in milliseconds.

    They are multiples of 10, as in a GIF, and at least 20. Beginnings are rounded, not durations, so that a rate whose
    frames take no whole hundredths leads to no drift.
    """
    ends = [math.floor(end * 100 / Fraction(fps) + Fraction(1, 2)) for end in itertools.accumulate(holds)]
    return [max(SHORTEST_MS, 10 * (end - start)) for start, end in itertools.pairwise([0, *ends])]
