"""Woodcut: the plank prints its grain, which runs around the things as around knots; pieces are inked separately."""

from __future__ import annotations

import math

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import inking
from sketch.marks.field import Field, Numbers, over, step

PITCH = 7.0
"""The distance between lines of the grain, in units."""

INKS = (
    ("efe3c8", "17211f", "1f5a54", "c8452c", "d9a441", "3f6f9a"),
    ("f0e4cc", "1d1a1a", "b5482f", "2f4f6f", "d8b25c", "6f8a5a"),
    ("e9dcc0", "14202f", "2f5a8a", "d07a3a", "8aa68a", "c8b07a"),
    ("f2e6d0", "2a1618", "7a2430", "d0603a", "e0b060", "3f5a55"),
    ("ebe0c8", "1a2018", "4a6a3a", "a08a3a", "c05a3a", "2f5f6a"),
    ("efe6d6", "20182a", "4f3f7a", "c85a6a", "d9a85a", "3a7a80"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1))


def draw(of: Field) -> Array:
    """Return a field drawn in inks on paper, ink 0: ink 1 for dark parts, the others for the pieces of the block."""
    grain = _grain(of)
    body = of.cut(of.away)
    pieces = over(_own(of), body, _ground(of, grain))
    # Dark parts are cut in a second block, which ends in gouges along the grain.
    dark = np.clip(0.9 - 1.3 * of.tone - 0.3 * of.shade, 0, 1) * body
    dark = dark + (1 - body) * of.is_place * np.clip(1.05 - 1.6 * of.lab[..., 0], 0, 0.8)
    second = of.stripes(grain / (PITCH * 0.9 * of.scale) + 0.1 * of.cloud(14, 3), np.clip(dark * 1.25 - 0.12, 0, 1))
    second = second * step(dark, 0.12, 0.25)
    second = np.maximum(second, step(of.edges, 0.45, 0.9) * body * 0.9)
    printed = over(of.ink(1), second, pieces)
    # Soft wood prints pale between the rings, and some pieces of the block leave small gaps.
    rings = of.stripes(grain / (PITCH * of.scale) + 0.35, np.clip(0.26 + 0.16 * _streaks(of, grain), 0.02, 0.6))
    gap = of.cut(1.2 * of.cloud(34, 7) - 0.25 - np.abs(of.away + 0.4)) * 0.9
    bare = np.clip(rings * (0.52 - 0.12 * body - 0.2 * second) + gap, 0, 1)
    return over(np.broadcast_to(of.ink(0), of.ground.shape), bare, printed)


def _across(of: Field) -> tuple[Numbers, Numbers]:
    """Return the coordinates across and along the plank (h, w) in units, from its middle."""
    x, y = (place - side / 2 for place, side in zip(of.places, reversed(of.size), strict=True))
    turn = float(of.chance(1).choice((0.0, 0.0, np.pi / 2, 0.3, -0.35)))
    return y * math.cos(turn) + x * math.sin(turn), x * math.cos(turn) - y * math.sin(turn)


def _grain(of: Field) -> Array:
    """Return the position across the rings (h, w), in units: even, but bent around knots and around the things."""
    chance = of.chance(2)
    across, along = _across(of)
    for _ in range(int(chance.integers(1, 4))):
        at, to, wide = chance.uniform(-110, 110), chance.uniform(-120, 120), chance.uniform(14, 30)
        far = np.sqrt((across - at) ** 2 + ((along - to) / 2.2) ** 2)
        across = at + (across - at) * (1 - 0.55 * np.exp(-((far / wide) ** 2)))
    middle = float((_across(of)[0] * of.cover).sum() / (of.cover.sum() + 1e-3))
    bent = (across - middle) * (1 - 0.4 * step(of.away, -60, -2)) + middle
    return np.asarray(bent + 12 * of.bulge + 2.6 * of.cloud(110, 4), np.float32)


def _streaks(of: Field, grain: Array) -> Array:
    """Return how softly each ring of the plank prints (h, w), in long streaks along the grain."""
    return np.asarray(np.sin(grain / 17 + of.cloud(120, 5)) + 0.6 * of.cloud(60, 6), np.float32)


def _own(of: Field) -> Array:
    """Return the ink of the things' pieces (h, w, 3): the nearest in hue, and paper in light parts."""
    inks = colour.lab(np.stack([of.ink(number) for number in (0, 2, 3, 4, 5)]))
    wanted = of.lab.copy()
    wanted[..., 0] = 0.5 * wanted[..., 0] + 0.5 * (0.25 + 0.7 * of.tone)
    if of.wished:  # things requested in black are printed in the dark ink
        wanted[..., 0] += 0.6 * of.wish * (of.lab[..., 0] - wanted[..., 0])
        burden = np.array([0, 0, 0, 0, 0, 0.1 * (1 - of.wished)], np.float32)
        inks = np.concatenate([inks, colour.lab(of.inks[1:2])])
        own = inking.nearest(wanted, inks, soft=0.0018, weights=(0.35, 1.4), burden=burden)
    else:
        own = inking.nearest(wanted, inks, soft=0.0018, weights=(0.35, 1.4))
    own[..., 0] += 0.1 * (of.tone - 0.5)
    return colour.rgb(own)


def _ground(of: Field, grain: Array) -> Array:
    """Return the inks of the ground's pieces (h, w, 3): bands along the grain, or the place."""
    chance = of.chance(3)
    inks = colour.lab(np.stack([of.ink(number) for number in range(6)]))
    order = 2 + chance.permutation(4)
    edges = np.sort(chance.uniform(-80, 80, int(chance.integers(0, 3))))
    base = inking.opposite(inks[order], of.mean, soft=0.05)
    bands = np.broadcast_to(colour.rgb(base), of.ground.shape)
    for number, edge in enumerate(edges, 1):
        bands = over(of.ink(int(order[number])), of.cut((grain - edge + 5 * of.cloud(70, 8)) * 0.8), bands)
    # The transition between two inks of a place consists of gouges along the grain.
    place = colour.lab(of.ground)
    gouge = 4 * np.abs((grain / (2 * PITCH * of.scale)) % 1 - 0.5) - 1
    place[..., 0] += 0.07 * gouge - 0.22 * np.tanh(3 * (of.nearby[..., 0] - 0.6)) * step(of.away, -24, -2)
    place[..., 1:] *= 1.4
    burden = np.array([0.012, 0.004, 0, 0, 0, 0], np.float32)
    inked = inking.nearest(place, inks, soft=0.0012, weights=(0.8, 2), burden=burden)
    return np.asarray(bands + (colour.rgb(inked) - bands) * of.is_place, np.float32)
