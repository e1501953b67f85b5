"""How long the running test has slept, and how long it has waited between two looks at a condition."""

import subprocess
import sys
import threading
import time

SLEPT, WAITED = "slept", "waited"
SECONDS = {SLEPT: 0.0, WAITED: 0.0}
"""What was asked for, so that it is the same on every machine."""

_sleep = time.sleep


def pause(seconds: float) -> None:
    """Sleep between two looks at a condition that a test waits for."""
    SECONDS[WAITED] += seconds
    _sleep(seconds)


def sleep(seconds: float) -> None:
    """Sleep as `time.sleep` does, and count it where the test itself sleeps, not a server's thread.

    `Popen.wait` with a timeout sleeps between its looks at the process: that waits for a condition.
    """
    if threading.current_thread() is threading.main_thread():
        is_wait = sys._getframe(1).f_globals.get("__name__") == subprocess.__name__
        SECONDS[WAITED if is_wait else SLEPT] += seconds
    _sleep(seconds)


def count(*, on: bool) -> None:
    """Start or stop counting `time.sleep`."""
    time.sleep = sleep if on else _sleep


def begin() -> None:
    """Begin the count of a test."""
    SECONDS.update(dict.fromkeys(SECONDS, 0.0))
