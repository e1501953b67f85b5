"""Coloured squares: a patchwork in which things are squares too, cut along their outline, light against dark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks import noise, sites
from sketch.marks.field import Field, over, step, steps

SIDES = (21.0, 36.0)
"""Units of a square's side, about, from picture to picture."""

FACET = 8.0
"""Units of the triangles along which outlines are cut."""

INKS = (
    ("31533e", "c98b2e", "8c2f22", "d9c79a", "26414f", "6a7f4f"),
    ("274156", "5d8aa8", "d6b08a", "8a4f3d", "e3d4bd", "3d5a40"),
    ("5b2a4e", "a8577e", "dba0a0", "34466b", "c9b27c", "7d8aa8"),
    ("b9a98d", "8f9c92", "c7a28a", "5f7480", "e4dccf", "a0695a"),
    ("8a2c1d", "d0632c", "e6a83f", "3a2b3f", "f0d9a8", "5f6b4a"),
    ("12303c", "1f6f78", "e0b04a", "c6502f", "f1e4c8"),
    ("2b2340", "56508c", "b9577a", "e9a178", "f2dfb8", "2f6b6b"),
    ("3b3a36", "a33b2a", "c9a24b", "e8dcc0", "7c8a78"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1))


@dataclass(frozen=True)
class _Squares:
    """For each pixel row and column of its square, where it lies in it (0…1), and how near its seam is in units.

    ``middle`` is the pixel, row and column, in the middle of its square.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    down: Array
    across: Array
    seam: Array
    middle: tuple[NDArray[np.intp], NDArray[np.intp]]


def draw(of: Field) -> Array:
    """Draw a field in squares of all inks."""
    squares = _squares(of)
    inks = colour.lab(of.inks)
    own = noise.scattered(48, 48, of.seed + 7)[squares.row % 48, squares.column % 48]
    split = _split(squares, own)
    light = _polarity(of, squares)
    if of.wished:
        light = _wished(of, light)
    body = of.cut(sites.lattice(of.away, of, FACET) * 0.75 + of.away * 0.25)
    wash = 0.022 * of.cloud(20, 3) + 0.09 * (squares.down - 0.5) * np.sign(own[..., 3] - 0.5)
    ground = _ground(of, inks, split, light)
    thing = _thing(of, squares, inks, split, light)
    ground[..., 0] += wash
    thing[..., 0] += 0.8 * wash
    mixed = over(thing, body, ground)
    mixed[..., 0] += 0.035 * (1 - step(squares.seam, 0, 1.5))
    return colour.rgb(mixed)


def _squares(of: Field) -> _Squares:
    """Lay squares by hand: rows of uneven height, in each of which the columns lie a little elsewhere."""
    x, y = of.places
    dice = of.chance(1)
    side = float(dice.uniform(*SIDES)) * of.scale
    heights, widths = (np.cumsum(dice.uniform(0.8, 1.2, 64)) * side for _ in range(2))
    shifts = dice.uniform(-0.16, 0.16, 64).astype(np.float32) * side
    down = np.asarray(y + 1.5 * side + 0.9 * of.cloud(60, 1), np.float32)
    row = np.searchsorted(heights, down)
    across = np.asarray(x + 1.5 * side + shifts[row] + 0.9 * of.cloud(60, 2), np.float32)
    column = np.searchsorted(widths, across)
    top, bottom = heights[np.maximum(row - 1, 0)], heights[row]
    left, right = widths[np.maximum(column - 1, 0)], widths[column]
    seam = np.minimum(np.minimum(down - top, bottom - down), np.minimum(across - left, right - across))
    within = ((down - top) / (bottom - top), (across - left) / (right - left))
    height, width = of.shape
    at_row = np.clip(((top + bottom) / 2 - 1.5 * side) / of.pixel, 0, height - 1).astype(int)
    at_column = np.clip(((left + right) / 2 - 1.5 * side - shifts[row]) / of.pixel, 0, width - 1).astype(int)
    down, across, seam = (np.asarray(each, np.float32) for each in (*within, seam))
    return _Squares(row, column, down, across, seam, (at_row, at_column))


def _split(squares: _Squares, own: Array) -> Array:
    """Return for each pixel a number 0…1 of its square, or of a half where that is cut from corner to corner."""
    half = np.where(own[..., 2] < 0.5, squares.across > squares.down, squares.across + squares.down > 1)
    return np.asarray(np.where((own[..., 1] < 0.3) & half, (own[..., 0] + 0.41) % 1, own[..., 0]), np.float32)


def _polarity(of: Field, squares: _Squares) -> Array:
    """Return for each pixel 1 where things are light on dark, 0 where dark on light: throughout, or in two halves."""
    dice = of.chance(2)
    kind, at = int(dice.integers(6)), int(dice.integers(4, 8))
    first = float(dice.random() < 0.6)
    if kind == 5:
        return np.asarray(np.where(squares.column > at, 1 - first, first), np.float32)
    return np.full(of.shape, first, np.float32)


def _wished(of: Field, light: Array) -> Array:
    """Return a polarity (h, w) in which what was asked for in white is light, and in black dark."""
    own, plain = float(of.mean[0]), 0.58
    strength = float(step(np.array([abs(own - plain)]), 0.1, 0.22)[0]) * of.wished
    return np.asarray(light + (float(own > plain) - light) * strength, np.float32)


def _ground(of: Field, inks: Array, split: Array, light: Array) -> Array:
    """Return the squares of the ground in Oklab; a place that should be seen makes them lighter and darker."""
    lab: Array = inks[(split * len(inks)).astype(int)]
    value = split
    if of.is_place:
        place = steps(sites.lattice(of.blur(of.far, 2), of, FACET), 4, 0.3)
        value = split + of.is_place * (0.3 * split + 0.7 * place - split)
        near = np.stack([of.blur(of.lab[..., part], 3) for part in (1, 2)], -1)
        lab = lab * np.asarray((1, 1 - 0.4 * of.is_place, 1 - 0.4 * of.is_place), np.float32)
        lab[..., 1:] += 0.9 * of.is_place * near
    value = np.clip(value + 0.2 * of.cloud(100, 4) * (1 - of.is_place), 0, 1)
    low, high = 0.70 - 0.45 * light - 0.1 * of.is_place, 0.95 - 0.42 * light
    own = lab[..., 0]
    lightness = 0.45 * np.clip(own, low - 0.06, high + 0.04) + 0.55 * (low + (high - low) * value)
    # A dark ink that is thinned loses its strength.
    thinned = np.clip(1.12 * own / lightness, 0.45, 1)
    lab = lab * (thinned * (1 + 0.2 * light))[..., None]
    lab[..., 0] = lightness
    return lab


def _thing(of: Field, squares: _Squares, inks: Array, split: Array, light: Array) -> Array:
    """Return the squares of the things in Oklab: hues of their own, each of one value but for what details cut in."""
    facets = 0.4 * sites.lattice(of.tone, of, FACET * 0.6) + 0.6 * of.tone
    near = of.blur(of.cover, 7) + 0.02
    drawn = np.stack([facets, of.lab[..., 1], of.lab[..., 2]], -1)
    broad = np.stack([of.blur(drawn[..., part] * of.cover, 7) / near for part in range(3)], -1)
    held = over(broad[squares.middle], step(near[squares.middle], 0.1, 0.3), broad)
    off = drawn - held
    cut = step(0.75 * np.abs(off[..., 0]) + np.hypot(off[..., 1], off[..., 2]), 0.05, 0.12)
    held = held + off * cut[..., None]
    lab: Array = inks[((split + 0.5) % 1 * len(inks)).astype(int)]
    lab[..., 0] = 0.20 + 0.38 * light + 0.40 * steps(held[..., 0], 4, 0.4) + 0.17 * (0.5 - split)
    # What is yellow would turn to olive if it were dark.
    lab[..., 0] += (1 - light) * np.clip(held[..., 2], 0, 0.2)
    wish = of.wish[..., None]
    lab[..., 0] += 0.4 * of.wish * (of.mean[0] - lab[..., 0])
    lab[..., 1:] = ((0.72 - 0.5 * wish) * lab[..., 1:] + (0.6 + 0.25 * wish) * held[..., 1:]) * (1.25 - 0.2 * light)[..., None]
    return lab
