"""How long a walk's film holds its ends, and how long it lasts."""

from __future__ import annotations

from app.offer.generation import frame_rates
from app.storage.walk_models import FINISHED, Walk


def hold_of(walk: Walk) -> int:
    """Return how many frame times longer than the others a film shows its ends.

    Of a finished walk it is what its files have: films of releases before 1.2 hold nothing. Until then it is what they
    will have.
    """
    return walk.hold or 0 if walk.state == FINISHED else frame_rates.hold(walk.fps, walk.ending)


def seconds(walk: Walk) -> float:
    """Return how long a walk's film lasts, once through."""
    return frame_rates.seconds(walk.frames, walk.fps, walk.ending, hold_of(walk))
