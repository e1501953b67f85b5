"""Layouts: where in a picture a drawn scene is shown, once or in many cells, straight or turned.

A layout says for each pixel of the picture which place of the scene it shows, and in which cell it lies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.colour import Array
from sketch.compositions.composition import Composition

FULL = 1.18
"""How much larger a scene is shown in a cell than would fit it: what it shows rarely reaches its edges."""

SLIDE = 0.07
"""How far a panel slides at most, as a share of the picture's side."""


Layers = tuple[Array, Array, NDArray[np.int16]]
"""Things (h, w, 4) with straight alpha, ground (h, w, 3), and which thing is in front (h, w), from 1."""


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


def lay(things: Array, ground: Array, numbers: NDArray[np.int16], composition: Composition) -> Laid:
    """Lay a drawn scene out. Things that reach beyond the scene go on as they end at its edge."""
    height, width = numbers.shape
    if composition.layout == "single":
        return Laid(things, ground, numbers, np.zeros((height, width), np.int16))
    x, y = _centres(height, width)
    laid = Laid(np.empty_like(things), np.empty_like(ground), np.empty_like(numbers), np.empty_like(numbers))
    places = _PLACES[composition.layout](x, y, composition)
    _show(laid, (slice(0, height), slice(0, width)), (things, ground, numbers), places)
    return laid


def _centres(height: int, width: int) -> tuple[Array, Array]:
    """Return x and y of the pixels' middles, 0…1: (h, w) each."""
    across, down = ((np.arange(side, dtype=np.float32) + 0.5) / side for side in (width, height))
    return np.broadcast_to(across[None, :], (height, width)), np.broadcast_to(down[:, None], (height, width))


def _show(laid: Laid, part: tuple[slice, slice], layers: Layers, places: _Places) -> None:
    """Show in a part of a picture the places of a drawn scene that are seen there."""
    things, ground, numbers = layers
    height, width = numbers.shape
    alpha = things[..., 3:]
    shown = _sampled(np.concatenate([things[..., :3] * alpha, alpha, ground], -1), places)
    cover = shown[..., 3:4]
    laid.things[part] = np.concatenate([np.clip(shown[..., :3] / np.maximum(cover, 1e-3), 0, 1), cover], -1)
    laid.ground[part] = shown[..., 4:]
    rows = np.clip((places.y * height).astype(int), 0, height - 1)
    columns = np.clip((places.x * width).astype(int), 0, width - 1)
    laid.numbers[part] = numbers[rows, columns]
    laid.cells[part] = places.cells


def lay_cells(cells: Sequence[Layers], composition: Composition, shape: tuple[int, ...]) -> Laid:
    """Lay out a grid whose cells show drawings of their own: things, ground and numbers for each, of any side."""
    height, width = shape
    x, y = _centres(height, width)
    places = _grid(x, y, composition)
    laid = Laid(
        np.zeros((height, width, 4), np.float32),
        np.zeros((height, width, 3), np.float32),
        np.zeros((height, width), np.int16),
        places.cells,
    )
    for number, layers in enumerate(cells):
        row, column = divmod(number, composition.columns)
        part = _span(height, row, composition.rows), _span(width, column, composition.columns)
        _show(laid, part, layers, _Places(places.x[part], places.y[part], places.cells[part], 1.0))
    return laid


def _span(size: int, at: int, count: int) -> slice:
    """Return the pixels whose middles lie in one of so many equal parts of a side."""
    first, last = (math.ceil(size * edge / count - 0.5) for edge in (at, at + 1))
    return slice(first, last)


def _tilted(x: Array, y: Array, composition: Composition) -> _Places:
    cosine, sine = np.cos(composition.tilt), np.sin(composition.tilt)
    u, v = x - 0.5, y - 0.5
    return _places(0.5 + u * cosine + v * sine, 0.5 - u * sine + v * cosine, np.zeros(x.shape, np.int16))


def _grid(x: Array, y: Array, composition: Composition) -> _Places:
    rows, columns = composition.rows, composition.columns
    row, column = np.minimum(y * rows, rows - 1e-4).astype(int), np.minimum(x * columns, columns - 1e-4).astype(int)
    smaller = max(rows, columns) / FULL
    u, v = (x - (column + 0.5) / columns) * smaller, (y - (row + 0.5) / rows) * smaller
    mirrored = _halves(rows, columns, composition.seed)[row, column]
    return _places(0.5 + np.where(mirrored, -u, u), 0.5 + v, (row * columns + column), smaller)


def _panels(x: Array, y: Array, composition: Composition) -> _Places:
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


def _pattern(x: Array, y: Array, composition: Composition) -> _Places:
    """Repeat the scene in columns, each second of which has dropped by half a cell."""
    rows, columns = composition.rows, composition.columns
    across = x * columns
    column = np.floor(across).astype(int)
    down = y * rows + 0.5 * (column % 2)
    row = np.floor(down).astype(int)
    smaller = max(rows, columns) / FULL
    u, v = (across - column - 0.5) / columns * smaller, (down - row - 0.5) / rows * smaller
    mirrored = column % 2 == 1
    cells = (row + 1) * columns + column
    return _places(0.5 + np.where(mirrored, -u, u), 0.5 + v, cells, smaller)


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
    top, left = row.astype(int), column.astype(int)
    below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = (row - top)[..., None], (column - left)[..., None]
    upper = picture[top, left] * (1 - across) + picture[top, right] * across
    lower = picture[below, left] * (1 - across) + picture[below, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


_PLACES: dict[str, Callable[[Array, Array, Composition], _Places]] = {
    "tilted": _tilted,
    "grid": _grid,
    "panels": _panels,
    "pattern": _pattern,
}
