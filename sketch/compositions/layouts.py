"""Layouts: where a picture shows a drawn scene, once or in many cells, upright or rotated.

A layout gives for each pixel of the picture the point of the scene that it shows, and the cell to which it belongs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.colour import Array
from sketch.compositions.composition import Composition
from sketch.layers import channels
from sketch.layers.channels import Numbers

FULL = 1.18
"""The side of a scene in a cell, as a multiple of the cell's side; things rarely reach the scene's edges."""

SLIDE = 0.07
"""The largest shift of a panel, as a share of the picture's side."""


CELLED = ("grid", "panels", "pattern")
"""Layouts that have cells."""

REPEATED = ("grid", "pattern")
"""Layouts whose cells each show the whole scene."""

ROUNDED = 0.25
"""Added to a number of cells before it is rounded down: a frame gets one more cell if three quarters of it fit."""

_Sides = tuple[float, float]
_Raw = tuple[Numbers, Numbers, NDArray[np.integer], float]  # what :class:`_Places` holds, of any precision

Layers = tuple[Array, Array, NDArray[np.int16]]
"""Things (h, w, 4) with straight alpha, the ground (h, w, 3), and the number of the thing in front (h, w) or 0."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A scene in its layout: ``things`` (h, w, 4) with straight alpha, ``ground`` (h, w, 3), and two maps (h, w).

    ``numbers`` holds the number of the thing in front, from 1, or 0 for the ground; ``cells`` the number of the cell.
    """

    things: Array
    ground: Array
    numbers: NDArray[np.int16]
    cells: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Places:
    """The point of the scene that each pixel shows, ``x`` and ``y`` (h, w), 0…1 within the scene.

    ``cells`` (h, w) is the number of the pixel's cell; ``smaller`` is the factor by which the drawn scene is reduced, 1
    if it is not.
    """

    x: Array
    y: Array
    cells: NDArray[np.int16]
    smaller: float


def in_frame(composition: Composition, height: int, width: int) -> Composition:
    """Return a composition with more cells along the frame's longer side, so that cells keep their shape."""
    if composition.layout not in CELLED or height == width:
        return composition
    longer = max(height, width) / min(height, width)
    name = "columns" if width > height else "rows"
    count = getattr(composition, name)
    if composition.layout == "panels" and count < max(composition.rows, composition.columns):
        return composition  # strips lie along the longer side
    more = int(count * longer + ROUNDED)
    if composition.layout == "pattern" and count % 2 == 0:
        more = 2 * round(count * longer / 2)  # every second column is mirrored, so the count stays even
    return replace(composition, **{name: max(count, more)})


def lay(layers: Layers, composition: Composition, shape: tuple[int, int]) -> Laid:
    """Return a drawn scene in its layout; beyond the scene's edges, its outermost pixels are repeated.

    ``shape`` is the picture's height and width. Cells of a grid or pattern show a square scene; other layouts stretch
    it to the picture, or leave it unchanged.
    """
    if composition.layout == "single":
        return Laid(*layers, np.zeros(shape, np.int16))
    return _shown_at(_laid_out(composition, *shape), layers)


def lay_cells(cells: Sequence[Layers], composition: Composition, shape: tuple[int, int]) -> Laid:
    """Return a grid whose cells show scenes drawn separately for them, row by row.

    Each of ``cells`` is a square of :func:`cell_side` pixels; ``shape`` is the picture's height and width.
    """
    height, width = shape
    places = _laid_out(composition, height, width)
    things, ground, numbers = (np.zeros((height, width, *each.shape[2:]), each.dtype) for each in cells[0])
    for number, layers in enumerate(cells):
        row, column = divmod(number, composition.columns)
        part = _span(height, row, composition.rows), _span(width, column, composition.columns)
        shown = _shown_at(_Places(places.x[part], places.y[part], places.cells[part], 1.0), layers)
        things[part], ground[part], numbers[part] = shown.things, shown.ground, shown.numbers
    return Laid(things, ground, numbers, places.cells)


def cell_side(composition: Composition, height: int, width: int) -> int:
    """Return the side in pixels, an even number, of a scene drawn for one cell of a grid."""
    short = min(height, width)
    _, _, smaller = _cell_scale(composition, (height / short, width / short))
    return 2 * math.ceil(short / smaller / 2)


def _laid_out(composition: Composition, height: int, width: int) -> _Places:
    """Return the points of the scene that the pixels of a picture show in a composition's layout."""
    at = ((np.arange(side, dtype=np.float32) + 0.5) / side for side in (height, width))
    y, x = (np.asarray(each, np.float32) for each in np.meshgrid(*at, indexing="ij"))
    short = min(height, width)
    x, y, cells, smaller = _PLACES[composition.layout](x, y, composition, (height / short, width / short))
    return _Places(np.asarray(x, np.float32), np.asarray(y, np.float32), cells.astype(np.int16), smaller)


def _span(size: int, at: int, count: int) -> slice:
    """Return the slice of the pixels whose centres lie in part ``at`` of ``count`` equal parts of a side."""
    first, last = (math.ceil(size * edge / count - 0.5) for edge in (at, at + 1))
    return slice(first, last)


