"""A thread-safe cache of computed values; it keeps the most recently used ones that fit into a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST = 64 * 1024 * 1024
"""The default size of a cache in bytes: the drawings of a few walks."""


class SizedCache(Generic[Key, Value]):
    """A cache of values by the key from which ``make`` computes them; threads may share it.

    ``size`` returns the bytes of a value; the cache holds at most ``most`` bytes. A larger value is not cached.
    """

    def __init__(self, make: Callable[[Key], Value], size: Callable[[Value], int], most: int = MOST) -> None:
        self._make, self._size, self._most = make, size, most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value:
        """Return the value for a key, computed if it is not cached.

        Other threads do not wait meanwhile, so that two of them may compute the same value.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = self._make(key)
        size = self._size(value)
        with self._lock:
            if size <= self._most and key not in self._values:
                self._values[key] = value
                self._bytes += size
            while self._bytes > self._most:  # the least recently used ones go
                self._bytes -= self._size(self._values.popitem(last=False)[1])
        return value
