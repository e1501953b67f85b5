"""Large geometric forms behind things: discs, half discs, rings, bars, wedges, rays, squares and crosses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sketch.colour import Array
from sketch.marks.field import Field

Made = Callable[[Array, Array, np.random.Generator], Array]
"""Signed distance (h, w), positive inside, to a form of random size; the arguments are x and y (h, w) in units."""


def form(field: Field, number: int, kinds: tuple[str, ...] = ()) -> Array:
    """Return the coverage (h, w), 0…1, of a random form, of one of ``kinds`` or of any kind.

    Kind, size, direction and position depend on the field's seed and ``number``; the form moves with the things. Kinds
    are the names in :data:`_KINDS`; others raise KeyError.
    """
    rng = field.chance(number)
    kind = str(rng.choice(kinds or tuple(_KINDS)))
    (x, y), (high, wide) = field.places, field.size
    across, down = field.centre
    far, angle = rng.uniform(12, 46), rng.uniform(0, 2 * np.pi)
    u = x - (0.7 * across + 0.15 * wide + far * np.cos(angle))
    v = y - (0.7 * down + 0.15 * high + far * np.sin(angle))
    turn = rng.uniform(0, 2 * np.pi)
    along, beside = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    return field.cut(_KINDS[kind](along, beside, rng))


def _disc(u: Array, v: Array, rng: np.random.Generator) -> Array:
    return np.asarray(rng.uniform(52, 92) - np.hypot(u, v), np.float32)


def _ring(u: Array, v: Array, rng: np.random.Generator) -> Array:
    return np.asarray(rng.uniform(9, 20) - np.abs(np.hypot(u, v) - rng.uniform(60, 98)), np.float32)


def _half(u: Array, v: Array, rng: np.random.Generator) -> Array:
    return np.minimum(_disc(u, v, rng) + 14, u)


def _bar(u: Array, v: Array, rng: np.random.Generator) -> Array:
    return np.asarray(rng.uniform(20, 40) - np.abs(v) + 0 * u, np.float32)


def _bars(u: Array, v: Array, rng: np.random.Generator) -> Array:
    pitch, share = rng.uniform(34, 52), rng.uniform(0.3, 0.6)
    band = share * pitch / 2 - np.abs((v / pitch - np.round(v / pitch)) * pitch)
    return np.asarray(np.minimum(band, rng.uniform(70, 150) - np.abs(u)), np.float32)


def _wedge(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Return the signed distance to a triangle whose tip lies near the middle of the form."""
    spread = rng.uniform(0.22, 0.5)
    return np.asarray(((u + 30) * np.tan(spread) - np.abs(v)) * np.cos(spread), np.float32)


def _rays(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Return about the signed distance to rays that start at a point beside the form."""
    u = u + rng.uniform(80, 170)
    count, reach = int(rng.integers(9, 16)), np.hypot(u, v)
    return np.asarray(np.sin(count * np.arctan2(v, u)) * np.minimum(reach, 160) / count, np.float32)


def _square(u: Array, v: Array, rng: np.random.Generator) -> Array:
    side = rng.uniform(48, 80)
    return np.asarray(side - np.maximum(np.abs(u), np.abs(v) * rng.uniform(0.7, 1.4)), np.float32)


def _cross(u: Array, v: Array, rng: np.random.Generator) -> Array:
    narrow = rng.uniform(14, 24)
    return np.asarray(np.maximum(narrow - np.abs(u - 30), 0.7 * narrow - np.abs(v + 24)), np.float32)


_KINDS: dict[str, Made] = {
    "disc": _disc,
    "ring": _ring,
    "half": _half,
    "bar": _bar,
    "bars": _bars,
    "wedge": _wedge,
    "rays": _rays,
    "square": _square,
    "cross": _cross,
}
