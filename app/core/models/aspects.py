"""Aspect ratios: a film's width and height, as near to a ratio as the model can generate."""

from __future__ import annotations

from math import floor

SQUARE = "1:1"
ASPECTS = (SQUARE, "3:2", "2:3", "16:9", "9:16")
"""Width to height; a walk's ``size`` is the longer side."""


def frame(aspect: str, size: int, multiple: int) -> tuple[int, int]:
    """Return width and height in pixels of a picture whose longer side is ``size``.

    The shorter side is the multiple of ``multiple`` nearest to the ratio; of two equally near, the smaller.
    """
    wide, high = map(int, aspect.split(":"))
    if wide == high:
        return size, size
    exact = size * min(wide, high) / max(wide, high)
    low = floor(exact / multiple) * multiple
    short = low if exact - low <= low + multiple - exact else low + multiple
    short = min(size, max(multiple, short))
    return (size, short) if wide > high else (short, size)


def is_rounded(aspect: str, width: int, height: int) -> bool:
    """Return whether a picture of this size has not exactly the ratio."""
    wide, high = map(int, aspect.split(":"))
    return width * high != height * wide
