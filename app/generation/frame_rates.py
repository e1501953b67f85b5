"""Frame rates: how many frames of a film are shown in a second, in each of its files alike.

A GIF counts the time of a frame in hundredths of a second, and browsers slow down one that shows a frame for less than
two. All files of a film keep to that, so that they show the same film for the same time.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

FPS_MIN, FPS_MAX = 1, 50
"""What may be asked for."""

SHORTEST = 2
"""The shortest time of a frame in hundredths of a second."""

DIGITS = 3


def hundredths(fps: float) -> int:
    """Return how many hundredths of a second a frame is shown: the nearest number, the longer of two."""
    return max(SHORTEST, floor(100 / fps + 0.5))


def rounded(fps: float) -> float:
    """Return the frame rate nearest to one that was asked for: of 30 frames a second 33.333, three hundredths each."""
    return round(100 / hundredths(fps), DIGITS)


def is_exact(fps: float) -> bool:
    """Return whether a frame takes a whole number of hundredths: of a film slowed down for its flashes it does not."""
    return fps == rounded(fps)


def requestable(fps: float | None) -> float | None:
    """Return a film's frame rate as it can be asked for again; None if it was slowed down or is too slow."""
    return fps if fps is not None and is_exact(fps) and fps >= FPS_MIN else None


def fraction(fps: float) -> Fraction:
    """Return a recorded frame rate without its rounding."""
    return Fraction(100, hundredths(fps)) if is_exact(fps) else Fraction(fps).limit_denominator(1000)
