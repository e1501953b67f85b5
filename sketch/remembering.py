"""A thread-safe cache of computed values, the most recently used ones, within a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Asked = TypeVar("Asked", bound=Hashable)
Made = TypeVar("Made")

MOST = 64 * 1024 * 1024
"""The largest size of a cache in bytes: the drawings of a few walks."""


class Remembered(Generic[Asked, Made]):
    """Values by the key that they are made from; threads may share the cache.

    ``size`` returns the bytes of a value. A value larger than ``most`` is returned without being cached.
    """

    def __init__(self, make: Callable[[Asked], Made], size: Callable[[Made], int], most: int = MOST) -> None:
        self._make, self._size, self._most = make, size, most
        self._held: OrderedDict[Asked, Made] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def of(self, asked: Asked) -> Made:
        """Return the value for a key, made if it is not cached; other threads do not wait while it is made."""
        with self._lock:
            if asked in self._held:
                self._held.move_to_end(asked)
                return self._held[asked]
        made = self._make(asked)
        self._keep(asked, made, self._size(made))
        return made

    def _keep(self, asked: Asked, made: Made, size: int) -> None:
        with self._lock:
            if size > self._most or asked in self._held:
                return
            self._held[asked] = made
            self._bytes += size
            while self._bytes > self._most:
                self._bytes -= self._size(self._held.popitem(last=False)[1])
