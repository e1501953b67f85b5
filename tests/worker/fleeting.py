"""Pictures that are counted while they are in memory."""

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


class Alive:
    """Counts how many of the pictures that were given out are alive at once."""

    def __init__(self) -> None:
        self._given: list[weakref.ref[Picture]] = []
        self.most_alive = 0

    def give(self, picture: Picture) -> Picture:
        """Give out a picture."""
        self._given = [each for each in self._given if each() is not None]
        self._given.append(weakref.ref(picture))
        self.most_alive = max(self.most_alive, len(self._given))
        return picture


class OneByOne(Alive, Sequence[Picture]):
    """Pictures that are made when they are asked for, as if they were read from files."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        super().__init__()
        self._pictures = pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: Any) -> Any:
        return self.give(self._pictures[index].copy())
