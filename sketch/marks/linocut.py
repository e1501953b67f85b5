"""Linocut: light is carved out of ink in grooves that follow the form."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field, over, step

PITCH = 7.5
"""Units from one groove to the next."""

INKS = (
    ("efe6d2", "1c1a19"), ("f1e7d0", "14323a"), ("efe4cc", "5a1f18"), ("ece6d6", "1f3d2b"),
    ("f0e3c8", "1c1a19", "d9923b"), ("efe6d6", "17202e", "c8553d"), ("f2ead9", "27201c", "7fa08a"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("panels", 1, 2, 1), ("grid", 2, 2, 1))


def draw(of: Field) -> Array:
    """Draw a field in ink 1 on paper, ink 0; a third ink, if there is one, is printed below within the things."""
    pitch = PITCH * of.scale
    wobble = 0.16 * of.cloud(26, 1) + 0.06 * of.cloud(9, 2)
    inside = (of.away + 16 * of.blur(of.tone * of.cover, 4)) / pitch + wobble
    outside = of.away / (pitch * (1.1 + 0.012 * np.abs(of.away))) + wobble
    body = of.cut(of.away)
    # Light parts are carved wide, dark ones hardly at all.
    light = np.clip(0.1 + 0.85 * of.tone + 0.3 * of.shade, 0.02, 0.93)
    carved_inside = of.stripes(inside, light)
    ground = 0.24 + 0.5 * of.is_place * of.lab[..., 0] + 0.4 * step(of.away, -40, -2) + 0.06 * of.cloud(50, 3)
    carved_outside = of.stripes(outside, np.clip(ground, 0.05, 0.85))
    carved = carved_inside * body + carved_outside * (1 - body)
    # A rim of ink keeps the silhouette, and strong inner edges are left standing.
    rim = of.cut(2.2 - np.abs(of.away - 0.4) + 0.5 * of.cloud(12, 4))
    carved *= (1 - rim) * (1 - 0.9 * step(of.edges, 0.45, 0.9) * body)
    paper = np.broadcast_to(of.ink(0), of.ground.shape)
    if len(of.inks) > 2:
        paper = over(of.ink(2), body, paper)
    return over(paper, carved, of.ink(1))
