"""The pictures of a walk, each loaded on access, because a film of large pictures does not fit into memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.errors import MediaLost
from app.storage import media_store
from worker.film import encoding
from worker.process.walk_memory import Memory

Picture = NDArray[np.uint8]


class GeneratedPictures(Sequence[Picture]):
    """A sequence of a walk's pictures, given as (position, path); pictures in the cache are not loaded."""

    def __init__(self, places: Sequence[tuple[float, str]], memory: Memory) -> None:
        self._places = places
        self._memory = memory
        self._store = media_store.store()

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Picture:  # type: ignore[override]  # nothing takes a slice
        """Return a picture (height x width x 3, uint8).

        :raises MediaLost: when the picture's file is missing or damaged.
        """
        position, path = self._places[index]
        remembered = self._memory.pictures.get(position)
        if remembered is not None:
            return remembered
        try:
            return encoding.decode_still(self._store.read_bytes(path))
        except (ValueError, OSError) as error:
            raise MediaLost(f"{path} cannot be read") from error
