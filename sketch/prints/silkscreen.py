"""Silkscreen: flat, strong, misregistered colours under a coarse halftone, another scheme in each cell of a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over, step

PITCH = 6.6
"""The distance between dots of the screen, in units."""

OFF = 3.4
"""The largest misregistration of a colour, in units."""

INKS = (
    ("f2ece0", "f6d02f", "16a8c7", "f23b7a", "e8502a", "2b2a7a", "1b1620"),
    ("f4e9d6", "f7b2c4", "f2b632", "e4272c", "1d4fa3", "0f5a4c", "141414"),
    ("efe3cf", "ff8a2a", "2fb38a", "f54f9a", "c9102f", "7a3fa0", "20123a"),
    ("f5f0e6", "c7d93d", "f7a8c0", "3fb8e0", "ef4136", "5b2076", "101820"),
    ("f1ede4", "b9c7d6", "e9b44c", "d65a78", "6f8f7a", "7b2d26", "22252c"),
    ("fbf6ea", "f4e04d", "b48ede", "f0604d", "00a19a", "8c1c5a", "171a3a"),
)
LAYOUTS = (("grid", 2, 2, 4), ("grid", 2, 3, 2), ("grid", 3, 3, 2), ("single", 1, 1, 4))


def draw(of: Field) -> Array:
    """Return a field drawn in flat inks for light, dark and warm parts by cell, and a screen of the darkest ink."""
    schemes = _schemes(of)[of.cells]
    ground, shadow, light, middle, warm, key = (schemes[..., part, :] for part in range(6))
    rng = of.chance(1)
    shifts = rng.uniform(-OFF, OFF, (3, 2))
    tone = of.blur(of.tone, 1.2)
    body = of.cut(of.shifted(of.blur(of.away, 1.5) + 1.2, *shifts[0]))
    pale = _part(of, of.shifted(tone, *shifts[1]), 0.56)
    red = _part(of, of.shifted(of.blur(of.warmth, 1.5), *shifts[2]), 0.62)
    flat = over(light, pale, middle)
    flat = over(warm, red * (1 - 0.75 * pale), flat)
    return over(key, _screen(of, tone), over(flat, body, _behind(of, ground, shadow, middle)))


def _part(of: Field, values: Array, level: float) -> Array:
    """Return where values (h, w) exceed a level, with an edge about one pixel soft."""
    down, across = of.slopes(values)
    soft = np.maximum(np.hypot(down, across) * of.pixel, 0.05)
    return np.asarray(np.clip((values - level) / soft + 0.5, 0, 1), np.float32)


def _behind(of: Field, ground: Array, shadow: Array, middle: Array) -> Array:
    """Return the ground (h, w, 3): flat, with the things' shadow or a block of colour; or a place in three inks."""
    plain = over(shadow, _answer(of), ground)
    if of.is_place == 0:
        return plain
    light = of.blur(colour.lab(of.ground)[..., 0], 2)
    pitch, turn = 1.25 * PITCH * of.scale, float(of.chance(2).uniform(0.9, 1.4))
    place = over(ground, of.halftone(step(light, 0.62, 0.86), pitch, turn + 0.5), middle)
    place = over(shadow, of.halftone(step(light, 0.75, 0.35), pitch, turn), place)
    return over(place, np.full(of.shape, of.is_place, np.float32), plain)


def _answer(of: Field) -> Array:
    """Return the part of the ground (h, w) with a second colour: a shadow, solid or dotted, a halo, or a block."""
    rng = of.chance(6)
    kind, far, lean = int(rng.integers(5)), float(rng.uniform(7, 24)), float(np.sign(of.side or 0.5))
    thrown = of.shifted(of.away, -far * lean, float(rng.uniform(-0.3, 0.9)) * far)
    rough = 1.6 * of.cloud(22, 7) + 0.8 * of.cloud(8, 8)
    if kind == 0:
        return of.cut(thrown)
    if kind == 1:
        return of.halftone(step(thrown, -26, 8), 1.5 * PITCH * of.scale, float(rng.uniform(0.5, 1.1)))
    if kind == 2:
        return of.cut(of.away + far + rough)
    x, y = of.places
    across, down = of.centre
    angle = float(rng.uniform(-0.25, 0.25)) + np.pi / 2 * int(rng.integers(4))
    edge = (x - across) * np.cos(angle) + (y - down) * np.sin(angle)
    return of.cut(edge + rough + (0 if kind == 3 else 30))


