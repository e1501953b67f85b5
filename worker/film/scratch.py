"""The folder for temporary files of a film that is encoded, whose disk may be full."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

BYTES = 16_000_000
"""The disk counts as full below this number of free bytes, which is enough for most films."""


CURE = "Make room there, or have TMPDIR name a larger place"


class ScratchFull(Exception):
    """The temporary folder has no space left; the film is not the cause."""


def find_problem() -> str:
    """Return the message that the temporary folder is full; empty where it has space."""
    folder = tempfile.gettempdir()
    return f"{folder} is full. {CURE}" if shutil.disk_usage(folder).free < BYTES else ""


def check() -> None:
    """Raise :class:`ScratchFull` when the temporary folder is full."""
    if problem := find_problem():
        raise ScratchFull(problem)


@contextmanager
def room() -> Iterator[None]:
    """Raise :class:`ScratchFull` when a write within the block finds no space left."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ScratchFull(f"no room in {tempfile.gettempdir()} for a film on its way. {CURE}") from error
        raise
