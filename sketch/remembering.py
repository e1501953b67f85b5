"""A thread-safe cache of computed values, the most recently used ones, within a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST = 64 * 1024 * 1024
"""The largest size of a cache in bytes: the drawings of a few walks."""


class SizedCache(Generic[Key, Value]):
    """Values by the key that they are made from; threads may share the cache.

    ``size`` returns the bytes of a value. A value larger than ``most`` is returned without being cached.
    """

    def __init__(self, make: Callable[[Key], Value], size: Callable[[Value], int], most: int = MOST) -> None:
        self._make, self._size, self._most = make, size, most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value:
        """Return the value for a key, made if it is not cached; other threads do not wait while it is made."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = self._make(key)
        self._keep(key, value, self._size(value))
        return value

    def _keep(self, key: Key, value: Value, size: int) -> None:
        with self._lock:
            if size > self._most or key in self._values:
                return
            self._values[key] = value
            self._bytes += size
            while self._bytes > self._most:
                self._bytes -= self._size(self._values.popitem(last=False)[1])
