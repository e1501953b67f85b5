"""Etching: layers of hatching that follow the shapes of things, over a thin film of ink."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field, over, step

LIFT = 12.0
"""How far lines are displaced over the highest part of a thing, in units."""

LAYERS = ((0.35, 6.2, 0.16), (-0.65, 7.0, 0.52), (1.25, 8.0, 0.74))
"""Layers of hatching: angle in radians, distance between lines in units, and the darkness at which they appear."""

INKS = (
    ("efe3cb", "2a1d16"), ("f1e7d3", "1b1a1c"), ("ece2cd", "1c2742"), ("f0dfc4", "4a2417"), ("e9e3d2", "20332e"),
    ("f2e6d0", "231b1e", "c9a27a"), ("ece5d6", "1d2433", "a9b7b4"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 8), ("tilted", 1, 1, 1.5), ("grid", 2, 2, 0.1))


def draw(field: Field) -> Array:
    """Return the field redrawn as an etching: (h, w, 3), sRGB, about 0…1.

    Lines have ink 1 and the paper ink 0; the tone under the lines has ink 2, if there is one, else ink 1.
    """
    body = field.cut(field.away)
    dark = _dark(field, body)
    paper = _paper_tone(field, dark, body)
    ink = _hatching(field, dark, body)
    outline = field.cut(0.55 - 0.75 * field.shade + 0.35 * field.cloud(20, 4) - np.abs(field.away - 0.6))
    inner = step(field.edges, 0.4, 0.85) * step(field.detail, 0.75, 0.35) * body
    ink = np.maximum(ink, np.maximum(outline, 0.85 * inner))
    return over(field.ink(1), ink, paper)


def _dark(field: Field, body: Array) -> Array:
    """Return the wanted darkness of each pixel (h, w), 0…1; ``body`` (h, w) is the things' coverage."""
    things = 1.02 - field.detail - 0.45 * field.shade
    down, across = field.slopes(field.blur(field.cover, 16))
    # The ground is dark behind the lit side of a thing, and light behind its shaded side.
    turned = np.tanh(45 * (across * field.side - 0.4 * down))
    near = step(field.away, -70, 0)
    low = step(field.places[1] / field.size[0], 0.5, 0.85)
    plain = (
        0.12 + 0.3 * np.maximum(turned, 0) * near + 0.12 * low,
        0.3 + 0.36 * turned * near + 0.1 * field.cloud(80, 5) * (1 - near),
        0.74 - 0.2 * near + 0.2 * turned * near,
        0.5 - 0.4 * low + 0.3 * turned * near,
    )[int(field.chance(1).integers(4))]
    place = 0.92 - 0.85 * field.far + 0.15 * turned * near
    ground = plain + (place - plain) * field.placed
    return np.asarray(np.clip(things * body + ground * (1 - body), 0, 1), np.float32)


def _hatching(field: Field, dark: Array, body: Array) -> Array:
    """Return the coverage (h, w), 0…1, of all layers of hatching for a wanted darkness (h, w)."""
    x, y = field.places
    lean = float(field.chance().uniform(-0.5, 0.5))
    lift = LIFT * (field.bulge + 0.6 * field.blur(field.far, 3) * field.placed * (1 - body))
    wobble = 2.4 * field.cloud(60, 1) + 0.7 * field.cloud(14, 2)
    left = np.ones(field.shape, np.float32)
    for number, (angle, pitch, start) in enumerate(LAYERS):
        turn = angle + lean
        lane = x * np.sin(turn) + y * np.cos(turn) - lift * (1 if number != 1 else -1) + wobble
        share = 0.74 * step(dark * (1 + 0.1 * field.cloud(12, 20 + number)), start - 0.06, start + 0.72)
        left *= 1 - field.stripes(lane / (pitch * field.scaled), share)
    return np.asarray(1 - left, np.float32)


def _paper_tone(field: Field, dark: Array, body: Array) -> Array:
    """Return the paper (h, w, 3), sRGB, with a thin film of ink, and a grain like an aquatint in dark parts."""
    film = 0.05 + 0.03 * field.cloud(110, 7) + 0.04 * (1 - body)
    grain = step(field.blur(dark, 1.5) * (1 + 0.25 * field.cloud(4.6, 8)), 0.42, 0.66) + step(
        dark + 0.12 * field.cloud(5.2, 9), 0.7, 0.95
    )
    tone = np.clip(film + 0.24 * grain, 0, 0.8)
    return over(field.ink(2 if len(field.inks) > 2 else 1), tone, field.ink(0))
