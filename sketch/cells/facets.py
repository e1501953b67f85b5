"""Facets: planes shifted along the lines between them, each shaded from light to dark, as in analytic cubism."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, Numbers, over, step

LINES = 8, 14
"""The range of the number of lines, without its upper end."""

SLIDE = 8.0
"""The largest shift of two planes against each other along the line between them, in units."""

REACH = 60.0
"""The distance in units over which a line's effect falls to a third."""

INKS = (
    ("1d1712", "6b4a28", "b98a4a", "efdcae", "131c22", "3d5660", "86a0a0", "dfe3d4"),
    ("2a140e", "8a4526", "cf8a4a", "f4ddb0", "14211d", "3d5a48", "8aa888", "e4e6cc"),
    ("1b1a1e", "5a5348", "a8997c", "ece2c8", "15233a", "34567a", "7fa3b8", "dde5e2"),
    ("231a10", "7a5a24", "c9a444", "f5e6b4", "1c1b2c", "454a72", "8d93b0", "e2dfe0"),
    ("2b1416", "84403a", "c98a6c", "f2dcc2", "10242a", "2f626a", "7fb0aa", "e0ead8"),
    ("1e1a14", "5f5a34", "a8a060", "ece6bc", "26161c", "6f3c48", "b98a84", "ecdcd0"),
    ("20160f", "70492f", "b58a60", "eee0c4", "1a1d20", "4c5358", "979c98", "e6e4da"),
)
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that cuts the picture, as values per pixel (h, w).

    ``near`` is 1 on the line and falls to 0 with distance; ``side`` is 1 on one side, -1 on the other; ``strength`` is
    1 along its middle part and 0 beyond its ends. ``slide`` is the shift right and down, in units, by which side 1 is
    displaced; side -1 is displaced the opposite way. ``turn`` is 1 if side 1 is light, -1 if it is dark.
    """

    near: Array
    side: Array
    strength: Array
    slide: tuple[float, float]
    turn: float

    def lit(self, light: float, dark: float) -> Array:
        """Return the shading (h, w), -1…1, of both sides of the line: one light, one dark.

        It falls to a third over ``light`` units on side 1, and over ``dark`` units on side -1.
        """
        fade = np.where(self.side > 0, np.float32(REACH / light), np.float32(REACH / dark))
        return np.asarray(np.float32(self.turn) * self.strength * self.side * self.near**fade, np.float32)


def draw(field: Field) -> Array:
    """Return the field redrawn in facets: (h, w, 3), sRGB 0…1.

    Lines cut the scene into planes, which are shifted against each other and shaded. The first half of the inks is a
    warm ramp, the second half a cool one, each from dark to light.
    """
    lines = _lines(field)
    seen = _slid(field, lines)
    tone, cover, edges, ground = (seen[..., part] for part in range(3, 7))
    body = np.clip(cover, 0, 1)
    plain = _opposite(field) + 0.05 * field.cloud(90, 1)
    own = plain + (0.14 + 0.72 * ground - plain) * field.is_place
    light = own + (0.16 + 0.68 * tone - own) * body
    light = light + 0.34 * np.tanh(1.1 * np.add.reduce([line.lit(20, 40) for line in lines])) * (1 - 0.25 * body)
    # The ground is darker at the lit side of a thing and lighter at the other; in between, outlines fade.
    light = light + _facing(field) * (0.16 * body - 0.16 * step(field.away, -14, -1) * (1 - body))
    lost = np.clip(0.5 + 0.6 * field.cloud(46, 2), 0.12, 1)
    light = light - 0.42 * edges * lost - 0.32 * _echoes(field, lines)
    light = light + 0.018 * field.cloud(6, 4) + 0.028 * _dabs(field)
    light = np.clip(light + _oval(field) * (0.9 - light), 0, 1)
    count = max(1, len(field.inks) // 2)
    warm, cool = (_ramp(inks, light) for inks in (field.inks[:count], field.inks[-count:]))
    turned = np.add.reduce([line.lit(90, 90) for line in lines[::2]]) + 0.15 * field.cloud(80, 5)
    hue = colour.lab(over(warm, step(turned + 1.2 * (0.5 - body), -0.25, 0.25), cool))
    shown = np.clip(0.6 + 0.4 * field.cloud(60, 6), 0.3, 1)
    own = 0.36 * seen[..., 1:3] * body[..., None] * shown[..., None]
    if field.mean_request:  # all parts of a thing take the colour requested for it
        hue[..., 1:] *= 1 - 0.7 * (field.request * body)[..., None]
        own += (0.68 * seen[..., 1:3] * body[..., None] - own) * field.request[..., None]
    hue[..., 1:] += own
    return colour.rgb(hue)


def _opposite(field: Field) -> float:
    """Return the lightness of the ground, 0…1: light behind dark things, and the reverse."""
    mean = float((field.tone * field.cover).sum() / (field.cover.sum() + 1e-3))
    return 0.56 + 0.22 * float(np.tanh(9 * (0.5 - mean)))


def _echoes(field: Field, lines: list[_Line]) -> Array:
    """Return pieces of the things' outlines (h, w), 0…1, shifted at random, each on one side of a line."""
    chance, drawn = field.chance(4), np.zeros(field.shape, np.float32)
    for line in lines[:2]:
        angle, far = chance.uniform(0, 2 * np.pi), chance.uniform(9, 20)
        away = field.shift(field.away, far * np.cos(angle), far * np.sin(angle))
        within = np.clip(line.side * np.sign(line.turn), 0, 1) * line.strength * line.near
        drawn = np.maximum(drawn, field.cut(0.8 - np.abs(away)) * within)
    return drawn


