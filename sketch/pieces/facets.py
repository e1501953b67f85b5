"""Facets: planes that slide along the lines between them, each lit from light to dark, as in analytic cubism."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, Numbers, step

LINES = 8, 14
"""How many lines there are: at least, and below."""

SLIDE = 7.0
"""Units by which two planes slide along the line between them, at most."""

INKS = (
    ("1f1a16", "4a3a2a", "7d6244", "ab8d62", "d3bd92", "efe3c8"),
    ("161b22", "33414d", "5c6d78", "8d9a9c", "c2bfae", "ece5d2"),
    ("20211c", "454a3a", "73755a", "a39c78", "cfc29c", "efe6cc"),
    ("231815", "57352a", "8f5a40", "bb8a66", "dbbf9d", "f2e6d2"),
    ("15202b", "2f4a5f", "6a6f70", "a08a6c", "d0b48a", "f0e6d0"),
    ("16181d", "3a3f52", "5f6f86", "9a8f7a", "d9b27a", "f4ead2"),
    ("161c1a", "2d4038", "5a7a62", "a39a6a", "d9c08a", "f3ead0"),
    ("2b1a1e", "6a3238", "a8605a", "d09a84", "e8c8b0", "f8ece0"),
    ("1d1b1f", "443f4a", "75695f", "a8947a", "c9c0b0", "eeeae0"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 6), ("tilted", 1, 1, 1))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line across the picture: how near, and on which side of it each pixel (h, w) lies, and how strong it is.

    ``slide`` is how far its first side slides to the right and down, in units; ``turn`` says which side is light.
    """

    near: Array
    side: Array
    strength: Array
    slide: tuple[float, float]
    turn: float


def draw(of: Field) -> Array:
    """Draw a field in inks from dark to light; planes are cut by lines that run from the things into the ground."""
    lines = _lines(of)
    seen = _slid(of, lines)
    tone, cover, edges, ground = (seen[..., part] for part in range(3, 7))
    body = np.clip(cover, 0, 1)
    plain = 0.58 + 0.07 * of.cloud(90, 1)
    own = plain + (0.14 + 0.72 * ground - plain) * of.is_place
    light = own + (tone * 0.62 + 0.2 - own) * body
    planes = sum(line.turn * line.strength * line.side * line.near**3 for line in lines)
    light = light + 0.27 * np.tanh(planes * 1.1) * (1 - 0.3 * body)
    # The lit side stands against dark, the other against light; between them contours are lost.
    light = light + _facing(of) * (0.2 * body - 0.3 * step(of.away, -22, -1) * (1 - body))
    lost = np.clip(0.45 + 0.6 * of.cloud(46, 2), 0.08, 1)
    light = light - 0.3 * edges * lost
    light = light + 0.018 * of.cloud(6, 4) + 0.022 * _dabs(of)
    light = light + _oval(of) * (0.86 - light)
    shown = _ramp(of.inks, np.clip(light, 0, 1))
    hue = colour.lab(shown)
    hue[..., 1:] *= 1 - 0.7 * (of.wish * body)[..., None]
    hue[..., 1:] += (0.28 + 0.5 * of.wish)[..., None] * seen[..., 1:3] * body[..., None] * _coloured(of)[..., None]
    return colour.rgb(hue)


def _coloured(of: Field) -> Array:
    """Return how far colour shows (h, w), 0…1: in clouds, and evenly where it was asked for."""
    cloud = of.cloud(60, 5).clip(0.3, 1)
    return np.asarray(cloud + (0.85 - cloud) * of.wish, np.float32)


def _lines(of: Field) -> list[_Line]:
    """Return lines by chance: some upright, some lying, most aslant; each fades out along its length."""
    chance, (x, y), (high, wide) = of.chance(), of.places, of.size
    leans = chance.choice((0.5, 0.9, 1.15)) * np.array([-1, 1])
    found = []
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
            np.asarray(each, np.float32) for each in (np.exp(-np.abs(far) / 60), np.clip(far / of.pixel, -1, 1))
        )
        found.append(_Line(near, side, strength, (slide * across, slide * down), float(chance.choice((-1, 1)))))
    return found


def _oval(of: Field) -> Numbers:
    """Return how bare the corners are (h, w): by chance, a picture is an oval or fills its canvas."""
    chance, (x, y), (high, wide) = of.chance(3), of.places, of.size
    far = np.hypot((x / wide - 0.5) * 2, (y / high - 0.5) * 2) + 0.05 * of.cloud(30, 8)
    return step(far, 0.96, 1.16) * (0.75 if chance.random() < 0.3 else 0.0)


def _facing(of: Field) -> Array:
    """Return how outlines face the light (h, w), -1…1, in and around the things."""
    down, across = of.slopes(of.blur(of.cover, 8))
    return np.asarray(np.tanh(-(across * of.side * 1.3 - down * 0.7) * 40), np.float32)


def _slid(of: Field, lines: list[_Line]) -> Array:
    """Return Oklab, tone, cover, edges and the ground's lightness, (h, w, 7), as planes have slid."""
    x, y = of.places
    across, down = np.zeros(of.shape, np.float32), np.zeros(of.shape, np.float32)
    for line in lines:
        moved = line.side * line.strength * line.near
        across += moved * line.slide[0]
        down += moved * line.slide[1]
    ground = colour.lab(of.ground)[..., 0]
    held = np.concatenate([of.lab, np.stack([of.tone, of.cover, of.edges, ground], -1)], -1)
    return _looked_up(held, (y + down) / of.pixel - 0.5, (x + across) / of.pixel - 0.5)


def _looked_up(of: Array, row: Array, column: Array) -> Array:
    """Return (h, w, c) at rows and columns (h, w) that lie between pixels."""
    height, width, parts = of.shape
    row, column = np.clip(row, 0, height - 1.01), np.clip(column, 0, width - 1.01)
    top, left = row.astype(np.int32), column.astype(np.int32)
    down, across = (row - top)[..., None], (column - left)[..., None]
    flat, at = of.reshape(-1, parts), top * width + left
    upper, lower = (
        one + (other - one) * across
        for one, other in ((flat[at], flat[at + 1]), (flat[at + width], flat[at + width + 1]))
    )
    return np.asarray(upper + (lower - upper) * down, np.float32)


def _dabs(of: Field) -> Array:
    """Return short level strokes of a brush (h, w), about -1…1."""
    y = of.places[1]
    return np.asarray(
        np.sin(2 * np.pi * (y / 6.5 + 0.35 * of.cloud(22, 6))) * np.clip(of.cloud(16, 7), 0, 1.5), np.float32
    )


def _ramp(inks: Array, at: Numbers) -> Array:
    """Return the colours (h, w, 3) at 0…1 (h, w) of inks (n, 3)."""
    stops = np.linspace(0, 1, len(inks))
    return np.stack([np.interp(at, stops, inks[:, part]) for part in range(3)], -1).astype(np.float32)