def _shown_at(places: _Places, layers: Layers) -> Laid:
    """Return the layers sampled at the points of the scene that each pixel shows."""
    things, ground, numbers = layers
    alpha = things[..., 3:]
    stack = np.concatenate([things[..., :3] * alpha, alpha, ground], -1)
    shown = _sample(stack, places)
    cover = shown[..., 3:4]
    straight = np.concatenate([np.clip(shown[..., :3] / np.maximum(cover, 1e-3), 0, 1), cover], -1)
    height, width = numbers.shape
    rows = np.clip((places.y * height).astype(int), 0, height - 1)
    columns = np.clip((places.x * width).astype(int), 0, width - 1)
    return Laid(straight, shown[..., 4:], numbers[rows, columns], places.cells)


def _tilt(x: Array, y: Array, composition: Composition, sides: _Sides) -> _Raw:
    """Return the points that pixels at ``x``, ``y`` (0…1) show of a scene rotated clockwise by the tilt."""
    cosine, sine = np.cos(composition.tilt), np.sin(composition.tilt)
    high, wide = sides
    u, v = x - 0.5, y - 0.5
    right, down = 0.5 + u * cosine + v * (sine * high / wide), 0.5 - u * (sine * wide / high) + v * cosine
    return right, down, np.zeros(x.shape, np.int16), 1.0


def _grid(x: Array, y: Array, composition: Composition, sides: _Sides) -> _Raw:
    """Return the points that pixels at ``x``, ``y`` (0…1) show in rows and columns of cells, each with the scene."""
    rows, columns = composition.rows, composition.columns
    row, column = np.minimum(y * rows, rows - 1e-4).astype(int), np.minimum(x * columns, columns - 1e-4).astype(int)
    down, across, smaller = _cell_scale(composition, sides)
    u, v = (x - (column + 0.5) / columns) * across, (y - (row + 0.5) / rows) * down
    mirrored = _halves(rows, columns, composition.seed)[row, column]
    return 0.5 + np.where(mirrored, -u, u), 0.5 + v, row * columns + column, smaller


def _panels(x: Array, y: Array, composition: Composition, _: _Sides) -> _Raw:
    """Return the points that pixels show in vertical or horizontal strips, each shifted along its length."""
    upright = composition.columns >= composition.rows
    count = max(composition.rows, composition.columns)
    across, along = (x, y) if upright else (y, x)
    strip = np.minimum(across * count, count - 1e-4).astype(int)
    slides = np.random.default_rng(composition.seed).uniform(0.4, 1.0, count) * SLIDE
    slides[1::2] *= -1
    moved = along + slides.astype(np.float32)[strip]
    u, v = (x, moved) if upright else (moved, y)
    return u, v, strip, 1.0


def _pattern(x: Array, y: Array, composition: Composition, sides: _Sides) -> _Raw:
    """Return the points that pixels show in a repeat; every second column is mirrored and shifted by half a cell."""
    rows, columns = composition.rows, composition.columns
    across = x * columns
    column = np.floor(across).astype(int)
    down = y * rows + 0.5 * (column % 2)
    row = np.floor(down).astype(int)
    high, wide, smaller = _cell_scale(composition, sides)
    u, v = (across - column - 0.5) / columns * wide, (down - row - 0.5) / rows * high
    mirrored = column % 2 == 1
    cells = (row + 1) * columns + column
    return 0.5 + np.where(mirrored, -u, u), 0.5 + v, cells, smaller


def _cell_scale(composition: Composition, sides: _Sides) -> tuple[float, float, float]:
    """Return the picture's height, width and shorter side, measured in sides of the scene as the cells show it."""
    high, wide = sides
    smaller = max(composition.rows / high, composition.columns / wide) / FULL
    return high * smaller, wide * smaller, smaller


def _halves(rows: int, columns: int, seed: int) -> NDArray[np.bool_]:
    """Return which cells (rows, columns) of a grid are mirrored: by the seed, every second one or none."""
    every = (np.arange(rows)[:, None] + np.arange(columns)[None, :]) % 2 == 1
    return every if seed % 3 == 0 else np.zeros_like(every)


def _sample(picture: Array, places: _Places) -> Array:
    """Return a picture (h, w, c) interpolated at the given points; if it is reduced, pixels are averaged first."""
    height, width = picture.shape[:2]
    if places.smaller > 1.05:
        size = (max(8, round(width / places.smaller)), max(8, round(height / places.smaller)))
        picture = channels.resize(picture, size, Image.Resampling.BOX)
        height, width = picture.shape[:2]
    row = np.clip(places.y * height - 0.5, 0, height - 1)
    column = np.clip(places.x * width - 0.5, 0, width - 1)
    top, left = row.astype(np.intp), column.astype(np.intp)
    down, across = (row - top).astype(np.float32)[..., None], (column - left).astype(np.float32)[..., None]
    below, right = np.minimum(top + 1, height - 1) * width, np.minimum(left + 1, width - 1)
    top *= width
    flat = picture.reshape(-1, picture.shape[2])
    upper, lower = (flat.take(start + left, axis=0) for start in (top, below))
    upper += (flat.take(top + right, axis=0) - upper) * across
    lower += (flat.take(below + right, axis=0) - lower) * across
    lower -= upper
    lower *= down
    upper += lower
    return np.asarray(upper, np.float32)


_PLACES: dict[str, Callable[[Array, Array, Composition, _Sides], _Raw]] = {
    "tilted": _tilt,
    "grid": _grid,
    "panels": _panels,
    "pattern": _pattern,
}
