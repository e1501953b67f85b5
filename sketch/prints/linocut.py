"""Linocut: light parts are carved out of ink in grooves that follow the form."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks import strokes
from sketch.marks.field import Field, over, step

PITCH = 7.0
"""The distance between grooves, in units."""

GOUGE = 11.0
"""The distance between cuts of a gouge in the ground, in units."""

INKS = (
    ("efe6d2", "1c1a19"), ("f1e7d0", "14323a"), ("efe4cc", "5a1f18"), ("ece6d6", "1f3d2b"), ("f3e2c4", "8c2f1f"),
    ("f0e3c8", "1c1a19", "d9923b"), ("efe6d6", "17202e", "c8553d"), ("f2ead9", "27201c", "7fa08a"),
    ("f3e9d6", "1d2b4f", "e0a9a0"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 8), ("grid", 2, 2, 1), ("tilted", 1, 1, 1))
GROUNDS = ("rings", "parallel", "rays", "cleared", "plain")


def draw(of: Field) -> Array:
    """Return a field drawn in ink 1 on paper, ink 0; a third ink, if any, is printed below within the things."""
    body = of.cut(of.away)
    kind = GROUNDS[int(of.chance().integers(len(GROUNDS)))]
    around = _rings(of) if kind == "rings" else _gouged(of, kind)
    if of.is_place > 0:
        around = around + (_place(of) - around) * of.placed
    carved = _within(of) * body + around * (1 - body)
    # A rim preserves the silhouette: of ink where the ground is carved, else a groove.
    width, bare = 1.6 - 0.7 * of.shade + 0.5 * of.cloud(12, 4), step(of.blur(around, 6), 0.42, 0.3)
    carved = carved * (1 - of.cut(width * (1 - bare) - np.abs(of.away - 0.2)))
    carved = np.maximum(carved, of.cut(width * 1.9 * bare - 1 - np.abs(of.away + 0.4)))
    paper = np.broadcast_to(of.ink(0), of.ground.shape)
    if len(of.inks) > 2:
        paper = over(of.ink(2), of.cut(of.away + 0.8 * of.cloud(30, 9)), paper)
    return over(paper, carved, of.ink(1))


def _within(of: Field) -> Array:
    """Return the carved part of the things (h, w): wide in light parts, almost nothing in dark ones."""
    wobble = 0.16 * of.cloud(26, 1) + 0.06 * of.cloud(9, 2)
    phase = (of.away + 16 * of.blur(of.tone * of.cover, 4)) / (PITCH * of.scaled) + wobble
    light = 0.06 + 0.86 * of.detail + 0.28 * of.shade
    share = np.clip(light, 0.0, 0.94) * step(light, 0.12, 0.24)
    left = step(of.edges, 0.5, 0.95) * step(of.detail, 0.8, 0.45)
    return np.asarray(of.stripes(phase, share) * (1 - left), np.float32)


def _rings(of: Field) -> Array:
    """Return rings carved around the things (h, w), thinner with distance, until plain ink is left."""
    wobble = 0.16 * of.cloud(26, 1) + 0.05 * of.cloud(9, 2)
    pitch = PITCH * of.scaled * (1.1 + 0.012 * np.abs(of.away))
    last = float(of.chance(1).uniform(30, 62))
    share = 0.62 * step(of.away + 5 * of.cloud(40, 3), -last, -2)
    return of.stripes(of.away / pitch + wobble, share * step(share, 0.06, 0.16))


def _gouged(of: Field, kind: str) -> Array:
    """Return the carved ground (h, w): parallel cuts, rays, cleared except for ridges, or nearly plain."""
    lean = float(of.chance(2).uniform(-1.3, 1.3))
    near = step(of.away, -70, 0)
    if kind == "rays":
        cosine, sine = strokes.along(of, of.blur(of.cover, 24), lean=lean + np.pi / 2, rest=0.0004)
        way, width = (-sine, cosine), 0.6 + 2.2 * near
    else:
        way = strokes.along(of, 0.2 * of.cloud(110, 5), lean=lean)
        width = {"parallel": 2.6 - 1.2 * near, "cleared": 1.3 + 0 * near, "plain": 2.4 * step(near, 0.86, 1)}[kind]
    cell = GOUGE * of.scaled
    cut = of.cut(strokes.distance(of, way, cell=cell, length=1.5 * cell, width=width - 0.4, number=6))
    return 1 - cut if kind == "cleared" else cut


def _place(of: Field) -> Array:
    """Return the carved place (h, w), by its lightness, in cuts that follow its shapes."""
    soft = of.blur(of.far, 2)
    way = strokes.along(of, soft, lean=float(of.chance(3).uniform(-0.2, 0.2)), rest=0.006)
    cell = 0.8 * GOUGE * of.scaled
    deep = strokes.distance(of, way, cell=cell, length=1.7 * cell, width=3.2 * step(soft, 0.05, 0.95), number=7)
    return of.cut(deep + 2.6 * (of.far - 0.5) - 2.5 * step(of.away, -7, 0))
