"""The lines that a running site prints: none of them is worth ending it when nothing reads them any more."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TextIO


def write_line(stream: TextIO | None, text: str) -> None:
    """Write a line at once; if the stream is closed, or its reader has ended, discard this line and all later ones.

    :param stream: ``sys.stdout`` or ``sys.stderr``, which are None if the process was started without them.
    """
    if stream is None:
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            _discard(stream.fileno())


def _discard(descriptor: int) -> None:
    """Connect a descriptor to nothing, so that what is buffered does not fail again when the process ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
