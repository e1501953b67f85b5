"""End a child process when its parent has ended."""

from __future__ import annotations

import os
import threading
import time

EVERY = 1.0
"""Seconds between two checks of the parent."""


def end_with(parent: int) -> None:
    """Exit this process soon after its parent has ended, for whatever reason.

    Call it in the child process. A daemon thread compares the parent's process ID with ``parent``.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="ends with its parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY)
    # The result is not needed any more. Files are written aside and renamed, so none stays half written.
    os._exit(1)
