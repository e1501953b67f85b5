"""How far a picture is held to a photo on the way from it: less the further it lies, details sooner than the whole.

A solver's early steps, at high noise, settle what is where; its late ones the details (compare SDEdit: Meng et al.,
arXiv 2108.01073, where a photo is repainted from the noise level of one step on). So near a photo the late steps are
set free first, and the picture is the photo repainted; further off the early ones are, and it is any picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from worker.planning import frame_schedule

EARLY, LATE = 1.0, 3.0
"""How steeply a step is set free: the powers of the share of the way that is left, for the first and the last step."""


def share(away: float, step: int, steps: int) -> float:
    """Return how far a picture is held to a photo, 0…1, that lies ``away``, 0…1, from it on a leg, at one of the steps.

    1 at the photo itself, 0 at the next stop, falling smoothly between.
    """
    late = step / (steps - 1) if steps > 1 else 0.0
    return float((1 - min(1.0, max(0.0, away))) ** (EARLY + (LATE - EARLY) * late))


def shares(position: float, photos: Sequence[bool], step: int, steps: int, *, closed: bool = False) -> dict[int, float]:
    """Return how far the picture at a global position is held to each of the ``photos`` among the stops, if at all."""
    stops = len(photos)
    i, t = frame_schedule.leg(position, stops, closed=closed)
    ends = ((i, share(t, step, steps)), ((i + 1) % stops, share(1 - t, step, steps)))
    found: dict[int, float] = {}
    for stop, held in ends:
        if photos[stop] and held > 0:
            found[stop] = found.get(stop, 0.0) + held
    return found