def _screen(of: Field, tone: Array) -> Array:
    """Return the coverage of the dark screen: solid in dark parts, dots in between, with some wear."""
    pitch, angle = PITCH * of.scale, float(of.chance(2).uniform(0.2, 0.6))
    dark = 1 - tone - 0.22 * of.shade + 0.04 * of.cloud(30, 3)
    share = step(dark - 0.12 * of.wish, 0.28, 0.78)
    dots = of.halftone(share, pitch, angle)
    lines = step(of.edges, 0.5, 0.95) * of.cut(of.away + 1) * step(of.cloud(34, 4), -1.0, 0.2) * step(dark, 0.15, 0.45)
    solid = step(dark - 0.1 * of.wish, 0.74, 0.86)
    return np.asarray(np.maximum.reduce([dots, lines * 0.9, solid]) * of.cut(of.away + 1), np.float32)


def _schemes(of: Field) -> Array:
    """Return six inks for each cell (cells, 6, 3): ground, shadow, light, middle, warm, and the screen's.

    The last two inks of the palette are the dark ones; the others get darker from the first on.
    """
    brights, dark, darkest = np.arange(len(of.inks) - 2), len(of.inks) - 2, len(of.inks) - 1
    turn = of.chance(5).permutation(brights)
    schemes = []
    for cell in range(int(of.cells.max()) + 1):
        ground, *rest = np.roll(turn, -cell)
        light, warm, middle, *_ = sorted(np.roll(rest, cell // len(turn)))
        is_reversed = (cell + of.seed) % 4 == 0
        key, shadow = (dark, darkest) if is_reversed else (darkest, dark)
        if (3 * cell + of.seed) % 7 == 0:
            ground, shadow = shadow, ground
        schemes.append([ground, shadow, light, middle, warm, key])
    chosen = np.asarray(of.inks[np.array(schemes)], np.float32)
    # Every fourth cell, and a picture without cells, shows things in the ink most similar to them.
    for cell in range(0, len(schemes), 4):
        chosen[cell, 2] = _own(of, brights[brights != schemes[cell][0]])
    return _wished(of, chosen) if of.wished else chosen


def _wished(of: Field, schemes: Array) -> Array:
    """Return schemes (cells, 6, 3) whose things have the requested colour, in every other cell, diagonally."""
    light, middle, warm = range(2, 5)
    own = colour.lab(_own(of, np.arange(1, len(of.inks))))
    shown = np.stack([own, own * (0.8, 0.95, 0.95), own * (0.9, 1.1, 1.1)]).astype(np.float32)
    # A ground similar to the things would hide them, so it gets the paper's ink.
    for cell in (each for each in range(len(schemes)) if each % 4 in (0, 3)):
        schemes[cell, [light, middle, warm]] += (colour.rgb(shown) - schemes[cell, [light, middle, warm]]) * of.wished
        like = np.exp(-((colour.lab(schemes[cell, 0]) - own) ** 2).sum() / 0.12**2)
        schemes[cell, 0] += (of.ink(0) - schemes[cell, 0]) * of.wished * like
    return schemes


def _own(of: Field, among: NDArray[np.int64]) -> Array:
    """Return the ink (3,), among some, nearest to the things' mean colour."""
    apart = ((colour.lab(of.inks[among]) - of.mean) ** 2 * (0.6, 2, 2)).sum(1)
    likely = np.exp((apart.min() - apart) / 0.008)
    return np.asarray(likely @ of.inks[among] / likely.sum(), np.float32)
