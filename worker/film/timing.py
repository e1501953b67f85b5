"""In which order a film shows its frames, and for how long."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

SHORTEST_MS = 20
"""The shortest time that browsers honour for one frame of a GIF."""


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


def thin_out(order: Sequence[int], times: Sequence[int], least_ms: int) -> tuple[list[int], list[int]]:
    """Leave pictures out of a film until each is shown for `least_ms`; it then stands for its neighbours too.

    Of those that one stands for it is the one that was shown longest. The film lasts as long as before.
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
