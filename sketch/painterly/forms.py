"""The things of a scene as coarse forms: coverage, size and place, from which soft light and shadow are computed.

Arrays (m, m) are at the coarse size, m at most :data:`COARSE` pixels a side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sketch.colour import Array
from sketch.layers import channels
from sketch.layers.drawn import Drawn, average
from sketch.lighting.form import COARSE, blur

ROUNDINGS = ((0.022, 0.5), (0.06, 0.8), (0.16, 1.1))
"""Blur radii, as shares of a thing's side, and weights; the weighted blurs of its coverage add up to a rounded
surface."""

STANDS = 0.02
"""The share of a thing's area that may lie below the line on which it stands."""


@dataclass(frozen=True, slots=True)
class Form:
    """One thing at coarse size.

    ``cover`` (m, m) is its coverage, 0…1; ``side`` its size, ``foot`` the y of the line on which it stands, and
    ``middle`` the x of its centre, all three as shares of the picture's side.
    """

    cover: Array
    side: float
    foot: float
    middle: float


def coarse(picture: Array) -> Array:
    """Return a square picture (n, n) or (n, n, c) averaged down to :data:`COARSE` pixels a side; smaller ones as is."""
    size = picture.shape[0]
    if size <= COARSE:
        return picture
    if size % COARSE:
        return resize(picture, COARSE, Image.Resampling.BOX)
    return average(picture, size // COARSE)


def resize(picture: Array, size: int, how: Image.Resampling = Image.Resampling.BILINEAR) -> Array:
    """Return a square picture (m, m) or (m, m, c) resized to ``size`` pixels a side."""
    return picture if picture.shape[0] == size else channels.resize(picture, (size, size), how)


def find_forms(drawn: Drawn) -> Iterator[Form]:
    """Yield the forms of a drawn scene's things, from far to near; things that are nearly invisible are left out."""
    alpha = drawn.things[..., 3]
    for number in range(1, int(drawn.numbers.max(initial=0)) + 1):
        cover = coarse(alpha * (drawn.numbers == number))
        total = float(cover.sum())
        if total < 0.5:
            continue
        yield Form(cover, _side(total, len(cover)), _foot(cover, total), _middle(cover, total))


def _side(total: float, size: int) -> float:
    """Return a thing's size as a share of the picture's side: a little more than a square of its area, at most 1.2.

    ``total`` is its area in pixels of a coarse picture of side ``size``.
    """
    return min(1.2, 1.3 * float(np.sqrt(total)) / size)


def _foot(cover: Array, total: float) -> float:
    """Return the y, as a share of the picture's side, below which :data:`STANDS` of a thing's area lies."""
    below = np.cumsum(cover.sum(1)[::-1])[::-1] / total
    rows = np.arange(len(cover), dtype=np.float32)
    # ``below`` decreases from row to row, and np.interp needs increasing values: reverse both.
    return float(np.interp(STANDS, below[::-1], rows[::-1])) / len(cover)


def _middle(cover: Array, total: float) -> float:
    """Return the x of a thing's centre of area, as a share of the picture's side."""
    columns = (np.arange(len(cover), dtype=np.float32) + 0.5) / len(cover)
    return float((cover.sum(0) * columns).sum() / total)


def slopes(form: Form) -> tuple[Array, Array]:
    """Return the slopes (m, m), to the right and downwards, of a thing's surface, which is rounded at its edges."""
    unit = form.side * len(form.cover)
    height = np.zeros_like(form.cover)
    for width, weight in ROUNDINGS:
        reach = max(1.0, width * unit)
        height -= weight * 1.9 * reach * blur(form.cover, reach)
    down, across = np.gradient(height)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)
