"""Op art in lines: even lines that the form bends and thickens."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field, over

PITCH = 8.0
LIFT = 30.0
"""Units by which the highest part of a form moves the lines that cross it."""

INKS = (
    ("f4f0e6", "141414"), ("e9573f", "16243a"), ("f2c4c0", "7a1f4b"), ("f5efe0", "14324b", "c8332b"),
    ("1f5c4d", "f3ead6"), ("f0d264", "1a2440"), ("141b2d", "ef8354"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("panels", 1, 3, 1), ("tilted", 1, 1, 1))


def draw(of: Field) -> Array:
    """Draw a field in lines of ink 1 on ink 0; within the things, in ink 2 if there is one."""
    x, y = of.places
    lean = float(of.chance().uniform(-0.5, 0.5))
    along = y * np.cos(lean) + x * np.sin(lean)
    phase = (along - LIFT * of.relief + 3 * of.cloud(90, 1)) / (PITCH * of.scale)
    dark = np.clip(0.86 - 0.7 * of.tone - 0.25 * of.shade, 0.14, 0.86)
    body = of.cut(of.away)
    ground = 0.3 + 0.35 * of.is_place * (0.6 - of.lab[..., 0])
    lines = of.stripes(phase, dark * body + ground * (1 - body))
    ink = over(of.ink(2), body, np.broadcast_to(of.ink(1), of.ground.shape)) if len(of.inks) > 2 else of.ink(1)
    return over(ink, lines, np.broadcast_to(of.ink(0), of.ground.shape))
