"""Textile: cloth with things as bold flat motifs, woven in steps, of dyed yarn, or block-printed."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, over, step

THREAD = 4.0
"""The width of a thread in units: the step of woven outlines."""

REPEAT = 17.0
"""The distance between the small figures of the ground, in units."""

INKS = (
    ("1f2b44", "f0e4c8", "c8553d", "16203a", "d9a441"),
    ("8c2a22", "f0e2c4", "d99a3c", "23262f", "d99a3c"),
    ("ece0c8", "8a9a6a", "b8452f", "1f3f5f", "8a9a6a"),
    ("e9dcc0", "c99a4a", "a8502f", "3a2a24", "5f7a74"),
    ("2f5548", "f0e0b8", "d8743c", "1d332c", "e6b84f"),
    ("d9a03f", "f2e6cc", "b0582e", "5a1f2f", "2f4f5a"),
    ("3f2a3f", "f0dfc0", "e7b9a0", "c8455a", "5f8a8a"),
    ("e5d3c3", "d98f5a", "a8404a", "2f4a6b", "c98a78"),
)
"""For each cloth the inks of the ground; of light, middle and dark parts of the things; and of the figures."""

LAYOUTS = (("pattern", 2, 2, 4), ("pattern", 2, 3, 3), ("pattern", 3, 3, 0.1), ("single", 1, 1, 4), ("grid", 2, 2, 0.1))


def draw(field: Field) -> Array:
    """Return the field redrawn as cloth: (h, w, 3), sRGB 0…1; the order of the inks is that of :data:`INKS`."""
    weave = _weave(field)
    away, tone = (_woven(field, each, weave) for each in (field.away, field.tone))
    soft = (0.8, 2.4, 1.0)[weave]
    cloth = _ground(field, away, weave)
    body = np.clip(away / soft + 0.5, 0, 1)
    x, y = field.places
    # Between two tones, threads of both alternate, as in weaving.
    tone = tone + 0.08 * (field.stripes(np.asarray((x + (weave - 1) * y) / THREAD, np.float32) + 0 * tone, 0.5) - 0.5)
    light, middle, dark = (field.ink(number) for number in (1, 2, 3))
    # If a colour was requested, the light and dark parts are smaller, so that more of the colour is visible.
    shown = tone - (0.15 * field.mean_request * step(tone, 0.4, 0.6))
    motif = over(light, step(shown, 0.63, 0.66), middle)
    motif = over(dark, step(tone + 0.08 * field.mean_request, 0.34, 0.31), motif)
    # A rim marks the outline where the things have the ground's colour.
    rim = light + (dark - light) * step(colour.lab(field.ink(0))[:1], 0.55, 0.75)
    motif = over(rim, step(away, 3.6, 2.0), motif)
    lab = colour.lab(over(motif, body, cloth))
    threads = 0.012 * np.sin(x * (2 * np.pi / THREAD)) + 0.012 * np.sin(y * (2 * np.pi / THREAD))
    lab[..., 0] += threads + 0.014 * field.cloud(12, 3) + 0.012 * field.cloud(70, 4)
    return colour.rgb(lab)


def _weave(field: Field) -> int:
    """Return a weave: 0 in steps of threads, 1 of dyed yarn, 2 printed. Repeats, with small details, are printed."""
    repeats = int(field.cells.max())
    return 2 if repeats else int(field.chance(1).choice((0, 1, 2, 2)))


def _woven(field: Field, drawn: Array, weave: int) -> Array:
    """Return values (h, w) in a weave: 0 in steps of threads, 1 shifted up or down by thread at random, 2 unchanged."""
    if weave == 2:
        return drawn
    height, width = field.shape
    x, y = field.places
    column = np.floor(x / THREAD)
    if weave == 0:
        across, down = (column + 0.5) * THREAD, (np.floor(y / THREAD) + 0.5) * THREAD
    else:
        slips = field.chance(2).normal(0, 2.1, 512).astype(np.float32)
        across, down = x, y + slips[column.astype(int) % 512]
    row = np.clip(down / field.pixel, 0, height - 1).astype(int)
    at = np.clip(across / field.pixel, 0, width - 1).astype(int)
    return np.asarray(drawn[row, at], np.float32)


def _ground(field: Field, away: Array, weave: int) -> Array:
    """Return the ground (h, w, 3), sRGB: lines around the things, small figures further out, and a border.

    ``away`` (h, w) is the signed distance to the things in units. A place, if shown, replaces lines and figures.
    """
    rng = field.chance(3)
    plain, second = field.ink(0), field.ink(int(rng.choice((4, 4, 2))))
    odd = (field.cells % 2).astype(np.float32) * float(rng.random() < 0.5)
    cloth = over(0.82 * plain + 0.18 * second, odd, plain)
    # A repeat is printed on plain cloth; a single picture may show a place, in three flat tones.
    is_place = field.is_place * float(field.cells.max() == 0)
    if is_place:
        place = _woven(field, field.blur(field.far, 1), weave)
        cloth = over(0.5 * plain + 0.5 * second, is_place * step(place, 0.46, 0.42), cloth)
        cloth = over(0.5 * plain + 0.5 * field.ink(1), is_place * step(place, 0.62, 0.66), cloth)
        cloth = over(0.25 * plain + 0.75 * second, is_place * step(place, 0.24, 0.2), cloth)
    quiet = 1 - is_place
    lines = int(rng.integers(1, 4))
    gap = float(rng.uniform(5.5, 7.5))
    echo = field.stripes(away / gap - 0.25, 0.42) * step(away, -gap * (lines + 0.75), -gap * (lines + 0.74))
    echo *= step(away, -gap * 0.6, -gap * 0.7)
    x, y = field.places
    if rng.random() < 0.5:
        echo *= field.stripes(np.broadcast_to((x + y) / 10, field.shape), 0.6)
    cloth = over(field.ink(4), echo * quiet, cloth)
    grown = step(away, -gap * (lines + 0.9), -gap * (lines + 2.2))
    cloth = over(second, _figures(field, grown, int(rng.integers(4)), weave) * quiet, cloth)
    if int(field.cells.max()) == 0 and rng.random() < 0.75:
        cloth = _add_border(field, cloth, weave)
    return cloth


def _figures(field: Field, grown: Array, kind: int, weave: int) -> Array:
    """Return the coverage (h, w), 0…1, of small figures; every second column is shifted by half a repeat.

    ``kind`` is 0 for diamonds, 1 dots, 2 crosses, 3 bars; ``grown`` (h, w), 0…1, is their size.
    """
    x, y = field.places
    pitch = REPEAT * field.scale
    column = np.floor(x / pitch)
    right = x - (column + 0.5) * pitch
    down = y + (column % 2) * pitch / 2
    below = down - (np.floor(down / pitch) + 0.5) * pitch
    right, below = np.broadcast_arrays(np.abs(right), np.abs(below))
    size = 5.0 * grown
    far = (
        right + below,
        np.hypot(right, below) * 1.25,
        np.minimum(np.maximum(right, 2.2 * below), np.maximum(2.2 * right, below)),
        np.maximum(1.9 * right, 0.8 * below),
    )[kind]
    return field.cut(_woven(field, np.asarray(size - far, np.float32), min(weave, 2))) * (grown > 0)


def _add_border(field: Field, cloth: Array, weave: int) -> Array:
    """Return a cloth (h, w, 3) with a border of bands and a row of triangles, along all sides or along two."""
    rng = field.chance(4)
    x, y = field.places
    height, width = field.size
    sides = [np.minimum(x, width - x) + 0 * y, np.minimum(y, height - y) + 0 * x]
    kind = int(rng.integers(4))
    in_from = np.minimum(*sides) if kind < 2 else sides[kind - 2]
    along = np.where(sides[0] < sides[1], y, x) if kind < 2 else (y + 0 * x if kind == 2 else x + 0 * y)
    deep = float(rng.uniform(15, 24))
    count = max(4, round(float(width) / float(rng.uniform(11, 18))))
    saw = np.abs((along / width * count) % 1 - 0.5) * 2
    teeth = field.cut(_woven(field, np.asarray(deep * (0.35 + 0.55 * saw) - in_from, np.float32), weave))
    cloth = over(field.ink(3), field.cut(np.asarray(deep - in_from, np.float32)), cloth)
    cloth = over(field.ink(2), teeth, cloth)
    for at, ink in ((0.22, 1), (0.08, 4)):
        cloth = over(field.ink(ink), field.cut(np.asarray(deep * at - in_from, np.float32)), cloth)
    return over(field.ink(4), field.cut(np.asarray(1.6 - np.abs(in_from - deep - 3.5), np.float32)), cloth)
