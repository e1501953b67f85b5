"""Pictures (h, w, c) and what is said of each of their pixels (h, w), channel by channel.

To broadcast over a last axis as short as three takes numpy several times as long as to go through the channels one by
one; the numbers are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sketch.colour import Array

Numbers = NDArray[np.floating]


def over(top: Numbers, cover: Numbers, bottom: Numbers) -> Array:
    """Lay ``top`` (h, w, c) or one colour (c,) over ``bottom`` as densely as ``cover`` (h, w) says."""
    return _each(lambda part: bottom[..., part] + (top[..., part] - bottom[..., part]) * cover, bottom.shape[-1])


def times(picture: Numbers, share: Numbers) -> Array:
    """Multiply a picture (h, w, c) by (h, w)."""
    return _each(lambda part: picture[..., part] * share, picture.shape[-1])


def lay(onto: Array, top: Numbers, cover: Numbers) -> None:
    """Lay ``top`` (h, w, c) over a picture in place."""
    for part in range(top.shape[-1]):
        held = onto[..., part]
        held += (top[..., part] - held) * cover


def scale(picture: Array, share: Numbers) -> None:
    """Multiply a picture (h, w, c) in place by (h, w)."""
    for part in range(picture.shape[-1]):
        picture[..., part] *= share


def divide(picture: Array, share: Numbers) -> None:
    """Divide a picture (h, w, c) in place by (h, w)."""
    for part in range(picture.shape[-1]):
        picture[..., part] /= share


def _each(work: Callable[[int], Numbers], count: int) -> Array:
    first = work(0)
    found = np.empty((*first.shape, count), np.float32)
    found[..., 0] = first
    for part in range(1, count):
        found[..., part] = work(part)
    return found
