"""The coarse form of a thing, from which light and shadow are computed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from sketch.colour import Array

COARSE = 64
"""The side in pixels at which light and shadow are computed; they are soft."""

SEEN = 0.3
"""The least coverage of a pixel that counts for a thing's shadow."""


class Form:
    """The coarse form of a thing in a picture of side ``size``.

    ``cover`` (m, m) is the coverage per coarse pixel; ``alpha`` (h, w) the thing's own, at ``top`` and ``left`` in the
    picture. ``head`` and ``foot`` are the first and last of the ``high`` rows in which it is visible.
    """

    def __init__(self, alpha: Array, top: int, left: int, size: int) -> None:
        self.alpha, self.top, self.left, self.size = alpha, top, left, size
        rows = np.flatnonzero(alpha.max(1) > SEEN)
        self.head, self.foot = (top + int(rows[0]), top + int(rows[-1])) if len(rows) else (0, 0)
        self.high = len(rows)
        whole = np.zeros((size, size), np.float32)
        whole[top : top + alpha.shape[0], left : left + alpha.shape[1]] = alpha
        self.cover = _resize(whole, (min(size, COARSE),) * 2, Image.Resampling.BOX)

    @property
    def lowest(self) -> float:
        """Return its lower end as a share of the picture's side; 0 if nothing is visible."""
        return self.foot / self.size if self.high else 0.0

    @property
    def within(self) -> tuple[slice, slice]:
        """Return the picture's rows and columns that it occupies."""
        high, wide = self.alpha.shape
        return slice(self.top, self.top + high), slice(self.left, self.left + wide)

    def coarse(self, picture: Array) -> Array:
        """Return a picture (size, size, 3) sampled at the coarse size (m, m, 3)."""
        step = self.size / len(self.cover)
        at = ((np.arange(len(self.cover)) + 0.5) * step).astype(int)
        return np.asarray(picture[at[:, None], at[None, :]], np.float32)

    def fine(self, values: Array, rows: slice, columns: slice) -> Array:
        """Return a coarse array (m, m, …) resampled to some rows and columns of the picture."""
        step = len(self.cover) / self.size
        box = (columns.start * step, rows.start * step, columns.stop * step, rows.stop * step)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if values.ndim == 2:
            return _resize(values, size, Image.Resampling.BILINEAR, box)
        parts = [_resize(values[..., part], size, Image.Resampling.BILINEAR, box) for part in range(values.shape[2])]
        return np.stack(parts, -1)


def _resize(
    values: Array, size: tuple[int, int], how: Image.Resampling, box: tuple[float, float, float, float] | None = None
) -> Array:
    return np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, how, box), np.float32)


def blur(values: Array, radius: float) -> Array:
    """Return (m, n) blurred by a radius in pixels; values beyond the edges repeat the edge."""
    reach = max(1, round(radius))
    down, across = (_means(size, reach) for size in values.shape)
    return np.asarray(down @ values @ across.T, np.float32)


@lru_cache(maxsize=256)
def _means(size: int, reach: int) -> Array:
    """Return the matrix (size, size) of a box blur within ``reach``, applied twice."""
    near = np.arange(size)[:, None] + np.arange(-reach, reach + 1)
    once = np.zeros((size, size))
    np.add.at(once, (np.arange(size)[:, None], near.clip(0, size - 1)), 1 / (2 * reach + 1))
    return np.asarray(once @ once, np.float32)
