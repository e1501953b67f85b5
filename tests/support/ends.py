"""Read what was written to a pipe or a pseudo terminal."""

import os
from contextlib import suppress


def read_all(descriptor: int) -> bytes:
    """Read from a pipe or a terminal until its other end is closed, which a terminal tells by an error."""
    data = b""
    with suppress(OSError):
        while more := os.read(descriptor, 4096):
            data += more
    return data
