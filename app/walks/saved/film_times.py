"""How long a walk's film holds its ends, and how long it lasts."""

from __future__ import annotations

from app.offer.generation import frame_rates
from app.storage.walk_models import FINISHED, Walk


def hold_of(walk: Walk) -> int:
    """Return how many frame times longer than the others a film shows its ends; none where a sound says when.

    Of a finished walk it is what its files have: films of releases before 1.2 hold nothing. Until then it is what they
    will have.
    """
    if walk.sound_length is not None:
        return 0
    return walk.hold or 0 if walk.state == FINISHED else frame_rates.hold(walk.fps, walk.ending)


def seconds(walk: Walk) -> float:
    """Return how long a walk's film lasts, once through."""
    if walk.sound_length is not None:
        return walk.sound_length
    return frame_rates.seconds(walk.frames, walk.fps, walk.ending, hold_of(walk))


def frames(walk: Walk) -> int:
    """Return how many frame times a walk's film lasts, without those for which it holds its ends."""
    return walk.frames if walk.sound_length is None else frame_rates.frame_at(walk.sound_length, walk.fps)
