"""The form of a thing at coarse size (m, m), m at most 64, from which light and shadow are computed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from sketch.colour import Array
from sketch.layers import channels

COARSE = 64
"""The side in pixels of the coarse pictures in which light and shadow are computed; both are soft."""

SEEN = 0.3
"""The coverage from which on a pixel counts as visible."""


class Form:
    """The form of one thing in a picture of ``size`` pixels a side.

    ``alpha`` (h, w) is the thing's coverage, 0…1, in the part of the picture from row ``top`` and column ``left`` on;
    ``cover`` (m, m) that of the whole picture at coarse size. ``head`` and ``foot`` are the first and the last row of
    the picture in which the thing is visible, and ``high`` is the number of visible rows, 0 if there are none.
    """

    def __init__(self, alpha: Array, top: int, left: int, size: int) -> None:
        self.alpha, self.top, self.left, self.size = alpha, top, left, size
        rows = np.flatnonzero(alpha.max(1) > SEEN)
        self.head, self.foot = (top + int(rows[0]), top + int(rows[-1])) if len(rows) else (0, 0)
        self.high = len(rows)
        whole = np.zeros((size, size), np.float32)
        whole[top : top + alpha.shape[0], left : left + alpha.shape[1]] = alpha
        self.cover = channels.resize(whole, (min(size, COARSE),) * 2, Image.Resampling.BOX)

    @property
    def lowest(self) -> float:
        """Return the y of the thing's lower end as a share of the picture's side; 0 if nothing is visible."""
        return self.foot / self.size if self.high else 0.0

    @property
    def within(self) -> tuple[slice, slice]:
        """Return the rows and the columns of the picture in which the thing lies."""
        high, wide = self.alpha.shape
        return slice(self.top, self.top + high), slice(self.left, self.left + wide)

    def coarse(self, picture: Array) -> Array:
        """Return a picture (size, size, 3) reduced to the coarse size (m, m, 3) by taking single pixels."""
        step = self.size / len(self.cover)
        at = ((np.arange(len(self.cover)) + 0.5) * step).astype(int)
        return np.asarray(picture[at[:, None], at[None, :]], np.float32)

    def fine(self, values: Array, rows: slice, columns: slice) -> Array:
        """Return an array at coarse size, (m, m) or (m, m, c), resized to some rows and columns of the picture."""
        step = len(self.cover) / self.size
        box = (columns.start * step, rows.start * step, columns.stop * step, rows.stop * step)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        return channels.resize(values, size, Image.Resampling.BILINEAR, box)


def transform(values: Array, how: tuple[float, ...]) -> Array:
    """Return an array (m, n) whose pixels show the points that the six numbers of an affine matrix lead to, else 0."""
    image = Image.fromarray(np.ascontiguousarray(values))
    return np.asarray(image.transform(image.size, Image.Transform.AFFINE, how, Image.Resampling.BILINEAR), np.float32)


def blur(values: Array, radius: float) -> Array:
    """Return an array (m, n) blurred by about ``radius`` pixels, at least one; the edges are repeated beyond."""
    reach = max(1, round(radius))
    down, across = (_means(size, reach) for size in values.shape)
    return np.asarray(down @ values @ across.T, np.float32)


@lru_cache(maxsize=256)
def _means(size: int, reach: int) -> Array:
    """Return the matrix (size, size) that averages a column over ``reach`` pixels on each side, twice."""
    near = np.arange(size)[:, None] + np.arange(-reach, reach + 1)
    once = np.zeros((size, size))
    np.add.at(once, (np.arange(size)[:, None], near.clip(0, size - 1)), 1 / (2 * reach + 1))
    return np.asarray(once @ once, np.float32)
