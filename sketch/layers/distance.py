"""How far each place of a picture is from the nearest outline of a thing, positive inside of any."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch.colour import Array

CLAMP = 64.0
"""Pixels of 256 beyond which a distance tells nothing more."""


def signed(numbers: NDArray[np.integer], unit: float) -> Array:
    """Measure distances (h, w) in pixels of 256 from the outlines between ``numbers``: 0 is ground, else a thing.

    ``unit`` is how many pixels of 256 one pixel of ``numbers`` is. Where there is no outline, all is as far as can be.
    """
    from scipy import ndimage

    if numbers.min() == numbers.max():
        return np.full(numbers.shape, CLAMP if numbers.flat[0] else -CLAMP, np.float32)
    far = np.zeros(numbers.shape, np.float32)
    for number in np.flatnonzero(np.bincount(numbers.reshape(-1))):
        inside = numbers == number
        # The nearest place outside lies within its box, or directly beside it.
        rows, columns = (_span(inside.any(axis)) for axis in (1, 0))
        part = inside[rows, columns]
        far[rows, columns] += ndimage.distance_transform_edt(part)  # nothing where it is not inside
    # The middle of a pixel at an edge is half a pixel off it.
    away = (far - 0.5) * unit
    return np.clip(np.where(numbers > 0, away, -away), -CLAMP, CLAMP).astype(np.float32)


def _span(seen: NDArray[np.bool_]) -> slice:
    """Return from where to where something is, and one place more on both sides."""
    found = np.flatnonzero(seen)
    return slice(max(0, int(found[0]) - 1), int(found[-1]) + 2)
