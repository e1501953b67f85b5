"""Woodcut: the print shows the grain of the wood, which bends around things as around knots; parts differ in ink."""

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
)
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1))


def draw(field: Field) -> Array:
    """Return the field redrawn as a woodcut: (h, w, 3), sRGB, about 0…1.

    Ink 0 is the paper and ink 1 prints dark parts; inks 2 to 5 print the other parts of the things and the ground.
    """
    grain = _grain(field)
    body = field.cut(field.away)
    pieces = over(_own(field), body, _ground(field, grain))
    # Dark parts are printed from a second block, as lines along the grain that end in points.
    dark = np.clip(0.9 - 1.3 * field.tone - 0.3 * field.shade, 0, 1) * body
    dark = dark + (1 - body) * field.is_place * np.clip(1.05 - 1.6 * field.lab[..., 0], 0, 0.8)
    second = field.stripes(
        grain / (PITCH * 0.9 * field.scale) + 0.1 * field.cloud(14, 3), np.clip(dark * 1.25 - 0.12, 0, 1)
    )
    second = second * step(dark, 0.12, 0.25)
    second = np.maximum(second, step(field.edges, 0.45, 0.9) * body * 0.9)
    printed = over(field.ink(1), second, pieces)
    # Soft wood between the growth rings prints pale, and there are small gaps at some outlines.
    rings = field.stripes(
        grain / (PITCH * field.scale) + 0.35, np.clip(0.26 + 0.16 * _streaks(field, grain), 0.02, 0.6)
    )
    gap = field.cut(1.2 * field.cloud(34, 7) - 0.25 - np.abs(field.away + 0.4)) * 0.9
    bare = np.clip(rings * (0.52 - 0.12 * body - 0.2 * second) + gap, 0, 1)
    return over(field.ink(0), bare, printed)


def _across(field: Field) -> tuple[Numbers, Numbers]:
    """Return each pixel's coordinates across and along the wood (h, w), in units, from the middle of the picture."""
    x, y = (place - side / 2 for place, side in zip(field.places, reversed(field.size), strict=True))
    turn = float(field.chance(1).choice((0.0, 0.0, np.pi / 2, 0.3, -0.35)))
    return y * math.cos(turn) + x * math.sin(turn), x * math.cos(turn) - y * math.sin(turn)


def _grain(field: Field) -> Array:
    """Return the position across the growth rings (h, w), in units: even, but bent around knots and things."""
    chance = field.chance(2)
    across, along = _across(field)
    for _ in range(int(chance.integers(1, 4))):
        at, to, wide = chance.uniform(-110, 110), chance.uniform(-120, 120), chance.uniform(14, 30)
        far = np.sqrt((across - at) ** 2 + ((along - to) / 2.2) ** 2)
        across = at + (across - at) * (1 - 0.55 * np.exp(-((far / wide) ** 2)))
    middle = float((_across(field)[0] * field.cover).sum() / (field.cover.sum() + 1e-3))
    bent = (across - middle) * (1 - 0.4 * step(field.away, -60, -2)) + middle
    return np.asarray(bent + 12 * field.bulge + 2.6 * field.cloud(110, 4), np.float32)


def _streaks(field: Field, grain: Array) -> Array:
    """Return how pale each growth ring prints (h, w), about -2…2, in long streaks along the grain."""
    return np.asarray(np.sin(grain / 17 + field.cloud(120, 5)) + 0.6 * field.cloud(60, 6), np.float32)


def _own(field: Field) -> Array:
    """Return the colours of the things (h, w, 3), sRGB: inks near their hue, and paper in light parts."""
    inks = colour.lab(np.stack([field.ink(number) for number in (0, 2, 3, 4, 5)]))
    wanted = field.lab.copy()
    wanted[..., 0] = 0.5 * wanted[..., 0] + 0.5 * (0.25 + 0.7 * field.tone)
    burden = None
    if field.mean_request:  # things requested in black are printed in the dark ink
        wanted[..., 0] += 0.6 * field.request * (field.lab[..., 0] - wanted[..., 0])
        burden = np.array([0, 0, 0, 0, 0, 0.1 * (1 - field.mean_request)], np.float32)
        inks = np.concatenate([inks, colour.lab(field.inks[1:2])])
    own = inking.nearest(wanted, inks, soft=0.0018, weights=(0.35, 1.4), burden=burden)
    own[..., 0] += 0.1 * (field.tone - 0.5)
    return colour.rgb(own)


def _ground(field: Field, grain: Array) -> Array:
    """Return the colours of the ground (h, w, 3), sRGB: bands of inks along the grain, or a place."""
    chance = field.chance(3)
    inks = colour.lab(np.stack([field.ink(number) for number in range(6)]))
    order = 2 + chance.permutation(4)
    edges = np.sort(chance.uniform(-80, 80, int(chance.integers(0, 3))))
    bands = colour.rgb(inking.opposite(inks[order], field.mean, soft=0.05))
    for number, edge in enumerate(edges, 1):
        bands = over(field.ink(int(order[number])), field.cut((grain - edge + 5 * field.cloud(70, 8)) * 0.8), bands)
    # Between two inks of a place there are lines along the grain.
    place = colour.lab(field.ground)
    gouge = 4 * np.abs((grain / (2 * PITCH * field.scale)) % 1 - 0.5) - 1
    place[..., 0] += 0.07 * gouge - 0.22 * np.tanh(3 * (field.nearby[..., 0] - 0.6)) * step(field.away, -24, -2)
    place[..., 1:] *= 1.4
    burden = np.array([0.012, 0.004, 0, 0, 0, 0], np.float32)
    inked = inking.nearest(place, inks, soft=0.0012, weights=(0.8, 2), burden=burden)
    return np.asarray(bands + (colour.rgb(inked) - bands) * field.is_place, np.float32)
