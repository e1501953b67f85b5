"""Noise that depends only on a seed and looks the same at any size of the picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from sketch.colour import Array
from sketch.layers import channels

WHOLE = 256.0
"""The number of units along a picture's shorter side; pitches and widths of marks are in units."""


@lru_cache(maxsize=128)
def cloud(height: int, width: int, cell: float, seed: int) -> Array:
    """Return smooth noise (height, width) with features of about ``cell`` units, mean 0, standard deviation about 1.

    The array is cached: do not write to it.
    """
    unit = WHOLE / min(height, width)
    rows, columns = (max(2, int(np.ceil(side * unit / cell))) for side in (height, width))
    grid = np.random.default_rng(seed).standard_normal((rows + 3, columns + 3)).astype(np.float32)
    box = (1.0, 1.0, 1.0 + width * unit / cell, 1.0 + height * unit / cell)
    return channels.resize(grid, (width, height), Image.Resampling.BICUBIC, box) * np.float32(1.35)


@lru_cache(maxsize=64)
def cell_noise(rows: int, columns: int, seed: int, count: int = 4) -> Array:
    """Return uniform random numbers 0…1 for each cell of a grid: (rows, columns, count).

    The array is cached: do not write to it.
    """
    return np.random.default_rng(seed).random((rows, columns, count), np.float32)
