"""Sites: one random point in each cell of a grid, the centre of a dot, a mosaic tile or a piece of glass.

The points depend only on the seed, so they are the same in all frames of a walk. :func:`settle` and :func:`spread` move
them with the scene, so that the pieces around them follow a form smoothly from frame to frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, Numbers


@dataclass(frozen=True)
class Sites:
    """Points with coordinates ``x`` and ``y`` (rows, columns) in units, one per grid cell.

    ``cell`` is the side of a grid cell in units. The grid extends two cells beyond the picture on each side. ``seed``
    decides the random numbers of :meth:`chance`.
    """

    x: Array
    y: Array
    cell: float
    seed: int

    def at(self, values: Numbers, field: Field) -> Array:
        """Return values (h, w) or (h, w, c) at the sites: (rows, columns) or (rows, columns, c)."""
        height, width = field.shape
        row = np.clip(self.y / field.pixel, 0, height - 1).astype(int)
        column = np.clip(self.x / field.pixel, 0, width - 1).astype(int)
        return np.asarray(values[row, column], np.float32)

    def move(self, field: Field, across: Numbers, down: Numbers) -> Sites:
        """Return the sites moved right and down by the displacements (h, w) at their pixels, in units."""
        return Sites(self.x + self.at(across, field), self.y + self.at(down, field), self.cell, self.seed)

    def chance(self) -> Array:
        """Return four uniform random numbers, 0…1, for each site: (rows, columns, 4)."""
        return noise.cell_noise(*self.x.shape, self.seed + 1)

    def near(self, field: Field) -> Iterator[tuple[NDArray[np.intp], Array, Array]]:
        """Yield the sites near each pixel, one neighbour at a time: its number and the offsets from it, each (h, w).

        The number is the site's index in the flattened grid. The offsets lead from the site to the pixel, to the right
        and down, in units. Neighbours are those in the pixel's grid cell and in the eight around it.
        """
        x, y = field.places
        row, column = ((place / self.cell).astype(np.intp) + 2 for place in (y, x))
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                number = (row + down) * self.x.shape[1] + (column + across)
                yield number, x - self.x.ravel()[number], y - self.y.ravel()[number]


def scatter(field: Field, cell: float, number: int = 0, jitter: float = 0.8) -> Sites:
    """Return sites on a grid of ``cell`` units, each at a random point of its cell.

    ``jitter``, 0…1, is the middle share of the cell in which the point lies. ``number`` and the field's seed decide the
    random numbers.
    """
    seed = field.seed * 64 + number
    rows, columns = (int(np.ceil(side / cell)) + 4 for side in field.size)
    spread = (noise.cell_noise(rows, columns, seed)[..., :2] - 0.5) * jitter + 0.5
    x = (np.arange(columns, dtype=np.float32)[None, :] - 2 + spread[..., 0]) * cell
    y = (np.arange(rows, dtype=np.float32)[:, None] - 2 + spread[..., 1]) * cell
    return Sites(np.asarray(x, np.float32), np.asarray(y, np.float32), cell, seed)


def settle(sites: Sites, field: Field, level: Numbers, pitch: float, steps: int = 2) -> Sites:
    """Return the sites moved midway between contour lines of ``level`` (h, w) at multiples of ``pitch``, in units.

    ``steps`` is the number of passes, each of which brings them closer to that.
    """
    down, across = field.slopes(level)
    steep = np.maximum(down**2 + across**2, 0.25)
    off = np.sin(2 * np.pi * (level / pitch - 0.5)) * (pitch / (2 * np.pi)) / steep
    for _ in range(steps):
        sites = sites.move(field, -across * off, -down * off)
    return sites


def spread(sites: Sites, field: Field, level: Numbers, pitch: float) -> Sites:
    """Return the sites moved along contour lines of ``level`` (h, w), about ``pitch`` units from their neighbours."""
    down, across = field.slopes(level)
    steep = np.hypot(down, across) + 1e-3
    for _ in range(2):
        height = sites.at(level, field)
        right, below = sites.at(-down / steep, field), sites.at(across / steep, field)
        push = np.zeros_like(sites.x)
        for rows, columns in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1), (0, 2), (0, -2)):
            other = (np.roll(each, (rows, columns), (0, 1)) for each in (sites.x, sites.y, height))
            off_x, off_y, off_level = (own - one for own, one in zip((sites.x, sites.y, height), other, strict=True))
            along = off_x * right + off_y * below
            beside = np.clip(1.3 - np.abs(off_level) / (0.5 * pitch), 0, 1)
            near = np.clip(1.05 - np.hypot(off_x, off_y) / pitch, 0, 1)
            push += np.tanh(along / (0.15 * pitch)) * beside * near
        push *= 0.45 * pitch
        sites = Sites(sites.x + push * right, sites.y + push * below, sites.cell, sites.seed)
    return sites


def lattice(values: Numbers, field: Field, cell: float) -> Array:
    """Return values (h, w) interpolated over flat triangles of a grid, so that contours become polygons.

    ``cell`` is the grid's side in units.
    """
    height, width = field.shape
    x, y = field.places
    row, column = (y / cell).astype(int), (x / cell).astype(int)
    down, across = y / cell - row, x / cell - column
    at_row = np.clip(np.arange(int(row.max()) + 2) * cell / field.pixel, 0, height - 1).astype(int)
    at_column = np.clip(np.arange(int(column.max()) + 2) * cell / field.pixel, 0, width - 1).astype(int)
    nodes = values[at_row[:, None], at_column[None, :]]
    one, right = nodes[row, column], nodes[row, column + 1]
    below, other = nodes[row + 1, column], nodes[row + 1, column + 1]
    upper = one + across * (right - one) + down * (below - one)
    lower = other + (1 - across) * (below - other) + (1 - down) * (right - other)
    falling = np.where(across + down < 1, upper, lower)
    upper = one + across * (right - one) + down * (other - right)
    lower = one + down * (below - one) + across * (other - below)
    rising = np.where(across > down, upper, lower)
    even = (row + column) % 2 == 0
    return np.asarray(np.where(even, falling, rising), np.float32)
