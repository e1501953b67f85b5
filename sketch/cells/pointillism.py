"""Pointillism: dots of a few pure hues, in three overlaid grids, that mix optically; no outlines."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.colour import Array
from sketch.marks import inking, noise
from sketch.marks.field import Field, Numbers, over, step

PITCHES = (9.5, 7.8, 6.4)
"""The distance between dots in each grid, in units, the bottom grid first; the top one is for details."""

GREY = np.array([0.58, 0, 0], np.float32)
"""The grey, in Oklab, about which opposite colours are mirrored."""

INKS = (
    ("2a3f8f", "4f86c6", "f2b33d", "e8662e", "c73a4b", "5a9a57", "f6e7b8", "6b4a9a"),
    ("1f2a5c", "3c5fa8", "7a5aa6", "d98a4a", "f0c76a", "b8455a", "4f8f86", "dfe3ea"),
    ("2f5d46", "7fae4f", "f3d65a", "e98a2f", "d8546a", "3f76b5", "fbf1cf", "5b3f86"),
    ("7a2c5a", "d65a7a", "f3a78f", "f7d98c", "6a8fd0", "3a4f9a", "5fa896", "fdf0e2"),
    ("3a2a5a", "6a56a8", "4a90b0", "e0a23a", "f4d67a", "c4523a", "6f9a5a", "efe9dc"),
    ("14203f", "24477f", "3f7fb0", "f2c14e", "ef7f45", "a83a5a", "2f7a6a", "f7ead0"),
)
LAYOUTS = (("single", 1, 1, 7), ("tilted", 1, 1, 1), ("panels", 1, 3, 1))


def draw(field: Field) -> Array:
    """Return the field redrawn in dots of all inks: (h, w, 3), sRGB, about 0…1.

    Light parts are warmer, dark parts cooler; around things, the ground takes the opposite colours.
    """
    wanted, inks = _target_colours(field), colour.lab(field.inks)
    detail = np.clip(field.blur(field.edges, 1.5) * 1.4, 0, 1)
    under = wanted.copy()
    under[..., 1:] = 0.7 * under[..., 1:] + 0.3 * inks[int(field.chance(1).integers(len(inks))), 1:]
    picture = colour.rgb(under)
    for number, pitch in enumerate(PITCHES):
        picture = _add_dots(field, picture, (wanted, inks, detail), number, pitch * field.scale)
    return picture


def _target_colours(field: Field) -> Array:
    """Return the colours (h, w, 3), Oklab, that neighbouring dots should mix to."""
    body = field.cut(field.away)[..., None]
    things, ground = field.lab.copy(), _ground(field)
    light = field.tone - 0.5 + 0.6 * field.shade
    things[..., 0] = 0.4 * things[..., 0] + 0.6 * (0.24 + 0.62 * field.tone) + 0.1 * field.shade
    things[..., 1] += 0.012 * light
    things[..., 2] += 0.055 * light - 0.015
    # The ground has opposite colours around the things: light around dark, orange around blue.
    halo = step(field.away, -30, -1)[..., None]
    ground = ground + (0.5 * (GREY - ground) - 0.75 * (field.nearby - GREY)) * halo * np.array(
        [0.9, 0.8, 0.8], np.float32
    )
    ground[..., 0] -= 0.2 * np.tanh(3 * (field.mean[0] - GREY[0])) * (1 - field.is_place)
    return np.asarray(ground + (things - ground) * body, np.float32)


def _ground(field: Field) -> Array:
    """Return the wanted colours of the ground (h, w, 3), Oklab: random gradients between three inks, or the place."""
    chance, (x, y) = field.chance(), field.places
    inks = colour.lab(field.inks)
    first, second, third = inks[np.resize(chance.permutation(len(inks)), 3)]
    middle = field.size[1] * chance.uniform(0.1, 0.9), field.size[0] * chance.uniform(0.1, 0.9)
    kind = int(chance.integers(3))
    if kind == 0:
        lean = chance.uniform(-0.5, 0.5)
        at = (y + lean * x) / 190 + 0.25 * field.cloud(80, 1)
    elif kind == 1:
        turn = np.arctan2(y - middle[1], x - middle[0]) / (2 * np.pi)
        at = np.abs((turn * 6 + np.hypot(x - middle[0], y - middle[1]) / 140) % 2 - 1)
    else:
        at = np.abs((np.hypot(x - middle[0], y - middle[1]) / 90 + 0.12 * field.cloud(60, 1)) % 2 - 1)
    at = np.broadcast_to(at, field.shape)
    own = first + (second - first) * step(at, 0.05, 0.6)[..., None]
    own = own + (third - own) * step(at, 0.55, 1.05)[..., None]
    own[..., 0] = 0.5 * own[..., 0] + 0.5 * float(chance.choice((0.36, 0.62, 0.76)))
    place = colour.lab(field.ground)
    place[..., 1:] *= 1.25
    return np.asarray(own + (place - own) * field.is_place, np.float32)


def _add_dots(field: Field, picture: Array, colours: tuple[Array, Array, Array], number: int, pitch: float) -> Array:
    """Return a picture (h, w, 3) with one grid of dots drawn over it; each dot has about the colour at its centre.

    ``colours`` are the wanted colours (h, w, 3) and the inks (n, 3), in Oklab, and the amount of detail (h, w), 0…1.
    ``number`` is that of the grid, which decides its angle; ``pitch`` is the distance between dots in units.
    """
    wanted, inks, detail = colours
    x, y = field.places
    turn = 0.35 + 1.1 * number + field.seed % 7
    cosine, sine = math.cos(turn), math.sin(turn)
    u, v = (x * cosine + y * sine) / pitch, (y * cosine - x * sine) / pitch
    column, row = np.floor(u).astype(int), np.floor(v).astype(int)
    rows, columns = np.arange(row.min(), row.max() + 1)[:, None], np.arange(column.min(), column.max() + 1)[None, :]
    own = noise.cell_noise(97, 97, field.seed * 4 + number, 6)[rows % 97, columns % 97]
    across, down = columns + 0.5 + 0.24 * (own[..., 0] - 0.5), rows + 0.5 + 0.24 * (own[..., 1] - 0.5)
    at = _pixels(field, (across * cosine - down * sine) * pitch, (across * sine + down * cosine) * pitch)
    fine = detail[at] if number < len(PITCHES) - 1 else 1 - detail[at]
    size = 0.39 * pitch * (0.82 + 0.36 * own[..., 2]) * (1 - 0.35 * fine)
    size = np.minimum(size, np.abs(field.away[at]) + 2.2)
    own[..., 3:] = 0.5 + (own[..., 3:] - 0.5) * (1 - 0.4 * step(field.away[at], -1, 1))[..., None]
    hues = _hues(wanted[at], inks, own[..., 3:])
    dots = np.concatenate([hues, np.stack([across, down, size], -1)], -1, dtype=np.float32)
    at_dot = (row - row.min()) * columns.size + column - column.min()
    dots = dots.reshape(-1, 6)[at_dot]
    far = np.sqrt((u - dots[..., 3]) ** 2 + (v - dots[..., 4]) ** 2) * pitch
    return over(dots[..., :3], field.cut(dots[..., 5] - far), picture)


def _pixels(field: Field, x: Numbers, y: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and columns of the pixels at coordinates in units, clipped to the picture."""
    height, width = field.shape
    row, column = (np.clip(place / field.pixel, 0, side - 1) for place, side in ((y, height), (x, width)))
    return row.astype(np.int64), column.astype(np.int64)


def _hues(wanted: Array, inks: Array, own: Array) -> Array:
    """Return a colour for each dot (rows, columns, 3), sRGB: mostly a pure ink near the wanted one, with some chance.

    ``own`` (rows, columns, 3) are random numbers, 0…1, which vary the choice.
    """
    apart = (own - 0.5) * np.array([0.18, 0.19, 0.21], np.float32)
    pure = inking.nearest(wanted + apart, inks, soft=0.004, weights=(1.1, 2.5))
    return colour.rgb(np.asarray(0.7 * pure + 0.3 * (wanted + 0.6 * apart), np.float32))
