"""Scratchboard: short strokes of a needle remove black from a board, dense in light parts and few in dark ones."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks import strokes
from sketch.marks.field import Field, Numbers, over, step

CELL = 6.8
"""The approximate distance between strokes, in units."""

INKS = (
    ("141314", "f3efe4"), ("101820", "f0e6cf"), ("161214", "f1e9dc", "d98e4a"), ("0f1a2c", "f4ead0", "e0a63c"),
    ("1b1216", "f2e7dc", "d4574b", "e9b872"), ("10201d", "eef0e2", "6fb39a"), ("171320", "efe6ef", "9c7fd0", "e8a0a8"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 8), ("tilted", 1, 1, 1.5), ("grid", 2, 2, 0.7))


def draw(of: Field) -> Array:
    """Return a field drawn in strokes of ink 1 on ink 0; further inks, if any, tint the layer under the black."""
    body = of.cut(of.away)
    light = np.clip(0.14 + 0.95 * of.detail + 0.35 * of.shade, 0.12, 1)
    ground = _ground(of)
    guide = of.relief + 0.5 * of.blur(of.far, 2) * of.placed * (1 - body) + 0.004 * np.minimum(of.away, 0)
    way = strokes.along(of, guide, lean=float(of.chance().uniform(-0.9, 0.9)))
    tone = light * body + ground * (1 - body)
    cell = CELL * of.scaled
    first = strokes.distance(of, way, cell=cell, length=1.8 * cell, width=_width(tone, 0.05), number=1)
    turned = (way[0] * 0.6 - way[1] * 0.8, way[1] * 0.6 + way[0] * 0.8)
    second = strokes.distance(of, turned, cell=1.2 * cell, length=1.6 * cell, width=_width(tone - 0.4, 0.1), number=2)
    # The tone of each pixel also widens or narrows strokes, so that small details such as eyes survive.
    sharp = 5 * of.edges * body * np.minimum(of.detail - 0.45, 0.25)
    scratched = of.cut(np.maximum(first, second) + 3.2 * np.minimum(tone - 0.3, 0) + sharp)
    rim = of.cut(
        1.3 * step(of.blur(tone, 5), 0.62, 0.3) + 0.5 * of.shade + 0.4 * of.cloud(16, 4) - np.abs(of.away - 0.9)
    )
    scratched = np.maximum(scratched * step(tone, 0.02, 0.12), rim)
    return over(_below(of, body), scratched, np.broadcast_to(of.ink(0), of.ground.shape))


def _width(tone: Numbers, least: float) -> Array:
    """Return half a stroke's width in units for a tone; below ``least`` there is no stroke."""
    return np.asarray(0.45 + 1.15 * np.clip(tone, 0, 1) - 1.6 * step(tone, least + 0.2, least), np.float32)


def _ground(of: Field) -> Array:
    """Return the light on the ground (h, w): its place, or a light that contrasts with the things."""
    kind = int(of.chance(5).integers(4))
    near = step(of.away, -46, 0)
    down, across = of.slopes(of.blur(of.cover, 14))
    turned = np.tanh(40 * (down * 0.5 - across * of.side))
    y = of.places[1] / of.size[0]
    plain = (
        0.55 * near * (0.5 - 0.5 * turned),
        0.6 * step(of.away, 2, -60) ** 2,
        0.5 * step(y, 0.55, 1.0) + 0 * near,
        0.42 * near**2,
    )[kind]
    place = 0.75 * of.far
    gap = step(of.away, -1.5, -8)  # a black gap around the outline
    return np.asarray((plain + (place - plain) * of.placed) * gap, np.float32)


def _below(of: Field, body: Array) -> Array:
    """Return the layer under the black (h, w, 3): one ink, or inks that blend into each other."""
    base = np.broadcast_to(of.ink(1), of.ground.shape)
    if len(of.inks) < 3:
        return base
    tinted = over(of.ink(2), step(of.cloud(80, 6) * 0.5 + 1.2 * (0.55 - of.tone), -0.4, 0.6), base)
    if len(of.inks) > 3:
        return over(tinted, body, np.broadcast_to(of.ink(3), base.shape))
    return over(tinted, body, base) if of.seed % 2 else over(base, body, np.broadcast_to(of.ink(2), base.shape))
