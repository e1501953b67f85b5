"""How strongly a picture is tied to a photo at a stop: less with distance, and less in late solver steps.

A solver's early steps, at high noise, determine the composition, its late steps the details (compare SDEdit: Meng et
al., arXiv 2108.01073, which regenerates a photo from one noise level on). So near a photo only the late steps are free
and the picture is a variation of the photo; further away the early steps are free as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from worker.planning import frame_schedule

EARLY, LATE = 1.0, 3.0
"""Exponents of the remaining share of the leg, for the first and the last solver step: the higher, the sooner free."""


def photo_weight(away: float, step: int, steps: int) -> float:
    """Return the weight, 0…1, of a photo for a picture at distance ``away`` (0…1 of a leg) in one solver step.

    It is 1 at the photo, 0 at the next stop, and falls smoothly in between.
    """
    late = step / (steps - 1) if steps > 1 else 0.0
    return float((1 - min(1.0, max(0.0, away))) ** (EARLY + (LATE - EARLY) * late))


def photo_weights(
    position: float, photos: Sequence[bool], step: int, steps: int, *, closed: bool = False
) -> dict[int, float]:
    """Return the weight of each photo for the picture at a global position, by stop; stops with weight 0 are omitted.

    ``photos`` holds for each stop whether it has a photo.
    """
    stops = len(photos)
    i, t = frame_schedule.leg(position, stops, closed=closed)
    ends = ((i, photo_weight(t, step, steps)), ((i + 1) % stops, photo_weight(1 - t, step, steps)))
    weights: dict[int, float] = {}
    for stop, weight in ends:
        if photos[stop] and weight > 0:
            weights[stop] = weights.get(stop, 0.0) + weight
    return weights
