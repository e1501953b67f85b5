"""The folder for what is only made on the way to a film, whose disk may be full."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

BYTES = 16_000_000
"""Free bytes below which it counts as full: the room of most films."""


CURE = "Make room there, or have TMPDIR name a larger place"


class ScratchFull(Exception):
    """There was no room for what is only made on the way: no film's fault."""


def find_problem() -> str:
    """Say what is wrong with the folder; nothing where there is room in it."""
    folder = tempfile.gettempdir()
    return f"{folder} is full. {CURE}" if shutil.disk_usage(folder).free < BYTES else ""


def check() -> None:
    """Raise :class:`ScratchFull` where there is no room."""
    if problem := find_problem():
        raise ScratchFull(problem)


@contextmanager
def room() -> Iterator[None]:
    """Raise :class:`ScratchFull` where what is written within finds no room."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ScratchFull(f"no room in {tempfile.gettempdir()} for a film on its way. {CURE}") from error
        raise
