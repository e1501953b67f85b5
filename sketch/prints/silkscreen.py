"""Silkscreen: flat, strong, misregistered colours under a coarse halftone; each cell of a grid has other colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over, step

PITCH = 6.6
"""The distance between dots of the screen, in units."""

OFF = 3.4
"""How far a colour is printed out of place at most, in units."""

INKS = (
    ("f2ece0", "f6d02f", "16a8c7", "f23b7a", "e8502a", "2b2a7a", "1b1620"),
    ("f4e9d6", "f7b2c4", "f2b632", "e4272c", "1d4fa3", "0f5a4c", "141414"),
    ("efe3cf", "ff8a2a", "2fb38a", "f54f9a", "c9102f", "7a3fa0", "20123a"),
    ("f5f0e6", "c7d93d", "f7a8c0", "3fb8e0", "ef4136", "5b2076", "101820"),
    ("f1ede4", "b9c7d6", "e9b44c", "d65a78", "6f8f7a", "7b2d26", "22252c"),
    ("fbf6ea", "f4e04d", "b48ede", "f0604d", "00a19a", "8c1c5a", "171a3a"),
)
LAYOUTS = (("grid", 2, 2, 3), ("grid", 2, 3, 0.1), ("grid", 3, 3, 0.1), ("single", 1, 1, 4))


def draw(field: Field) -> Array:
    """Return the field redrawn as a silkscreen: (h, w, 3), sRGB, about 0…1.

    In each cell, the ground and the light, middle and warm parts of things have flat inks, under dots of a dark ink.
    """
    schemes = _schemes(field)[field.cells]
    ground, shadow, light, middle, warm, key = (schemes[..., part, :] for part in range(6))
    rng = field.chance(1)
    shifts = rng.uniform(-OFF, OFF, (3, 2))
    tone = field.blur(field.tone, 1.2)
    body = field.cut(field.shift(field.blur(field.away, 1.5) + 1.2, *shifts[0]))
    pale = _part(field, field.shift(tone, *shifts[1]), 0.56)
    red = _part(field, field.shift(field.blur(field.warmth, 1.5), *shifts[2]), 0.62)
    flat = over(light, pale, middle)
    flat = over(warm, red * (1 - 0.75 * pale), flat)
    return over(key, _screen(field, tone), over(flat, body, _behind(field, ground, shadow, middle)))


def _part(field: Field, values: Array, level: float) -> Array:
    """Return the coverage (h, w), 0…1, of the area where values (h, w) exceed a level; its edge is soft."""
    down, across = field.slopes(values)
    soft = np.maximum(np.hypot(down, across) * field.pixel, 0.05)
    return np.asarray(np.clip((values - level) / soft + 0.5, 0, 1), np.float32)


def _behind(field: Field, ground: Array, shadow: Array, middle: Array) -> Array:
    """Return the ground (h, w, 3), sRGB: one flat ink with a second one in places, or a place in three inks.

    The last three arguments are inks per pixel (h, w, 3).
    """
    plain = over(shadow, _answer(field), ground)
    if field.is_place == 0:
        return plain
    light = field.blur(colour.lab(field.ground)[..., 0], 2)
    pitch, turn = 1.25 * PITCH * field.scale, float(field.chance(2).uniform(0.9, 1.4))
    place = over(ground, field.halftone(step(light, 0.62, 0.86), pitch, turn + 0.5), middle)
    place = over(shadow, field.halftone(step(light, 0.75, 0.35), pitch, turn), place)
    return over(place, field.is_place, plain)


def _answer(field: Field) -> Array:
    """Return the coverage (h, w), 0…1, of the ground's second ink: a shadow, solid or dotted, a halo, or a block."""
    rng = field.chance(6)
    kind, far, lean = int(rng.integers(5)), float(rng.uniform(7, 24)), float(np.sign(field.side or 0.5))
    thrown = field.shift(field.away, -far * lean, float(rng.uniform(-0.3, 0.9)) * far)
    rough = 1.6 * field.cloud(22, 7) + 0.8 * field.cloud(8, 8)
    if kind == 0:
        return field.cut(thrown)
    if kind == 1:
        return field.halftone(step(thrown, -26, 8), 1.5 * PITCH * field.scale, float(rng.uniform(0.5, 1.1)))
    if kind == 2:
        return field.cut(field.away + far + rough)
    x, y = field.places
    across, down = field.centre
    angle = float(rng.uniform(-0.25, 0.25)) + np.pi / 2 * int(rng.integers(4))
    edge = (x - across) * np.cos(angle) + (y - down) * np.sin(angle)
    return field.cut(edge + rough + (0 if kind == 3 else 30))


