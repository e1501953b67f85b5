"""Op art in dots: an even grid of dots, sized by tone, that bulges over the things and changes its colours there.

As in Victor Vasarely's pictures, dots are large where a form is nearest and crowded at its outline.
"""

from __future__ import annotations

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field, Numbers, over, step

PITCH = 8.6
SWELL = 620.0
"""How strongly the slope at the edge of a thing displaces the dots, in square units."""

INKS = (
    ("f3efe4", "15151a"), ("f2e9d2", "101a3a", "e4572e"), ("f6d9b8", "1b1f3b", "e8452c"),
    ("f7c948", "1d3557", "e63946"), ("f2e8d5", "17324d", "d1495b", "edae49"),
    ("1a1423", "4cc9d6", "e84a8a"), ("f3dfb2", "0f4c45", "f08a4b"),
    ("14213d", "e9e4d4", "3d7ea6", "f2a65a"), ("e9d8d0", "5b1a4a", "2a9d8f"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 7), ("tilted", 1, 1, 1.5), ("grid", 2, 2, 0.1))
ROUNDNESS = (2.0, 2.0, 2.6, 1.5, 5.0)
"""The exponents of the dots' outlines to choose from: 2 is a circle, 1.5 nearly a diamond, 5 nearly a square."""


def draw(field: Field) -> Array:
    """Return the field redrawn in dots: (h, w, 3), sRGB, about 0…1.

    In the ground, dots of ink 1 lie on ink 0. In the things, light dots lie on dark; ink 2, if any, tints the dark, and
    ink 3 the dots.
    """
    body = field.cut(field.away)
    lean = float(field.chance().uniform(-0.8, 0.8))
    return over(_within(field, lean), body, _around(field, lean))


def _within(field: Field, lean: float) -> Array:
    """Return the things (h, w, 3): light dots on dark, larger in lighter parts; ``lean`` turns the grid, in radians."""
    x, y = field.places
    down, across = field.slopes(field.blur(field.cover, 16))
    moved = [20 * np.tanh(SWELL * slope / 20) for slope in (across, down)]
    pale, dark = sorted((field.ink(0), field.ink(1)), key=lambda ink: -float(ink.mean()))
    light = np.clip(0.5 + 1.2 * (field.detail - 0.5) + 0.4 * field.shade, 0, 1)
    if len(field.inks) > 2:
        dark = over(field.ink(2), step(field.blur(field.tone, 1) + 0.3 * field.shade, 0.1, 0.5), dark)
    if len(field.inks) > 3:
        pale = over(field.ink(3), step(field.tone + 0.4 * field.shade, 0.95, 0.3), pale)
    dots = _dots(field, x + moved[0], y + moved[1], lean, 0.1 + 0.72 * light + 0.5 * step(light, 0.85, 1.0), 0.9)
    return over(pale, dots, dark)


def _around(field: Field, lean: float) -> Array:
    """Return the ground (h, w, 3): dots sized by the tone of a place, or growing to one side, or around the things."""
    x, y = field.places
    high, wide = field.size
    turn = float(field.chance(1).uniform(0, 2 * np.pi))
    ramp = 0.5 + 0.5 * ((x / wide - 0.5) * np.cos(turn) + (y / high - 0.5) * np.sin(turn))
    plain = (0.12 + 0.6 * ramp**1.5, 0.1 + 0.45 * step(field.away, -64, 0), 0.55 - 0.42 * step(field.away, -64, 0))
    ground = plain[int(field.chance(2).integers(3))]
    is_pale = field.inks[0].mean() > field.inks[1].mean()
    dark = 1 - field.far if is_pale else field.far
    ground = ground + (0.06 + 1.1 * dark**1.3 - ground) * field.placed
    # The ground is dark around a light thing, and light around a dark one.
    against = 0.12 + 0.78 * (step(field.neighbour, 0.3, 0.65) if is_pale else step(field.neighbour, 0.65, 0.3))
    ground = ground + (against - ground) * (0.85 - 0.35 * field.placed) * step(field.away, -36, -2)
    x, y = _swollen(field, x + 0 * y, y + 0 * x)
    dots = _dots(field, x, y, lean, ground, 1.0)
    return over(field.ink(1), dots, field.ink(0))


def _swollen(field: Field, x: Array, y: Array) -> tuple[Array, Array]:
    """Return x and y (h, w), in units, magnified around a random point in half of the pictures that show no place."""
    chance = field.chance(4)
    high, wide = field.size
    middle, radius = chance.uniform(0.1, 0.9, 2), float(chance.uniform(60, 120))
    depth = float(chance.choice([0.0, 0.0, 0.6, 0.72])) * (1 - field.is_place)
    dx, dy = x - middle[0] * wide, y - middle[1] * high
    inside = 1 - depth * np.clip(1 - (dx**2 + dy**2) / radius**2, 0, 1) ** 2
    return np.asarray(x + dx * (inside - 1), np.float32), np.asarray(y + dy * (inside - 1), np.float32)


def _dots(field: Field, x: Array, y: Array, lean: float, amount: Numbers, finer: float) -> Array:
    """Return the coverage (h, w), 0…1, of dots on a grid, at coordinates ``x`` and ``y`` (h, w) in units.

    ``amount`` (h, w) is about the share of the area that they cover; well above 1, they cover everything. ``lean``
    turns the grid, in radians; ``finer`` multiplies the distance between dots.
    """
    pitch = PITCH * field.scaled * finer
    u, v = (x * np.cos(lean) + y * np.sin(lean)) / pitch, (y * np.cos(lean) - x * np.sin(lean)) / pitch
    steep = np.maximum(np.hypot(*np.gradient(u)) + np.hypot(*np.gradient(v)), 1e-3) / 2
    power = ROUNDNESS[int(field.chance(3).integers(len(ROUNDNESS)))]
    a, b = np.abs(u - np.floor(u) - 0.5), np.abs(v - np.floor(v) - 0.5)
    away = (a**power + b**power) ** (1 / power)
    radius = 0.56 * np.sqrt(np.clip(amount, 0, 2)) - 0.02
    sharp = np.clip((radius - away) / steep + 0.5, 0, 1)
    blend = step(steep, 0.35, 0.55)
    return np.asarray(sharp + (np.clip(amount, 0, 1) - sharp) * blend, np.float32)
