"""Batik: cloth dyed in steps from light to dark about what wax has kept, with veins where the wax broke."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import Field, over, step, steps

ROW = 7.5
"""Units from one row of dots or lines of wax to the next."""

INKS = (
    ("f0e4cb", "b98a4e", "6b3a20", "1f2538"),
    ("f2ead6", "8fb0c4", "3a5f8f", "16223f"),
    ("f0e0c2", "d08a3f", "8c2f22", "2a1a1c"),
    ("efe6cf", "c9a15a", "4f5f3a", "1f2a24"),
    ("f3e6d0", "d9886a", "7a2f4a", "24182f"),
    ("eee4cc", "7fa8a0", "2f5f6b", "3a1f1a"),
    ("f2e2b8", "c8602f", "31406b", "181a2c"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("pattern", 2, 2, 1), ("tilted", 1, 1, 1))


def draw(of: Field) -> Array:
    """Draw a field in baths of dye: inks from the wax's, the lightest, to the darkest."""
    dark_ground = float(of.chance(1).random() < 0.65)
    body = step(of.away, -1.2, 1.2)
    dots = _dots(of)
    dye = _ground(of, dots, dark_ground)
    dye = dye + (_thing(of, dots, dark_ground) - dye) * body
    # A line of wax about the things; on a light ground the dye has run up to it instead.
    line = step(np.abs(of.away + 0.5), 2.4, 1.0)
    dye = dye + (1 - dark_ground - dye + 0.08 * (2 * dark_ground - 1)) * line * (0.75 + 0.25 * np.tanh(of.cloud(22, 2)))
    dye = of.blur(np.asarray(dye + 0.035 * of.cloud(34, 3), np.float32), 0.7)
    dye = np.maximum(dye, 0.6 * _veins(of) * step(dye, 0.55, 0.2))
    lab = _dyed(of, dye)
    lab[..., 0] += 0.012 * of.cloud(8, 4)
    return colour.rgb(lab)


def _thing(of: Field, dots: Array, dark_ground: float) -> Array:
    """Return how deep things are dyed (h, w), 0…1: in steps by their tone, each filled in another way."""
    tone = steps(of.tone, 4, 0.3)
    dye = (0.78 - 0.74 * tone) if dark_ground else (0.98 - 0.68 * tone)
    lines = of.stripes((of.away + 12 * of.blur(of.tone * of.cover, 4)) / ROW + 0.25, 0.34)
    lined, dotted = step(np.abs(tone - 0.66), 0.22, 0.1), step(np.abs(tone - 0.33), 0.22, 0.1)
    wide = step(of.blur(of.edges, 4), 0.5, 0.2)
    return np.asarray(dye - (0.3 * lines * lined + 0.42 * dots * dotted) * wide * (0.8 + 0.2 * dark_ground), np.float32)


def _ground(of: Field, dots: Array, dark_ground: float) -> Array:
    """Return how deep the ground is dyed (h, w): a row of dots about the things, and a figured cloth further out."""
    base = 0.94 if dark_ground else 0.16
    place = steps(of.blur(of.lab[..., 0], 3), 4, 0.3)
    base = base + of.is_place * ((0.95 - 0.6 * place) if dark_ground else (0.62 - 0.6 * place)) - of.is_place * base
    free = step(of.away, -9, -16)
    figured = _figures(of, int(of.chance(2).integers(4))) * free * (1 - 0.7 * of.is_place)
    near = dots * (1 - step(of.away, -9, -10)) + 0
    wax = np.maximum(0.42 * figured, 0.8 * near)
    return np.asarray(base - wax if dark_ground else base + 0.7 * wax, np.float32)


def _figures(of: Field, kind: int) -> Array:
    """Return the cover of the cloth's figures: rings of petals, slanting knives, echoes of the outline, or stars."""
    x, y = of.places
    side = float(of.chance(3).uniform(30, 40)) * of.scale
    u, v = x / side + 0.03 * of.cloud(60, 5), y / side + 0.03 * of.cloud(60, 6)
    if kind == 0:
        right, below = u - np.round(u), v - np.round(v)
        petals = np.minimum(np.hypot(np.abs(right) - 0.5, below), np.hypot(right, np.abs(below) - 0.5))
        far = (0.5 - np.hypot(np.abs(right) - 0.25, np.abs(below) - 0.25) * 1.35) * side * 0.4
        return of.cut(np.asarray(np.minimum(far - 2.2, (petals - 0.07) * side), np.float32))
    if kind == 1:
        slant = (u + v) * 0.72
        wave = 0.16 * np.sin((u - v) * 2 * np.pi * 0.9)
        return of.stripes(np.asarray(slant + wave, np.float32), 0.26 + 0.14 * np.sin((u - v) * 2 * np.pi * 0.9 + 1))
    if kind == 2:
        return of.stripes(of.away / (ROW * 1.7) + 0.1 * of.cloud(40, 7), 0.3)
    right, below = u - np.round(u), v - np.round(v)
    far, turn = np.hypot(right, below), np.arctan2(below, right)
    return of.cut(np.asarray((0.30 + 0.10 * np.cos(8 * turn) - far) * side * 0.6, np.float32))


def _dots(of: Field) -> Array:
    """Return the cover of dots of wax in rows that follow the outline."""
    pitch = ROW * of.scale
    level = of.away - pitch * 0.2
    laid = sites.settle(sites.scatter(of, pitch * 1.05, 8, 0.25), of, level, pitch)
    near = np.full(of.shape, 1e6, np.float32)
    for _, right, below in laid.near(of):
        near = np.minimum(near, right * right + below * below)
    return of.cut(1.9 - np.sqrt(near))


def _veins(of: Field) -> Array:
    """Return the cover of veins, thin where the wax held well."""
    veins = np.zeros(of.shape, np.float32)
    for number, cell in enumerate((70.0, 38.0)):
        ridge = of.cloud(cell, 10 + number) + 0.22 * of.cloud(11, 12 + number)
        down, across = of.slopes(ridge)
        width = 0.9 + 0.5 * of.cloud(30, 14 + number)
        veins = np.maximum(veins, of.cut(width - np.abs(ridge) / (np.hypot(down, across) + 0.004)))
    return veins


def _dyed(of: Field, dye: Array) -> Array:
    """Return cloth in Oklab after its baths: the inks one after the other, a little run together."""
    inks = colour.lab(of.inks)
    lab = np.broadcast_to(inks[0], (*dye.shape, 3))
    last = len(inks) - 1
    for number in range(1, last + 1):
        at = (number - 0.5) / last
        lab = over(inks[number], step(dye, at - 0.32 / last, at + 0.32 / last), lab)
    return np.asarray(lab, np.float32)
