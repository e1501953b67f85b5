"""Arithmetic on pictures (h, w, c) with one value per pixel (h, w), channel by channel.

With as few as three channels, a loop over the channels is several times as fast as numpy's broadcasting over the last
axis. The results are identical to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch.colour import Array

Numbers = NDArray[np.floating]


def over(top: Numbers, cover: Numbers | float, bottom: Numbers) -> Array:
    """Return ``top`` blended over ``bottom`` by ``cover`` (h, w), 0…1, which may be one number for all pixels.

    Both are pictures (h, w, c), or one of them is one colour (c,); if ``cover`` is (h, w), both may be colours.
    """
    return _each(lambda part: bottom[..., part] + (top[..., part] - bottom[..., part]) * cover, bottom.shape[-1])


def times(picture: Numbers, share: Numbers) -> Array:
    """Return a picture (h, w, c) multiplied by ``share`` (h, w)."""
    return _each(lambda part: picture[..., part] * share, picture.shape[-1])


def lay(onto: Array, top: Numbers, cover: Numbers) -> None:
    """Blend ``top`` (h, w, c) or one colour (c,) over a picture in place, by the coverage ``cover`` (h, w), 0…1."""
    for part in range(top.shape[-1]):
        channel = onto[..., part]
        channel += (top[..., part] - channel) * cover


def scale(picture: Array, share: Numbers) -> None:
    """Multiply a picture (h, w, c) in place by ``share`` (h, w)."""
    for part in range(picture.shape[-1]):
        picture[..., part] *= share


def divide(picture: Array, share: Numbers) -> None:
    """Divide a picture (h, w, c) in place by ``share`` (h, w)."""
    for part in range(picture.shape[-1]):
        picture[..., part] /= share


def resize(
    values: Array, size: tuple[int, int], how: Image.Resampling, box: tuple[float, float, float, float] | None = None
) -> Array:
    """Return an array (m, n) or (m, n, c), or its ``box`` (left, top, right, bottom), resized to (width, height)."""
    if values.ndim == 2:
        return np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, how, box), np.float32)
    return np.stack([resize(values[..., part], size, how, box) for part in range(values.shape[2])], -1)


def _each(work: Callable[[int], Numbers], count: int) -> Array:
    """Return the channels ``work(0)`` to ``work(count - 1)``, (h, w) each, as one array (h, w, count)."""
    first = work(0)
    result = np.empty((*first.shape, count), np.float32)
    result[..., 0] = first
    for part in range(1, count):
        result[..., part] = work(part)
    return result