def _screen(field: Field, tone: Array) -> Array:
    """Return the coverage (h, w), 0…1, of the dark ink: solid in dark parts, dots in middle tones, lines at edges."""
    pitch, angle = PITCH * field.scale, float(field.chance(2).uniform(0.2, 0.6))
    dark = 1 - tone - 0.22 * field.shade + 0.04 * field.cloud(30, 3)
    share = step(dark - 0.12 * field.request, 0.28, 0.78)
    dots = field.halftone(share, pitch, angle)
    lines = (
        step(field.edges, 0.5, 0.95)
        * field.cut(field.away + 1)
        * step(field.cloud(34, 4), -1.0, 0.2)
        * step(dark, 0.15, 0.45)
    )
    solid = step(dark - 0.1 * field.request, 0.74, 0.86)
    return np.asarray(np.maximum.reduce([dots, lines * 0.9, solid]) * field.cut(field.away + 1), np.float32)


def _schemes(field: Field) -> Array:
    """Return six inks for each cell (cells, 6, 3), sRGB: ground, shadow, light, middle, warm, and the dots'.

    The field's last two inks must be the dark ones, and the others sorted from light to dark.
    """
    brights, dark, darkest = np.arange(len(field.inks) - 2), len(field.inks) - 2, len(field.inks) - 1
    turn = field.chance(5).permutation(brights)
    schemes = []
    for cell in range(int(field.cells.max()) + 1):
        ground, *rest = np.roll(turn, -cell)
        light, warm, middle, *_ = sorted(np.roll(rest, cell // len(turn)))
        is_reversed = (cell + field.seed) % 4 == 0
        key, shadow = (dark, darkest) if is_reversed else (darkest, dark)
        if (3 * cell + field.seed) % 7 == 0:
            ground, shadow = shadow, ground
        schemes.append([ground, shadow, light, middle, warm, key])
    chosen = np.asarray(field.inks[np.array(schemes)], np.float32)
    # In every fourth cell, and without cells, the light ink is the one nearest to the things.
    for cell in range(0, len(schemes), 4):
        chosen[cell, 2] = _own(field, brights[brights != schemes[cell][0]])
    return _apply_request(field, chosen) if field.mean_request else chosen


def _apply_request(field: Field, schemes: Array) -> Array:
    """Return schemes (cells, 6, 3), changed in place: things have the requested colour in cells 0, 3, 4, 7, …."""
    light, middle, warm = range(2, 5)
    own = colour.lab(_own(field, np.arange(1, len(field.inks))))
    shown = np.stack([own, own * (0.8, 0.95, 0.95), own * (0.9, 1.1, 1.1)]).astype(np.float32)
    # A ground similar to the things would hide them, so it gets the paper's ink.
    for cell in (each for each in range(len(schemes)) if each % 4 in (0, 3)):
        schemes[cell, [light, middle, warm]] += (
            colour.rgb(shown) - schemes[cell, [light, middle, warm]]
        ) * field.mean_request
        like = np.exp(-((colour.lab(schemes[cell, 0]) - own) ** 2).sum() / 0.12**2)
        schemes[cell, 0] += (field.ink(0) - schemes[cell, 0]) * field.mean_request * like
    return schemes


def _own(field: Field, among: NDArray[np.int64]) -> Array:
    """Return the ink, sRGB (3,), nearest to the things' mean colour; ``among`` are the numbers of those allowed."""
    apart = ((colour.lab(field.inks[among]) - field.mean) ** 2 * (0.6, 2, 2)).sum(1)
    likely = np.exp((apart.min() - apart) / 0.008)
    return np.asarray(likely @ field.inks[among] / likely.sum(), np.float32)
