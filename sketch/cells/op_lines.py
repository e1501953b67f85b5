"""Op art in lines: even lines that change direction, width and colours where a thing begins, and bulge over it."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field, over, step

PITCH = 7.4
LIFT = 20.0
"""How far lines are displaced over the highest part of a thing, in units."""

INKS = (
    ("f4f0e6", "141414"), ("e9573f", "16243a"), ("f2c4c0", "7a1f4b"), ("f5efe0", "14324b", "c8332b"),
    ("1f5c4d", "f3ead6"), ("f0d264", "1a2440"), ("141b2d", "ef8354"), ("f3ead8", "1b3a6b", "e2725b", "f2c14e"),
    ("16161c", "f0ece0", "e3342f"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1), ("grid", 2, 2, 0.1))
GROUNDS = ("straight", "rings", "waves", "rays")


def draw(field: Field) -> Array:
    """Return the field redrawn in lines: (h, w, 3), sRGB, about 0…1.

    In the ground, lines of ink 1 lie on ink 0. In the things, light lines lie on dark; ink 2, if any, tints the dark,
    and ink 3 the lines.
    """
    body = field.cut(field.away)
    lean = float(field.chance().uniform(-0.6, 0.6))
    kind = GROUNDS[int(field.chance(1).integers(len(GROUNDS)))]
    around = over(field.ink(1), _around(field, kind, lean), field.ink(0))
    return over(_within(field, lean), body, around)


def _within(field: Field, lean: float) -> Array:
    """Return the things (h, w, 3): light lines, thicker where it is lighter, at an angle to the ground's ``lean``."""
    x, y = field.places
    turn = lean + float(field.chance(2).choice([1.57, 0.9, -0.9]))
    lane = x * np.sin(turn) + y * np.cos(turn) - LIFT * field.bulge - 5 * field.blur(field.tone * field.cover, 5)
    light = np.clip(0.5 + 1.25 * (field.detail - 0.5) + 0.3 * field.shade, 0, 1)
    pale, dark = field.inks[0], field.inks[1]
    if pale.mean() < dark.mean():
        pale, dark = dark, pale
    if len(field.inks) > 2:
        dark = over(field.ink(2), step(field.tone, 0.15, 0.6), dark)
    if len(field.inks) > 3:
        pale = over(field.ink(3), step(field.tone, 0.9, 0.4), pale)
    lines = field.stripes(lane / (0.86 * PITCH * field.scaled), 0.05 + 0.86 * light)
    return over(pale, lines, dark)


def _around(field: Field, kind: str, lean: float) -> Array:
    """Return the coverage (h, w), 0…1, of the ground's lines, whose pattern ``kind`` is one of :data:`GROUNDS`.

    ``lean`` is the angle of the lines in radians. Where a place is shown, lines are wide or thin by its lightness.
    """
    x, y = field.places
    middle = field.chance(3).uniform(0.2, 0.8, 2) * field.size
    pitch = PITCH * field.scaled
    along = x * np.sin(lean) + y * np.cos(lean)
    across = x * np.cos(lean) - y * np.sin(lean)
    if kind == "rings":
        along = np.hypot(y - middle[0], x - middle[1])
    elif kind == "waves":
        along = along + 9 * np.sin(across / 19)
    elif kind == "rays":
        count = 2 * np.pi * 110 / pitch
        along = np.arctan2(y + 60, x - middle[1]) / (2 * np.pi) * round(count) * pitch
    even = along + 3 * field.cloud(90, 1)
    hills = y + 0.15 * along + 20 * field.blur(field.far, 5)
    lane = even + (hills - even) * field.placed
    is_pale = field.inks[0].mean() > field.inks[1].mean()
    dark = 1 - field.far if is_pale else field.far
    share = 0.4 + (0.14 + 0.7 * dark - 0.4) * field.placed
    # Lines are dark around a light thing, and light around a dark one.
    against = 0.12 + 0.72 * (step(field.neighbour, 0.25, 0.6) if is_pale else step(field.neighbour, 0.6, 0.25))
    return field.stripes(lane / pitch, share + 0.8 * (against - share) * step(field.away, -26, -1))
