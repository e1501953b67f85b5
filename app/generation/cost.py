"""How much work a walk is: the passes of the model that its settings and its length come to.

Pure arithmetic, for both sides: the web process estimates from it how long a walk will take, and the worker plans by
the same rungs.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

PAIR = 2
"""How many stops are painted together, always (an odd one with itself), so that a stop is the same picture in every
walk that it belongs to: a walk that goes on from another's last stop joins it without a seam."""


def of_walk(sampling: Mapping[str, Any], *, stops: int, frames: int, closed: bool = False) -> int:
    """Count the passes of a walk, level by level: its stops, the knots of each rung, the frames that start from them.

    A pass over enlarged latents counts as so many as the model's own size goes into them.

    ``sampling`` is what `presets.resolve` returned; without a ladder, as of old, every frame is painted in full.
    Where it does not branch, only knots that were there a rung before are not begun anew. ``closed`` says that the last
    leg leads back to the first stop.
    """
    steps = int(sampling["steps"])
    if "ladder" not in sampling:
        return frames * of_frame(sampling, 0, steps)
    return area(sampling) * _of_levels(sampling, stops=stops, frames=frames, closed=closed)


def area(sampling: Mapping[str, Any]) -> int:
    """Return how many times the model's own size goes into what it paints, at least once.

    Finer decoding needs no larger latents.
    """
    enlarged, finer = int(sampling.get("enlarged", 1)), int(sampling.get("finer", 1))
    if "frame" not in sampling:
        return (enlarged // finer) ** 2
    width, height = map(int, sampling["frame"])
    return max(1, width * height * enlarged**2 // (max(width, height) * finer) ** 2)


def _of_levels(sampling: Mapping[str, Any], *, stops: int, frames: int, closed: bool) -> int:
    steps = int(sampling["steps"])
    count = PAIR * ceil(stops / PAIR) * of_frame(sampling, 0, steps)
    if frames <= stops:
        return count
    legs = stops if closed else stops - 1
    depth = there = 0
    for deeper, knots in rungs(sampling, legs=legs, between=frames - stops):
        anew = 0 if sampling["branches"] else knots - there
        count += legs * (anew * of_frame(sampling, 0, deeper) + (knots - anew) * of_frame(sampling, depth, deeper))
        depth, there = deeper, knots
    return count + (frames - stops) * of_frame(sampling, depth if sampling["branches"] else 0, steps)


def of_frame(sampling: Mapping[str, Any], first: int, last: int) -> int:
    """Count the passes of one picture from the solver's step ``first`` to ``last``: guided steps take two."""
    if sampling["guidance"] <= 1:
        return last - first
    since, until = sampling.get("guided") or (0, sampling["steps"])
    return last - first + max(0, min(last, int(until)) - max(first, int(since)))


def rungs(sampling: Mapping[str, Any], *, legs: int, between: int) -> list[tuple[int, int]]:
    """Return the rungs of the ladder that are worth it for so many frames between stops: depth, and knots a leg.

    A further rung is worth its knots where there are more frames than knots: they are steps that its frames are spared,
    and looks that pace them. Where a walk does not branch, they are for the pace alone, and as many are worth it.
    """
    a_leg = ceil(between / legs)
    first, *further = sampling["ladder"]
    chosen = [(first[0], max(1, min(first[1], a_leg)))]
    for depth, count in further:
        if count + bool(sampling["branches"]) > a_leg:
            break
        chosen.append((depth, count))
    return chosen
