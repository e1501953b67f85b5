"""Choice of the pictures of a set that differ most, by their thumbnails. Pure arithmetic on arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def most_different(thumbnails: NDArray[np.float32], taken: Sequence[int], count: int) -> list[int]:
    """Return the indices of up to `count` further rows of `thumbnails` (pictures x …) that differ most.

    Each is the row farthest from all that are `taken` or chosen before (farthest-first traversal, Gonzalez 1985). If
    none is taken the first row is chosen first. Ties go to the earlier row. The list is shorter if rows run out.
    """
    flat = thumbnails.reshape(len(thumbnails), -1)
    chosen: list[int] = []
    nearest = np.full(len(flat), np.inf)
    for index in taken:
        nearest = np.minimum(nearest, _distances(flat, index))
    nearest[list(taken)] = -1.0
    while len(chosen) < count and (nearest >= 0).any():
        index = int(nearest.argmax())
        chosen.append(index)
        nearest = np.minimum(nearest, _distances(flat, index))
        nearest[index] = -1.0
    return chosen


def _distances(flat: NDArray[np.float32], index: int) -> NDArray[np.floating]:
    return np.asarray(np.sqrt(((flat - flat[index]) ** 2).mean(1)))
