"""Cyanotype: things on light-sensitive paper block the light, so that they are pale on a dark, mostly blue ground."""

from __future__ import annotations

import math

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks.field import Field, step

INKS = (
    ("f1efe4", "b4cdd9", "4582b0", "15508f", "0a2650"),
    ("f3ead6", "c3ccc6", "5f91aa", "1f5a86", "0c2c4c"),
    ("f4f1ea", "b6d6e0", "3592b8", "0b5a92", "062c58"),
    ("f2efe8", "bcc6de", "6076b4", "2a3f90", "161d54"),
    ("eef2ea", "b4d3cf", "4a98a2", "135f78", "07303f"),
    ("f6f0e0", "cfd3cd", "7c9bb0", "365f8c", "17335c"),
    ("f0e6cf", "d8c39a", "a9804f", "6a4426", "2f1d14"),
)
LAYOUTS = (("single", 1, 1, 4), ("tilted", 1, 1, 1))


def draw(field: Field) -> Array:
    """Return the field redrawn as a cyanotype: (h, w, 3), sRGB 0…1.

    The inks lead from unexposed paper, the lightest, to fully exposed, the darkest.
    """
    blocked = _blocked_light(field)
    ground = 0.95 - 0.05 * field.cloud(70, 1)
    bright = field.blur(colour.lab(field.ground)[..., 0], 1.0)
    steps = np.tanh((bright - bright.mean()) / (2 * bright.std() + 0.06))
    ground = ground + (0.80 - 0.26 * steps - ground) * field.is_place
    # Where plants cross things, both block the light, and less of it reaches the paper.
    exposed = ground * (1 - blocked) * (1 - _plants(field) * (1 - 0.45 * field.cut(field.away))) + 0.02
    exposed = exposed * _coating(field)
    at = np.clip(exposed + 0.014 * field.cloud(5, 2) + 0.02 * field.cloud(16, 3), 0, 1)
    stops = np.linspace(0, 1, len(field.inks))
    return np.stack([np.interp(at, stops, field.inks[:, part]) for part in range(3)], -1).astype(np.float32)


def _blocked_light(field: Field) -> Array:
    """Return the share of light that things block (h, w), 0…1: more in light parts, less in dark ones and at edges."""
    body = field.cut(field.blur(field.away, 1.0))
    through = np.clip(0.06 + 1.0 * field.detail, 0.08, 1)
    through = through + 0.1 * step(field.away, 7, 0) - 0.35 * field.edges * step(field.away, 2, 6)
    through = np.maximum(through, 0.42 * step(field.away, 5, 1))
    # A shadow's edge is soft where the thing rises from the paper.
    rest = 0.08 * field.blur(field.cover, 5) * (1 - body)
    return np.asarray(np.clip(through, 0.06, 0.98) * body + rest, np.float32)


def _plants(field: Field) -> Array:
    """Return the share of light that pressed plants block (h, w), 0…1: one to four plants of one kind."""
    chance, (high, wide) = field.chance(), field.size
    count = int(chance.choice((1, 2, 2, 3, 3, 4)))
    kind, pitch = int(chance.integers(4)), float(chance.uniform(15, 27))
    clear = np.ones(field.shape, np.float32)
    start, open_ = chance.uniform(0, 2 * np.pi), chance.uniform(0.42, 0.72)
    for number in range(count):
        angle = start + 2 * np.pi * (number + chance.uniform(-0.3, 0.3)) / max(2, count)
        foot = wide / 2 * (1 + 1.05 * np.cos(angle)), high / 2 * (1 + 1.05 * np.sin(angle))
        turn = angle + np.pi + chance.choice((-1, 1)) * chance.uniform(0.35, 0.8)
        leaf = _spray(field, foot, turn, chance.uniform(130, 230), chance.uniform(-1, 1), (kind, pitch))
        clear = clear * (1 - open_ * (1 - 0.5 * field.placed) * leaf)
    return np.asarray(1 - clear, np.float32)


def _spray(
    field: Field, foot: tuple[float, float], angle: float, long: float, bend: float, kind: tuple[int, float]
) -> Array:
    """Return the coverage (h, w), 0…1, of a stem with leaves.

    It starts at ``foot`` (x, y), is ``long``, both in units, and grows in direction ``angle``, in radians; ``bend``,
    ±1, curves it. ``kind`` is a number (0 fern, 1 laurel, 2 gum tree, 3 grass) and the distance between leaves.
    """
    (x, y), (name, pitch) = field.places, kind
    u = (x - foot[0]) * math.cos(angle) + (y - foot[1]) * math.sin(angle)
    v = (y - foot[1]) * math.cos(angle) - (x - foot[0]) * math.sin(angle)
    v = v + bend * u**2 / 420
    beside, at = np.abs(v), np.clip(u / long, 0, 1)
    stem = 1.4 - beside - 0.6 * at
    lean, full, reach = ((0.55, 0.62, 40.0), (1.0, 0.7, 34.0), (0.35, 0.9, 15.0), (2.4, 0.5, 60.0))[name]
    pitch = pitch * (0.62, 1.15, 1.35, 1.6)[name]
    broad = reach * np.sqrt(np.clip(at * 1.6, 0, 1)) * np.clip(1.15 - at, 0, 1) * (1 if name != 2 else 1.3)
    along = (u - lean * beside) / pitch + 0.5 * (v > 0) * (name != 1)
    off = np.abs(along - np.floor(along) - 0.5) * pitch
    out = np.clip(beside / np.maximum(broad, 1e-3), 0, 1)
    leaf = full * pitch / 2 * np.sqrt(np.clip(4 * out * (1 - out), 0, 1)) ** (1.3 if name != 2 else 0.8) - off
    shape = np.maximum(stem, np.where(beside < broad, leaf / math.hypot(1, lean), -4))
    vein = 1 - 0.35 * field.cut(0.7 - off) * (name != 0)
    return np.asarray(field.cut(np.minimum(shape, np.minimum(u + 4, long - u))) * vein, np.float32)


def _coating(field: Field) -> Array:
    """Return how far the paper is coated (h, w), about 0…1: all of it, or only where a broad brush reached."""
    chance, places, size = field.chance(2), field.places, field.size
    is_level = bool(chance.random() < 0.6)
    (across, along), (high, wide) = (places[::-1], size) if is_level else (places, size[::-1])
    pull = np.asarray(across + 5 * field.cloud(120, 4), np.float32)
    strokes = 1 + 0.025 * np.sin(pull / 2.2) + 0.02 * np.sin(pull / 5.1 + 2)
    if chance.random() < 0.62:
        return np.asarray(strokes, np.float32)
    width = high / float(chance.integers(5, 8))
    clear = np.ones(field.shape, np.float32)
    lanes = np.arange(10)
    ends = chance.uniform(-4, 22, (2, 10)).astype(np.float32)
    lane = np.clip(pull / width, 0, 8.999)
    shown = [np.interp(lane, lanes + 0.5, each) for each in ends]
    for far, end in zip((along, wide - along), shown, strict=True):
        hairs = sum(
            np.interp(pull, np.arange(0, 1100, gap), chance.standard_normal(-(-1100 // gap))) * gap**0.5
            for gap in (3, 7, 19)
        )
        clear = clear * step(far - end + 1.1 * np.asarray(hairs, np.float32), -5, 6)
    for far in (across, high - across):
        clear = clear * step(far + 2.2 * field.cloud(60, 6) - chance.uniform(-8, 10), -1.5, 2.5)
    return np.asarray(strokes * clear, np.float32)
