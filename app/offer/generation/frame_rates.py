"""Frame rates and lengths of films: frames per second, and how long the ends are held, the same in each of its files.

A GIF counts the duration of a frame in hundredths of a second, and browsers slow down frames shorter than two. All
files of a film follow this, so that they show the same film for the same time.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from app.storage.walk_models import BACK, ROUND

FPS_MIN, FPS_MAX = 1, 50
"""The allowed frame rates."""

SHORTEST = 2
"""The shortest duration of a frame in hundredths of a second."""

HOLD_MS = 1000
"""How much longer than its other frames a film shows its ends. Without this, two seconds of change would begin again
before either of the pictures that were asked for has been seen."""

DIGITS = 3


def hundredths(fps: float) -> int:
    """Return how many hundredths of a second a frame is shown, rounded to the nearest number, at least two."""
    return max(SHORTEST, floor(100 / fps + 0.5))


def rounded(fps: float) -> float:
    """Return the frame rate nearest to a requested one: 33.333 for 30, with three hundredths of a second per frame."""
    return round(100 / hundredths(fps), DIGITS)


def is_exact(fps: float) -> bool:
    """Return whether a frame takes a whole number of hundredths; not so for films slowed down because of flashes."""
    return fps == rounded(fps)


def requestable(fps: float | None) -> float | None:
    """Return a film's frame rate as a request may state it; ``None`` if the film was slowed down or is too slow."""
    return fps if fps is not None and is_exact(fps) and fps >= FPS_MIN else None


def fraction(fps: float) -> Fraction:
    """Return a recorded frame rate without its rounding."""
    return Fraction(100, hundredths(fps)) if is_exact(fps) else Fraction(fps).limit_denominator(1000)


def frame_at(time: float, fps: float) -> int:
    """Return the frame whose beginning is nearest to a time in seconds; of a film's length, its number of frames."""
    return floor(time * float(fraction(fps)) + 0.5)


def hold(fps: float, ending: str) -> int:
    """Return how many frame times longer than the others a new film shows its ends.

    A film that goes round has no ends: its last frame leads to the first as every other to the next.
    """
    return 0 if ending == ROUND else ceil(fps * HOLD_MS / 1000)


def seconds(frames: int, fps: float, ending: str, hold: int) -> float:
    """Return how long a film lasts that shows its ends for `hold` frame times more than its other frames.

    One that runs there and back shows all frames but the first and last twice.
    """
    shown = max(frames, 2 * frames - 2) if ending == BACK else frames
    return (shown + 2 * hold) / fps
