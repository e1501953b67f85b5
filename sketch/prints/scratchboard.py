"""Scratchboard: short strokes scratch black off a board, many of them in light parts and few in dark ones."""

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
LAYOUTS = (("single", 1, 1, 8), ("tilted", 1, 1, 1.5), ("grid", 2, 2, 0.1))


def draw(field: Field) -> Array:
    """Return the field redrawn as a scratchboard: (h, w, 3), sRGB, about 0…1.

    Ink 0 is the black; strokes show ink 1 under it, which further inks tint, if there are any.
    """
    body = field.cut(field.away)
    light = np.clip(0.14 + 0.95 * field.detail + 0.35 * field.shade, 0.12, 1)
    ground = _ground(field)
    guide = (
        field.relief + 0.5 * field.blur(field.far, 2) * field.placed * (1 - body) + 0.004 * np.minimum(field.away, 0)
    )
    course = strokes.along(field, guide, lean=float(field.chance().uniform(-0.9, 0.9)))
    tone = light * body + ground * (1 - body)
    cell = CELL * field.scaled
    first = strokes.distance(field, course, cell=cell, length=1.8 * cell, width=_width(tone, 0.05), number=1)
    turned = (course[0] * 0.6 - course[1] * 0.8, course[1] * 0.6 + course[0] * 0.8)
    second = strokes.distance(
        field, turned, cell=1.2 * cell, length=1.6 * cell, width=_width(tone - 0.4, 0.1), number=2
    )
    # The tone of each pixel also widens or narrows strokes, so that small details such as eyes survive.
    sharp = 5 * field.edges * body * np.minimum(field.detail - 0.45, 0.25)
    scratched = field.cut(np.maximum(first, second) + 3.2 * np.minimum(tone - 0.3, 0) + sharp)
    rim = field.cut(
        1.3 * step(field.blur(tone, 5), 0.62, 0.3)
        + 0.5 * field.shade
        + 0.4 * field.cloud(16, 4)
        - np.abs(field.away - 0.9)
    )
    scratched = np.maximum(scratched * step(tone, 0.02, 0.12), rim)
    return over(_below(field, body), scratched, field.ink(0))


def _width(tone: Numbers, least: float) -> Array:
    """Return half the width of strokes (h, w), in units, for a tone (h, w), 0…1; strokes vanish at ``least``."""
    return np.asarray(0.45 + 1.15 * np.clip(tone, 0, 1) - 1.6 * step(tone, least + 0.2, least), np.float32)


def _ground(field: Field) -> Array:
    """Return how light the ground is (h, w), about 0…1: a place, or a gradient that contrasts with the things."""
    kind = int(field.chance(5).integers(4))
    near = step(field.away, -46, 0)
    down, across = field.slopes(field.blur(field.cover, 14))
    turned = np.tanh(40 * (down * 0.5 - across * field.side))
    y = field.places[1] / field.size[0]
    plain = (
        0.55 * near * (0.5 - 0.5 * turned),
        0.6 * step(field.away, 2, -60) ** 2,
        0.5 * step(y, 0.55, 1.0) + 0 * near,
        0.42 * near**2,
    )[kind]
    place = 0.75 * field.far
    gap = step(field.away, -1.5, -8)  # a black gap around the outline
    return np.asarray((plain + (place - plain) * field.placed) * gap, np.float32)


def _below(field: Field, body: Array) -> Array:
    """Return the layer under the black (h, w, 3), sRGB: one ink (3,), or up to three that blend into each other."""
    base = field.ink(1)
    if len(field.inks) < 3:
        return base
    tinted = over(field.ink(2), step(field.cloud(80, 6) * 0.5 + 1.2 * (0.55 - field.tone), -0.4, 0.6), base)
    if len(field.inks) > 3:
        return over(tinted, body, field.ink(3))
    return over(tinted, body, base) if field.seed % 2 else over(base, body, field.ink(2))
