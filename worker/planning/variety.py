"""Which of many pictures to show so that no two are alike, by small thumbnails of them.

Pure arithmetic on arrays.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def most_different(thumbnails: NDArray[np.float32], taken: Sequence[int], count: int) -> list[int]:
    """Choose so many further rows of `thumbnails` (pictures x …), each the one farthest from all that are taken.

    Farthest-first traversal (Gonzalez 1985): no two of what it takes are nearer to one another than what it leaves is
    to them. Where nothing is taken the first picture is. Ties go to the earlier one; what there is too little of comes
    as far as it goes.
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
