"""Batik: cloth dyed in steps from light to dark around areas protected by wax, with fine lines at cracks in the wax."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import sites
from sketch.marks.field import Field, over, step, steps

ROW = 7.5
"""The distance between rows of dots or lines of wax, in units."""

INKS = (
    ("f0e4cb", "b98a4e", "6b3a20", "1f2538"),
    ("f2ead6", "8fb0c4", "3a5f8f", "16223f"),
    ("f0e0c2", "d08a3f", "8c2f22", "2a1a1c"),
    ("efe6cf", "c9a15a", "4f5f3a", "1f2a24"),
    ("f3e6d0", "d9886a", "7a2f4a", "24182f"),
    ("eee4cc", "7fa8a0", "2f5f6b", "3a1f1a"),
    ("f2e2b8", "c8602f", "31406b", "181a2c"),
)
LAYOUTS = (("single", 1, 1, 6), ("pattern", 2, 2, 0.1), ("tilted", 1, 1, 1))


def draw(field: Field) -> Array:
    """Return the field redrawn as batik: (h, w, 3), sRGB 0…1.

    The first ink is the undyed cloth under the wax, the last one the cloth with most dye. Each picture has either a
    dark or a light ground.
    """
    dark_ground = float(field.chance(1).random() < 0.65)
    body = step(field.away, -1.2, 1.2)
    dots = _dots(field)
    ground = _ground(field, dots, dark_ground)
    bath = ground + (_thing(field, dots, dark_ground) - ground) * body
    # A line of wax around the things; on a light ground the dye runs up to it instead.
    line = step(np.abs(field.away + 0.5), 2.4, 1.0)
    line_dye = 0.08 if dark_ground else 0.92
    bath = bath + (line_dye - bath) * line * (0.75 + 0.25 * np.tanh(field.cloud(22, 2)))
    dye = field.blur(bath + 0.035 * field.cloud(34, 3), 0.7)
    dye = np.maximum(dye, 0.6 * _veins(field) * step(dye, 0.55, 0.2))
    lab = _dye(field, dye)
    lab[..., 0] += 0.012 * field.cloud(8, 4)
    return colour.rgb(lab)


def _thing(field: Field, dots: Array, dark_ground: float) -> Array:
    """Return the amount of dye on the things (h, w), about 0…1: in four steps, less where they are lighter.

    ``dots`` (h, w) is the coverage of dots of wax, used in middle tones; ``dark_ground`` is 1 if the ground is dark.
    """
    tone = steps(field.tone, 4, 0.3)
    dye = (0.78 - 0.74 * tone) if dark_ground else (0.98 - 0.68 * tone)
    lines = field.stripes((field.away + 12 * field.blur(field.tone * field.cover, 4)) / ROW + 0.25, 0.34)
    lined, dotted = step(np.abs(tone - 0.66), 0.22, 0.1), step(np.abs(tone - 0.33), 0.22, 0.1)
    wide = step(field.blur(field.edges, 4), 0.5, 0.2)
    return np.asarray(dye - (0.3 * lines * lined + 0.42 * dots * dotted) * wide * (0.8 + 0.2 * dark_ground), np.float32)


def _ground(field: Field, dots: Array, dark_ground: float) -> Array:
    """Return the amount of dye on the ground (h, w), about 0…1: a row of dots around things, then a pattern."""
    base = np.full(field.shape, 0.94 if dark_ground else 0.16, np.float32)
    is_place = field.is_place * float(field.cells.max() == 0)
    if is_place:
        place = steps(field.blur(field.far, 1.5), 4, 0.35)
        shown = (0.98 - 0.55 * place) if dark_ground else (0.62 - 0.58 * place)
        base += is_place * (shown - base)
    free = step(field.away, -9, -16)
    figured = _figures(field, int(field.chance(2).integers(6))) * free * (1 - 0.8 * is_place)
    near = dots * step(field.away, -10, -9)
    wax = np.maximum(0.42 * figured, 0.8 * near)
    return np.asarray(base - wax if dark_ground else base + 0.7 * wax, np.float32)


def _figures(field: Field, kind: int) -> Array:
    """Return the coverage (h, w), 0…1, of a repeated figure on the cloth; ``kind``, 0…5, selects the figure.

    Its size, angle and details depend on the field's seed.
    """
    rng = field.chance(3)
    x, y = field.places
    side, lean = float(rng.uniform(26, 42)) * field.scale, float(rng.choice((0.0, 0.0, 0.785, -0.4)))
    u = (x * np.cos(lean) + y * np.sin(lean)) / side + 0.03 * field.cloud(60, 5)
    v = (y * np.cos(lean) - x * np.sin(lean)) / side + 0.03 * field.cloud(60, 6)
    if kind == 2:
        return field.stripes(field.away / (ROW * float(rng.uniform(1.5, 2.1))) + 0.1 * field.cloud(40, 7), 0.3) * step(
            field.away, -60, -46
        )
    figure = (_petals, _knives, _petals, _stars, _scales, _net)[kind]
    return field.cut(np.asarray(figure(u, v, int(rng.integers(5, 10))) * side, np.float32))


def _petals(u: Array, v: Array, _: int) -> Array:
    """Return the signed distance to petals between crossing rings, positive inside.

    This and the next functions have coordinates ``u`` and ``v`` (h, w) and a result (h, w) in repeats of the figure.
    """
    right, below = np.abs(u - np.round(u)), np.abs(v - np.round(v))
    ring = np.minimum(np.hypot(0.5 - right, below), np.hypot(right, 0.5 - below))
    return np.asarray(np.minimum(0.47 - np.hypot(0.5 - right, 0.5 - below), ring - 0.08), np.float32)


def _knives(u: Array, v: Array, count: int) -> Array:
    """Return the signed distance to bands that widen and bend, as :func:`_petals`; ``count`` sets how often."""
    along = (u - v) * 2 * np.pi * (0.5 + 0.07 * count)
    band = (u + v) * 0.75 + 0.14 * np.sin(along)
    return np.asarray(0.13 + 0.07 * np.sin(along + 1) - np.abs(band - np.round(band)), np.float32)


def _stars(u: Array, v: Array, count: int) -> Array:
    """Return the signed distance to flowers of ``count`` petals in shifted columns, as :func:`_petals`."""
    column = np.round(u)
    right, down = u - column, v + 0.5 * (column % 2)
    below = down - np.round(down)
    far, turn = np.hypot(right, below), np.arctan2(below, right)
    return np.asarray(np.minimum(0.28 + 0.1 * np.cos(count * turn) - far, far - 0.07), np.float32)


def _scales(u: Array, v: Array, _: int) -> Array:
    """Return the signed distance to the arcs of overlapping scales, as :func:`_petals`."""
    row = np.floor(2 * v)
    far = []
    for number in (row, row + 1):
        right = u + 0.5 * (number % 2)
        far.append(np.hypot(right - np.round(right), v - 0.5 * number))
    lower = np.where(far[1] < 0.5, far[1], far[0])
    return np.asarray(0.055 - np.abs(((lower + 0.02) * 5) % 1 - 0.5) / 5, np.float32)


def _net(u: Array, v: Array, _: int) -> Array:
    """Return the signed distance to a net of diamonds with a dot in each, as :func:`_petals`."""
    one, other = (u + v) * 0.75, (u - v) * 0.75
    line = np.minimum(np.abs(one - np.round(one)), np.abs(other - np.round(other))) / 1.06
    dot = np.hypot(one - np.floor(one) - 0.5, other - np.floor(other) - 0.5) / 1.06
    return np.asarray(np.maximum(0.045 - line, 0.12 - dot), np.float32)


def _dots(field: Field) -> Array:
    """Return the coverage (h, w), 0…1, of dots of wax in rows that follow the outlines of things."""
    pitch = ROW * field.scale
    level = field.away - pitch * 0.2
    laid = sites.settle(sites.scatter(field, pitch * 1.05, 8, 0.25), field, level, pitch)
    near = np.full(field.shape, 1e6, np.float32)
    for _, right, below in laid.near(field):
        near = np.minimum(near, right * right + below * below)
    return field.cut(1.9 - np.sqrt(near))


def _veins(field: Field) -> Array:
    """Return the coverage (h, w), 0…1, of the thin cracks in the wax through which dye reaches the cloth."""
    veins = np.zeros(field.shape, np.float32)
    for number, cell in enumerate((70.0, 38.0)):
        ridge = field.cloud(cell, 10 + number) + 0.22 * field.cloud(11, 12 + number)
        down, across = field.slopes(ridge)
        width = 0.9 + 0.5 * field.cloud(30, 14 + number)
        veins = np.maximum(veins, field.cut(width - np.abs(ridge) / (np.hypot(down, across) + 0.004)))
    return veins


def _dye(field: Field, dye: Array) -> Array:
    """Return the cloth (h, w, 3), Oklab, for an amount of dye (h, w), 0…1, from first to last ink, in soft steps."""
    inks = colour.lab(field.inks)
    lab, last = np.asarray(inks[0]), len(inks) - 1
    for number in range(1, last + 1):
        at = (number - 0.5) / last
        lab = over(inks[number], step(dye, at - 0.32 / last, at + 0.32 / last), lab)
    return np.asarray(lab, np.float32)
