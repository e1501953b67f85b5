"""The cost of a walk: how many UNet evaluations its settings and length need.

Pure arithmetic for both sides: the web process estimates the duration of a walk with it, and the worker plans with the
same schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

PAIR = 2
"""How many stops are always rendered together (an odd stop is paired with itself), so that a stop is the same picture
in every walk, and a walk that continues another joins it without a seam."""


def of_walk(sampling: Mapping[str, Any], *, stops: int, frames: int, closed: bool = False) -> int:
    """Return the number of UNet evaluations of a walk: its stops, its intermediate samples and its frames.

    ``sampling`` is the result of `presets.resolve`; without a ladder, as in old recipes, every frame is rendered in
    full. ``closed`` is true if the last leg leads back to the first stop. An evaluation of enlarged latents counts as
    many times as the model's own size fits into them.
    """
    steps = int(sampling["steps"])
    if "ladder" not in sampling:
        return frames * of_frame(sampling, 0, steps)
    return area(sampling) * _of_levels(sampling, stops=stops, frames=frames, closed=closed)


def area(sampling: Mapping[str, Any]) -> int:
    """Return how many times the model's own size fits into the latents, at least 1.

    Finer decoding needs no larger latents.
    """
    enlarged, finer = int(sampling.get("enlarged", 1)), int(sampling.get("finer", 1))
    if "frame" not in sampling:
        return (enlarged // finer) ** 2
    width, height = map(int, sampling["frame"])
    return max(1, width * height * enlarged**2 // (max(width, height) * finer) ** 2)


def _of_levels(sampling: Mapping[str, Any], *, stops: int, frames: int, closed: bool) -> int:
    """Return the evaluations of all passes at the model's own size.

    Without branches, only samples that a previous pass had already continue; others start from noise.
    """
    steps = int(sampling["steps"])
    count = PAIR * ceil(stops / PAIR) * of_frame(sampling, 0, steps)
    if frames <= stops:
        return count
    legs = stops if closed else stops - 1
    depth = previous = 0
    for deeper, knots in planned_passes(sampling, legs=legs, between=frames - stops):
        fresh = 0 if sampling["branches"] else knots - previous
        count += legs * (fresh * of_frame(sampling, 0, deeper) + (knots - fresh) * of_frame(sampling, depth, deeper))
        depth, previous = deeper, knots
    return count + (frames - stops) * of_frame(sampling, depth if sampling["branches"] else 0, steps)


def of_frame(sampling: Mapping[str, Any], first: int, last: int) -> int:
    """Return the evaluations of one picture from the solver's step ``first`` to ``last``: guided steps need two."""
    if sampling["guidance"] <= 1:
        return last - first
    since, until = sampling.get("guided") or (0, sampling["steps"])
    return last - first + max(0, min(last, int(until)) - max(first, int(since)))


def planned_passes(sampling: Mapping[str, Any], *, legs: int, between: int) -> list[tuple[int, int]]:
    """Return the passes of the ladder that pay off for ``between`` frames between stops, as (depth, samples per leg).

    A further pass pays off if there are more frames than samples: it saves steps of its frames, and its previews show
    where frames should lie. If the walk does not branch, the samples only serve this second purpose.
    """
    a_leg = ceil(between / legs)
    first, *further = sampling["ladder"]
    chosen = [(first[0], max(1, min(first[1], a_leg)))]
    for depth, count in further:
        if count + bool(sampling["branches"]) > a_leg:
            break
        chosen.append((depth, count))
    return chosen
