"""Signed distance of each pixel to the nearest outline of a thing, positive inside things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sketch.colour import Array

CLAMP = 64.0
"""Distance at which values are clipped, in pixels of a picture of side 256."""


def signed(numbers: NDArray[np.integer], unit: float) -> Array:
    """Return each pixel's signed distance to the nearest outline (h, w), positive inside things and negative outside.

    ``numbers`` (h, w) holds the number of the thing at each pixel, 0 for the ground; an outline lies where it changes.
    The unit of the distances is a pixel of a picture of side 256, and ``unit`` is the size of one pixel of ``numbers``
    in it. Distances are clipped to ±:data:`CLAMP`, which is also the value where there is no outline.
    """
    from scipy import ndimage

    if numbers.min() == numbers.max():
        return np.full(numbers.shape, CLAMP if numbers.flat[0] else -CLAMP, np.float32)
    far = np.zeros(numbers.shape, np.float32)
    for number in np.flatnonzero(np.bincount(numbers.reshape(-1))):
        inside = numbers == number
        # The nearest pixel outside lies within the box of the thing, or next to it.
        rows, columns = (span(inside.any(axis)) for axis in (1, 0))
        part = inside[rows, columns]
        far[rows, columns] += ndimage.distance_transform_edt(part)  # adds 0 outside the thing
    # The centre of a pixel at an edge lies half a pixel from it.
    away = (far - 0.5) * unit
    return np.clip(np.where(numbers > 0, away, -away), -CLAMP, CLAMP).astype(np.float32)


def span(mask: NDArray[np.bool_]) -> slice:
    """Return the range from the first to the last true value, extended by one on both sides; one must be true."""
    indices = np.flatnonzero(mask)
    return slice(max(0, int(indices[0]) - 1), int(indices[-1]) + 2)
