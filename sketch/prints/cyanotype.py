"""Cyanotype: what lies on the paper keeps the light off; things are pale in the deep of the ground."""

from __future__ import annotations

import math

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, step

INKS = (
    ("f1efe4", "b9cdd6", "4f86ad", "1c4f86", "0d2a52"),
    ("f3ead6", "c9c9be", "6d92a0", "28587a", "10304a"),
    ("f4f1ea", "bcd6dc", "3f97b5", "0f5f8f", "082f57"),
    ("f2efe8", "c2c8dc", "6f7fb0", "34408a", "191f52"),
    ("f0e6cf", "d8c39a", "a9804f", "6a4426", "2f1d14"),
    ("eeeae2", "c3bdb8", "86807f", "4a4548", "19181b"),
    ("f5ead9", "e6bfa4", "c27a5e", "7a3a3a", "351a24"),
    ("eef0e2", "bfd0b4", "6f9a80", "2f6457", "12332f"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 2), ("grid", 2, 2, 1))
LAYERS = 3
"""How often the things were laid on the paper: once for good, before that for a moment."""


def draw(of: Field) -> Array:
    """Draw a field in inks from paper to the deepest; what was moved while light fell leaves veils behind."""
    light = _veils(of)
    held = _held(of)
    ground = 0.93 - 0.06 * of.cloud(70, 1) - light
    bright = of.blur(colour.lab(of.ground)[..., 0], 1.0)
    steps = np.tanh((bright - bright.mean()) / (2 * bright.std() + 0.06))
    ground = ground + (0.78 - 0.24 * steps - 0.35 * light - ground) * of.is_place
    exposed = ground * (1 - held) + 0.02
    exposed = exposed * _brushed(of)
    at = np.clip(exposed + 0.016 * of.cloud(5, 2) + 0.02 * of.cloud(16, 3), 0, 1)
    stops = np.linspace(0, 1, len(of.inks))
    return np.stack([np.interp(at, stops, of.inks[:, part]) for part in range(3)], -1).astype(np.float32)


def _held(of: Field) -> Array:
    """Return how much light things keep off (h, w): most where they lie close, less where they are thin or dark."""
    body = of.cut(of.away)
    through = np.clip(0.5 + 0.8 * (of.tone - 0.4) + 0.12 * of.shade, 0.16, 1)
    through = through + 0.22 * step(of.away, 7, 0) - 0.55 * of.edges * step(of.away, 1, 5)
    # A shadow's edge is soft where the thing rises from the paper.
    rest = 0.25 * of.blur(of.cover, 5) * (1 - body)
    return np.asarray(np.clip(through, 0.06, 0.98) * body + rest, np.float32)


def _veils(of: Field) -> Array:
    """Return how much light earlier layers kept off (h, w): the things, turned and moved, pale in the ground."""
    from scipy import ndimage

    chance, (high, wide) = of.chance(), of.size
    veil = np.zeros(of.shape, np.float32)
    for number in range(LAYERS - 1):
        turn, scale = chance.uniform(-0.7, 0.7), chance.uniform(0.75, 1.35)
        to = np.array([chance.uniform(-0.16, 0.16) * high, chance.uniform(-0.22, 0.22) * wide]) / of.pixel
        cosine, sine = math.cos(turn) / scale, math.sin(turn) / scale
        matrix = np.array([[cosine, -sine], [sine, cosine]])
        middle = np.array(of.shape) / 2
        start = middle - matrix @ (middle + to)
        moved = ndimage.affine_transform(of.cover * (0.55 + 0.45 * of.tone), matrix, start, order=1)
        veil += (0.4 - 0.16 * number) * of.blur(moved, 1.0 + 2 * number)
    return veil


def _brushed(of: Field) -> Array:
    """Return where the paper was coated (h, w), 0…1: all of it, or as far as the brush went, by chance."""
    chance, (x, y), (high, wide) = of.chance(2), of.places, of.size
    strokes = np.asarray(1 + 0.03 * np.sin(y / 2.2 + of.cloud(60, 4)), np.float32)
    if chance.random() < 0.6:
        return strokes
    # The brush went across: its strokes end raggedly at the sides, and straight above and below.
    ends = 7 * of.cloud(13, 5) + 4 * of.cloud(50, 6)
    sides = np.minimum(x + ends[:, :1], wide - x + ends[:, -1:])
    edges = np.minimum(y, high - y) + 1.5 * of.cloud(40, 7)
    inside = np.minimum(sides - chance.uniform(10, 20), edges - chance.uniform(6, 14)) + 0.8 * of.cloud(7, 8)
    return np.asarray(strokes * step(inside, -2.5, 2), np.float32)
