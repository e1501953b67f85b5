"""The garbage collector of Python while a process imports what it needs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Collect no garbage within a block, and exempt what is there at its end from all later collections.

    Imported modules are no garbage, but the collector would go through them again and again while others are imported,
    and once more when the process ends: a tenth of a command's time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
