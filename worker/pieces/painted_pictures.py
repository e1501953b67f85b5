"""The painted pictures of a walk, each read when it is looked at: a film of large ones does not fit into memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from app.errors import MediaError
from app.storage import media_store
from worker.film import encoding
from worker.process.walk_memory import Memory

Picture = NDArray[np.uint8]


class PaintedPictures(Sequence[Picture]):
    """Pictures in the order of their positions and paths; those that the process remembers are not read."""

    def __init__(self, places: Sequence[tuple[float, str]], memory: Memory) -> None:
        self._places = places
        self._memory = memory
        self._store = media_store.store()

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> PaintedPictures: ...
    def __getitem__(self, index: int | slice) -> Picture | PaintedPictures:
        """Return a picture.

        :raises MediaError: when its file is lost or broken.
        """
        if isinstance(index, slice):
            return PaintedPictures(self._places[index], self._memory)
        position, path = self._places[index]
        remembered = self._memory.pictures.get(position)
        if remembered is not None:
            return remembered
        try:
            return encoding.decode_still(self._store.read_bytes(path))
        except (ValueError, OSError) as error:
            raise MediaError(f"{path} cannot be read") from error
