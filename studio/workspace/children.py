"""Processes that work for another one, and end with it."""

from __future__ import annotations

import os
import threading
import time

EVERY = 1.0
"""Seconds between two looks at the parent."""


def end_with(parent: int) -> None:
    """Have this process end soon after its parent has, however that ended; to be called in the child."""
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="ends with its parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY)
    # Nobody waits for what it does; files are written aside and renamed, so nothing is left half done.
    os._exit(1)
