"""Square tiles of large pictures, overlapping and at several scales, for styles learned from few pictures."""

from __future__ import annotations

import io
import math

from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""

BORDER = 0.02
"""The share of each side that no tile shows, for frames and the shadows of frames."""

SCALES = (1.0, 0.7, 0.5, 0.35)
"""The sides of tiles, as shares of the picture's shorter side."""

STEP = 0.5
"""How far neighbouring tiles are apart, as a share of their side; the rest of them overlaps."""

ROOM = 4 / 3
"""The least side of a tile that is not a whole picture, in sides of what is trained on: training crops tiles again."""

STORED = 2
"""The side of a stored tile at most, in sides of what is trained on."""


def boxes(width: int, height: int, *, size: int, most: int) -> list[Box]:
    """Return where the tiles of a picture lie, the largest first: at most ``most``, and at least one.

    The border is left out as far as the rest stays ``size`` pixels wide. When a scale has more tiles than are left of
    ``most``, some of them are taken evenly.
    """
    (left, across), (top, down) = (_without_border(side, size) for side in (width, height))
    found: list[Box] = []
    for scale in SCALES:
        side = round(min(across, down) * scale)
        if scale < 1 and side < size * ROOM:
            break
        level = [
            (left + x, top + y, left + x + side, top + y + side)
            for y in _places(down, side)
            for x in _places(across, side)
        ]
        found += _evenly(level, max(1, most) - len(found))
    return found


def crop(picture: Image.Image, box: Box, *, size: int) -> bytes:
    """Return a tile of a picture as JPEG, reduced to at most ``STORED`` times ``size`` pixels a side."""
    tile = picture.crop(box)
    tile.thumbnail((STORED * size, STORED * size), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    tile.save(written, "JPEG", quality=95, subsampling=0)
    return written.getvalue()


def _without_border(length: int, size: int) -> tuple[int, int]:
    """Return where a side begins behind its border, and the length between its two borders."""
    border = max(0, min(round(length * BORDER), (length - size) // 2))
    return border, length - 2 * border


def _places(length: int, side: int) -> list[int]:
    """Return the first pixels of overlapping tiles that together cover a length."""
    steps = math.ceil((length - side) / (side * STEP))
    return [round(step * (length - side) / steps) for step in range(steps + 1)] if steps else [0]


def _evenly(level: list[Box], most: int) -> list[Box]:
    """Return at most ``most`` of some tiles, evenly among them."""
    if len(level) <= most:
        return level
    return [level[(2 * number + 1) * len(level) // (2 * most)] for number in range(most)]
