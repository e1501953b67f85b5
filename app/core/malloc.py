"""The memory that the C library keeps for a process, where that library is glibc; elsewhere nothing is done."""

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8  # in malloc.h
ARENAS = 2


def limit_arenas() -> None:
    """Limit malloc to two arenas: with one for each thread, more of them keep memory that nothing uses."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def trim() -> None:
    """Give memory back to the system that is free."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
