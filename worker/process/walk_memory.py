"""An in-process cache of the walks being generated, so that a single worker loads nothing twice.

Every entry can be recovered: texts are encoded again, intermediate samples and frames are loaded from the media store.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from worker.diffusion.prepared_walk import PreparedWalk
from worker.planning.latent_state import GeneratedFrame

WALKS = 4
"""The number of walks that are cached; the least recently used one is dropped."""

PICTURES_BYTES = 256_000_000
"""The largest total size of one walk's cached pictures."""

Picture = NDArray[np.uint8]


@dataclass(slots=True)
class Memory:
    """The cached state of one walk: encoded texts, seeds, intermediate samples by pass and batch, and pictures."""

    revision: str
    prepared: PreparedWalk | None = None
    seeds: tuple[int, ...] = ()
    knots: dict[tuple[int, int], dict[float, GeneratedFrame]] = field(default_factory=dict)
    pictures: dict[float, Picture] = field(default_factory=dict)
    next_film: float = 0.0

    def cache_picture(self, position: float, picture: Picture) -> None:
        """Cache a picture, unless the walk's pictures would exceed `PICTURES_BYTES`; the film loads the others."""
        if (len(self.pictures) + 1) * picture.nbytes <= PICTURES_BYTES:
            self.pictures[position] = picture


class WalkMemory:
    """The cached states of the walks that this process generated last; safe for use by several threads."""

    def __init__(self) -> None:
        self._memories: OrderedDict[int, Memory] = OrderedDict()
        self._lock = threading.Lock()  # one thread generates, others write files

    def get_or_create(self, walk_number: int, revision: str) -> Memory:
        """Return the cached state of a walk; an empty one if the walk is new here or another revision began it."""
        with self._lock:
            memory = self._memories.pop(walk_number, None)
            if memory is None or memory.revision != revision:
                memory = Memory(revision)
            self._memories[walk_number] = memory
            while len(self._memories) > WALKS:
                self._memories.popitem(last=False)
            return memory

    def forget(self, walk_number: int) -> None:
        """Drop the cached state of a walk, if there is one."""
        with self._lock:
            self._memories.pop(walk_number, None)
