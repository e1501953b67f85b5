"""What this process remembers of the walks it paints, so that a worker alone reads nothing twice.

Nothing here is missed when it is gone: texts are encoded anew, knots and frames are read from the media store.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from worker.diffusion.prepared_walk import PreparedWalk
from worker.planning.latent_state import Painted

WALKS = 4
PICTURES_BYTES = 256_000_000

Picture = NDArray[np.uint8]


@dataclass(slots=True)
class Memory:
    """One walk's texts and seeds, the knots (and stops) painted so far by level and batch, and its pictures."""

    revision: str
    prepared: PreparedWalk | None = None
    seeds: tuple[int, ...] = ()
    knots: dict[tuple[int, int], dict[float, Painted]] = field(default_factory=dict)
    pictures: dict[float, Picture] = field(default_factory=dict)
    next_film: float = 0.0

    def keep(self, position: float, picture: Picture) -> None:
        """Remember a picture, unless pictures fill their share of memory; the film reads the others."""
        if (len(self.pictures) + 1) * picture.nbytes <= PICTURES_BYTES:
            self.pictures[position] = picture


class WalkMemory:
    """The memories of the last walks that this process painted."""

    def __init__(self) -> None:
        self._memories: OrderedDict[int, Memory] = OrderedDict()
        self._lock = threading.Lock()  # one thread paints, others write

    def get_or_create(self, walk_number: int, revision: str) -> Memory:
        """Return the memory of a walk: an empty one if the walk is new here, or was begun by another model revision."""
        with self._lock:
            found = self._memories.pop(walk_number, None)
            if found is None or found.revision != revision:
                found = Memory(revision)
            self._memories[walk_number] = found
            while len(self._memories) > WALKS:
                self._memories.popitem(last=False)
            return found

    def forget(self, walk_number: int) -> None:
        """Drop the memory of a walk."""
        with self._lock:
            self._memories.pop(walk_number, None)
