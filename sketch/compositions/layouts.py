"""Layouts: where in a picture a drawn scene is shown, once or in many cells, straight or turned.

A layout says for each pixel of the picture which place of the scene it shows, and in which cell it lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.colour import Array
from sketch.compositions.composition import Composition

FULL = 1.18
"""How much larger a scene is shown in a cell than would fit it: what it shows rarely reaches its edges."""

SLIDE = 0.07
"""How far a panel slides at most, as a share of the picture's side."""


CELLED = ("grid", "panels", "pattern")
"""Layouts of cells."""

REPEATED = ("grid", "pattern")
"""Those whose cells show the whole scene each."""

ROUNDED = 0.25
"""From which part of a cell on a frame has one more: cells are rather too large than too small."""

_Sides = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Laid:
    """A scene in its layout: ``things`` (h, w, 4) with straight alpha, ``ground`` (h, w, 3), and two maps (h, w).

    ``numbers`` tells which thing is in front, from 1; ``cells`` the cell, from 0.
    """

    things: Array
    ground: Array
    numbers: NDArray[np.int16]
    cells: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Places:
    """For each pixel the place in the scene that it shows, 0…1, its cell, and how many times smaller that is shown."""

    x: Array
    y: Array
    cells: NDArray[np.int16]
    smaller: float


def _places(
    x: NDArray[np.floating], y: NDArray[np.floating], cells: NDArray[np.integer], smaller: float = 1.0
) -> _Places:
    return _Places(np.asarray(x, np.float32), np.asarray(y, np.float32), cells.astype(np.int16), smaller)


def in_frame(composition: Composition, height: int, width: int) -> Composition:
    """Return a composition with so many more cells along the longer side that they keep their shape in a frame."""
    if composition.layout not in CELLED or height == width:
        return composition
    longer = max(height, width) / min(height, width)
    name = "columns" if width > height else "rows"
    count = getattr(composition, name)
    if composition.layout == "panels" and count < max(composition.rows, composition.columns):
        return composition  # strips that lie along the longer side
    more = int(count * longer + ROUNDED)
    if composition.layout == "pattern" and count % 2 == 0:
        more = 2 * round(count * longer / 2)  # every second column is mirrored: they go in pairs
    return replace(composition, **{name: max(count, more)})


def lay(
    things: Array,
    ground: Array,
    numbers: NDArray[np.int16],
    composition: Composition,
    shape: tuple[int, int] | None = None,
) -> Laid:
    """Lay a drawn scene out. Things that reach beyond the scene go on as they end at its edge.

    Height and width are those of ``shape``, by default the scene's own. In cells a scene that is square is shown so
    large that it fits them; other layouts show it as high and wide as the whole.
    """
    height, width = shape or numbers.shape
    if composition.layout == "single":
        return Laid(things, ground, numbers, np.zeros((height, width), np.int16))
    at = ((np.arange(side, dtype=np.float32) + 0.5) / side for side in (height, width))
    y, x = np.meshgrid(*at, indexing="ij")
    short = min(height, width)
    places = _PLACES[composition.layout](x, y, composition, (height / short, width / short))
    alpha = things[..., 3:]
    held = np.concatenate([things[..., :3] * alpha, alpha, ground], -1)
    shown = _sampled(held, places)
    cover = shown[..., 3:4]
    straight = np.concatenate([np.clip(shown[..., :3] / np.maximum(cover, 1e-3), 0, 1), cover], -1)
    height, width = numbers.shape
    rows = np.clip((places.y * height).astype(int), 0, height - 1)
    columns = np.clip((places.x * width).astype(int), 0, width - 1)
    return Laid(straight, shown[..., 4:], numbers[rows, columns], places.cells)


def _tilted(x: Array, y: Array, composition: Composition, sides: _Sides) -> _Places:
    cosine, sine = np.cos(composition.tilt), np.sin(composition.tilt)
    high, wide = sides
    u, v = x - 0.5, y - 0.5
    right, down = 0.5 + u * cosine + v * (sine * high / wide), 0.5 - u * (sine * wide / high) + v * cosine
    return _places(right, down, np.zeros(x.shape, np.int16))