def _lines(field: Field) -> list[_Line]:
    """Return random lines: some vertical, some horizontal, most diagonal; each fades along its length."""
    chance, (x, y), (high, wide) = field.chance(), field.places, field.size
    leans = chance.choice((0.5, 0.9, 1.15)) * np.array([-1, 1])
    lines = []
    for number in range(int(chance.integers(*LINES))):
        lean = float(leans[number % 2] if number % 4 else chance.choice((0.0, 1.57))) + chance.normal(0, 0.12)
        across, down = float(np.sin(lean)), float(np.cos(lean))
        middle = wide * chance.uniform(0.12, 0.88), high * chance.uniform(0.12, 0.88)
        along = (x - middle[0]) * across + (y - middle[1]) * down
        far = (x - middle[0]) * down - (y - middle[1]) * across
        if number % 5 == 3:  # an arc
            round_ = chance.uniform(60, 160)
            far = np.hypot(far + round_, along) - round_
        length = chance.uniform(60, 130) * (0.7 if number % 5 == 3 else 1)
        strength = step(np.abs(along), length, length * 0.55)
        slide = float(chance.choice((-1, 1))) * chance.uniform(0.4, 1) * SLIDE / 2
        near, side = (
            np.asarray(each, np.float32) for each in (np.exp(-np.abs(far) / REACH), np.clip(far / field.pixel, -1, 1))
        )
        lines.append(_Line(near, side, strength, (slide * across, slide * down), float(chance.choice((-1, 1)))))
    return lines


def _oval(field: Field) -> Numbers:
    """Return how blank the corners are (h, w), 0…0.75: three pictures in ten are ovals, others fill the canvas."""
    chance, (x, y), (high, wide) = field.chance(3), field.places, field.size
    far = np.hypot((x / wide - 0.5) * 2, (y / high - 0.5) * 2) + 0.05 * field.cloud(30, 8)
    return step(far, 0.96, 1.16) * (0.75 if chance.random() < 0.3 else 0.0)


def _facing(field: Field) -> Array:
    """Return how far the nearest outline faces the light (h, w): 1 towards it, -1 away from it, 0 far from outlines."""
    down, across = field.slopes(field.blur(field.cover, 8))
    return np.asarray(np.tanh(-(across * field.side * 1.3 - down * 0.7) * 40), np.float32)


def _slid(field: Field, lines: list[_Line]) -> Array:
    """Return the scene (h, w, 7) with its planes shifted along the lines.

    The last axis holds the colour in Oklab (3), the tone, the coverage, the edges and the ground's lightness.
    """
    x, y = field.places
    across, down = np.zeros(field.shape, np.float32), np.zeros(field.shape, np.float32)
    for line in lines:
        moved = line.side * line.strength * line.near
        across += moved * line.slide[0]
        down += moved * line.slide[1]
    ground = colour.lab(field.ground)[..., 0]
    stack = np.concatenate([field.lab, np.stack([field.tone, field.cover, field.edges, ground], -1)], -1)
    return _looked_up(stack, (y + down) / field.pixel - 0.5, (x + across) / field.pixel - 0.5)


def _looked_up(values: Array, row: Array, column: Array) -> Array:
    """Return values (h, w, c) interpolated at fractional rows and columns (h, w)."""
    height, width, parts = values.shape
    row, column = np.clip(row, 0, height - 1.01), np.clip(column, 0, width - 1.01)
    top, left = row.astype(np.int32), column.astype(np.int32)
    down, across = (row - top)[..., None], (column - left)[..., None]
    flat, at = values.reshape(-1, parts), top * width + left
    upper, lower = (
        one + (other - one) * across
        for one, other in ((flat[at], flat[at + 1]), (flat[at + width], flat[at + width + 1]))
    )
    return np.asarray(upper + (lower - upper) * down, np.float32)


def _dabs(field: Field) -> Array:
    """Return a texture of short horizontal brushstrokes (h, w), about -1.5…1.5, to add to the lightness."""
    y = field.places[1]
    return np.asarray(
        np.sin(2 * np.pi * (y / 6.5 + 0.35 * field.cloud(22, 6))) * np.clip(field.cloud(16, 7), 0, 1.5), np.float32
    )


def _ramp(inks: Array, at: Numbers) -> Array:
    """Return the colours (h, w, 3), sRGB, at positions ``at`` (h, w), 0…1, in a ramp of inks (n, 3)."""
    stops = np.linspace(0, 1, len(inks))
    return np.stack([np.interp(at, stops, inks[:, part]) for part in range(3)], -1).astype(np.float32)
