"""Coloured squares: a patchwork whose cells change hue and value inside the outline of the things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field

SIDE = 26.0
"""Units of a square's side, about."""

INKS = (
    ("31533e", "c98b2e", "8c2f22", "d9c79a", "26414f", "6a7f4f"),
    ("274156", "5d8aa8", "d6b08a", "8a4f3d", "e3d4bd", "3d5a40"),
    ("5b2a4e", "a8577e", "dba0a0", "34466b", "c9b27c", "7d8aa8"),
    ("d8cfc0", "b9a98d", "8f9c92", "c7a28a", "6f7f86", "e4dccf"),
    ("8a2c1d", "d0632c", "e6a83f", "3a2b3f", "f0d9a8", "5f6b4a"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 1),)


def draw(of: Field) -> Array:
    """Draw a field as squares in all inks; things are squares in the colours opposite to those around them."""
    rows, columns, inside = _grid(of)
    body = of.cut(of.away)
    inks = colour.lab(of.inks)
    own = noise.scattered(40, 40, of.seed + 7)
    pick = own[rows % 40, columns % 40]
    ground = inks[(pick[..., 0] * len(inks)).astype(int)]
    value = (pick[..., 1] - 0.5) * 0.16
    lightness = of.blur(of.lab[..., 0], 1.5)
    lit = ground.copy()
    lit[..., 0] = 0.35 * ground[..., 0] + 0.65 * (0.16 + 0.78 * of.tone) + 0.05 * of.shade
    hue = of.lab[..., 1:] * 0.75 + 0.5 * ground[..., 1:]
    lit[..., 1:] = hue
    around = ground.copy()
    around[..., 0] = np.clip(ground[..., 0] + value, 0.12, 0.95) * (1 - 0.35 * of.is_place) + (
        0.35 * of.is_place * lightness
    )
    mixed = around + (lit - around) * body[..., None]
    mixed[..., 0] += value * 0.5 * body - 0.05 * (1 - inside)
    return colour.rgb(mixed.astype(np.float32))


def _grid(of: Field) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Return row and column of each pixel's square, and how far it lies within it; rows and columns vary in width."""
    numbers = []
    soft = np.ones(of.shape, np.float32)
    for axis, place in enumerate(reversed(of.places)):
        widths = of.chance(axis + 1).uniform(0.72, 1.3, 40) * SIDE * of.scale
        edges = np.cumsum(widths)
        at = place.reshape(-1)
        number = np.searchsorted(edges, at)
        near = np.abs(at[:, None] - edges[None, :]).min(1)
        line = np.clip(near / 1.2, 0, 1)
        numbers.append(number[:, None] if axis == 0 else number[None, :])
        soft = soft * (line[:, None] if axis == 0 else line[None, :]).astype(np.float32)
    rows, columns = np.broadcast_arrays(*numbers)
    return rows, columns, soft
