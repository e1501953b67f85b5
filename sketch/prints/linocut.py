"""Linocut: light parts are grooves carved out of an inked block, along the outlines of things."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks import strokes
from sketch.marks.field import Field, over, step

PITCH = 7.0
"""The distance between grooves, in units."""

GOUGE = 11.0
"""The distance between short cuts in the ground, in units."""

INKS = (
    ("efe6d2", "1c1a19"), ("f1e7d0", "14323a"), ("efe4cc", "5a1f18"), ("ece6d6", "1f3d2b"), ("f3e2c4", "8c2f1f"),
    ("f0e3c8", "1c1a19", "d9923b"), ("efe6d6", "17202e", "c8553d"), ("f2ead9", "27201c", "7fa08a"),
    ("f3e9d6", "1d2b4f", "e0a9a0"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 8), ("grid", 2, 2, 0.1), ("tilted", 1, 1, 1))
GROUNDS = ("rings", "parallel", "rays", "cleared", "plain")


def draw(field: Field) -> Array:
    """Return the field redrawn as a linocut: (h, w, 3), sRGB, about 0…1.

    The paper has ink 0 and the block ink 1; ink 2, if there is one, tints the paper inside the things.
    """
    body = field.cut(field.away)
    kind = GROUNDS[int(field.chance().integers(len(GROUNDS)))]
    around = _rings(field) if kind == "rings" else _gouge(field, kind)
    if field.is_place > 0:
        around = around + (_place(field) - around) * field.placed
    carved = _within(field) * body + around * (1 - body)
    # A rim keeps the outline visible: a line of ink where the ground is carved, else a groove.
    width, bare = 1.6 - 0.7 * field.shade + 0.5 * field.cloud(12, 4), step(field.blur(around, 6), 0.42, 0.3)
    carved = carved * (1 - field.cut(width * (1 - bare) - np.abs(field.away - 0.2)))
    carved = np.maximum(carved, field.cut(width * 1.9 * bare - 1 - np.abs(field.away + 0.4)))
    paper = field.ink(0)
    if len(field.inks) > 2:
        paper = over(field.ink(2), field.cut(field.away + 0.8 * field.cloud(30, 9)), paper)
    return over(paper, carved, field.ink(1))


def _within(field: Field) -> Array:
    """Return how far the things are carved (h, w), 0…1: in wide grooves where they are light, hardly where dark."""
    wobble = 0.16 * field.cloud(26, 1) + 0.06 * field.cloud(9, 2)
    phase = (field.away + 16 * field.blur(field.tone * field.cover, 4)) / (PITCH * field.scaled) + wobble
    light = 0.06 + 0.86 * field.detail + 0.28 * field.shade
    share = np.clip(light, 0.0, 0.94) * step(light, 0.12, 0.24)
    left = step(field.edges, 0.5, 0.95) * step(field.detail, 0.8, 0.45)
    return np.asarray(field.stripes(phase, share) * (1 - left), np.float32)


def _rings(field: Field) -> Array:
    """Return how far the ground is carved (h, w), 0…1: in rings around the things that get thinner with distance."""
    wobble = 0.16 * field.cloud(26, 1) + 0.05 * field.cloud(9, 2)
    pitch = PITCH * field.scaled * (1.1 + 0.012 * np.abs(field.away))
    last = float(field.chance(1).uniform(30, 62))
    share = 0.62 * step(field.away + 5 * field.cloud(40, 3), -last, -2)
    return field.stripes(field.away / pitch + wobble, share * step(share, 0.06, 0.16))


def _gouge(field: Field, kind: str) -> Array:
    """Return how far the ground is carved (h, w), 0…1; ``kind`` is one of :data:`GROUNDS` except "rings"."""
    lean = float(field.chance(2).uniform(-1.3, 1.3))
    near = step(field.away, -70, 0)
    if kind == "rays":
        cosine, sine = strokes.along(field, field.blur(field.cover, 24), lean=lean + np.pi / 2, rest=0.0004)
        course, width = (-sine, cosine), 0.6 + 2.2 * near
    else:
        course = strokes.along(field, 0.2 * field.cloud(110, 5), lean=lean)
        width = {"parallel": 2.6 - 1.2 * near, "cleared": 1.3 + 0 * near, "plain": 2.4 * step(near, 0.86, 1)}[kind]
    cell = GOUGE * field.scaled
    cut = field.cut(strokes.distance(field, course, cell=cell, length=1.5 * cell, width=width - 0.4, number=6))
    return 1 - cut if kind == "cleared" else cut


def _place(field: Field) -> Array:
    """Return how far a place is carved (h, w), 0…1: more where it is lighter, in cuts that follow its shapes."""
    soft = field.blur(field.far, 2)
    course = strokes.along(field, soft, lean=float(field.chance(3).uniform(-0.2, 0.2)), rest=0.006)
    cell = 0.8 * GOUGE * field.scaled
    deep = strokes.distance(field, course, cell=cell, length=1.7 * cell, width=3.2 * step(soft, 0.05, 0.95), number=7)
    return field.cut(deep + 2.6 * (field.far - 0.5) - 2.5 * step(field.away, -7, 0))