def _grid(x: Array, y: Array, composition: Composition, sides: _Sides) -> _Places:
    rows, columns = composition.rows, composition.columns
    row, column = np.minimum(y * rows, rows - 1e-4).astype(int), np.minimum(x * columns, columns - 1e-4).astype(int)
    down, across, smaller = _shown(composition, sides)
    u, v = (x - (column + 0.5) / columns) * across, (y - (row + 0.5) / rows) * down
    mirrored = _halves(rows, columns, composition.seed)[row, column]
    return _places(0.5 + np.where(mirrored, -u, u), 0.5 + v, (row * columns + column), smaller)


def _panels(x: Array, y: Array, composition: Composition, _: _Sides) -> _Places:
    """Cut the scene into strips, upright ones or lying, each of which has slid along its length."""
    upright = composition.columns >= composition.rows
    count = max(composition.rows, composition.columns)
    across, along = (x, y) if upright else (y, x)
    strip = np.minimum(across * count, count - 1e-4).astype(int)
    slides = np.random.default_rng(composition.seed).uniform(0.4, 1.0, count) * SLIDE
    slides[1::2] *= -1
    moved = along + slides.astype(np.float32)[strip]
    u, v = (x, moved) if upright else (moved, y)
    return _places(u, v, strip)


def _pattern(x: Array, y: Array, composition: Composition, sides: _Sides) -> _Places:
    """Repeat the scene in columns, each second of which has dropped by half a cell."""
    rows, columns = composition.rows, composition.columns
    across = x * columns
    column = np.floor(across).astype(int)
    down = y * rows + 0.5 * (column % 2)
    row = np.floor(down).astype(int)
    high, wide, smaller = _shown(composition, sides)
    u, v = (across - column - 0.5) / columns * wide, (down - row - 0.5) / rows * high
    mirrored = column % 2 == 1
    cells = (row + 1) * columns + column
    return _places(0.5 + np.where(mirrored, -u, u), 0.5 + v, cells, smaller)


def _shown(composition: Composition, sides: _Sides) -> tuple[float, float, float]:
    """Return how many scenes, as they are shown in cells, the height and the width measure; and the shorter side."""
    high, wide = sides
    smaller = max(composition.rows / high, composition.columns / wide) / FULL
    return high * smaller, wide * smaller, smaller


def _halves(rows: int, columns: int, seed: int) -> NDArray[np.bool_]:
    """Return which cells of a grid are mirrored: every second one, or none."""
    every = (np.arange(rows)[:, None] + np.arange(columns)[None, :]) % 2 == 1
    return every if seed % 3 == 0 else np.zeros_like(every)


def _sampled(picture: Array, places: _Places) -> Array:
    """Look up a picture (h, w, c) at places 0…1; where it is shown smaller, its means."""
    height, width, channels = picture.shape
    if places.smaller > 1.05:
        size = (max(8, round(width / places.smaller)), max(8, round(height / places.smaller)))
        parts = [
            np.asarray(Image.fromarray(np.ascontiguousarray(picture[..., part])).resize(size, Image.Resampling.BOX))
            for part in range(channels)
        ]
        picture = np.stack(parts, -1)
        height, width = picture.shape[:2]
    row = np.clip(places.y * height - 0.5, 0, height - 1)
    column = np.clip(places.x * width - 0.5, 0, width - 1)
    top, left = row.astype(np.intp), column.astype(np.intp)
    down, across = (row - top).astype(np.float32)[..., None], (column - left).astype(np.float32)[..., None]
    below, right = np.minimum(top + 1, height - 1) * width, np.minimum(left + 1, width - 1)
    top *= width
    flat = picture.reshape(-1, channels)
    upper, lower = (flat.take(start + left, axis=0) for start in (top, below))
    upper += (flat.take(top + right, axis=0) - upper) * across
    lower += (flat.take(below + right, axis=0) - lower) * across
    lower -= upper
    lower *= down
    upper += lower
    return np.asarray(upper, np.float32)


_PLACES: dict[str, Callable[[Array, Array, Composition, _Sides], _Places]] = {
    "tilted": _tilted,
    "grid": _grid,
    "panels": _panels,
    "pattern": _pattern,
}
