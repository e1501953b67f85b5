"""Places for threads that write, half of a process's: the others keep answering what only reads.

Writers wait for each other, and for other programs that hold the database, for up to ten seconds. Without a limit they
would take every thread of a process, and no page would be answered meanwhile.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

PLACES = 4
"""Half of the threads of a web process (``deploy/gunicorn.conf.py``)."""
WAIT_SECONDS = 1.0


class WritePlaces:
    """The places of one process; a thread that has one may take it again."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process, self._free, self._held = os.getpid(), threading.BoundedSemaphore(PLACES), threading.local()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Take a place until the context ends.

        :raises OperationalError: when none is free within `WAIT_SECONDS`, as SQLite raises for a busy database.
        """
        if self._process != os.getpid():  # the parent's threads would never give theirs back
            self._begin()
        if getattr(self._held, "place", False):
            yield
            return
        free, held = self._free, self._held
        if not free.acquire(timeout=WAIT_SECONDS):
            raise busy()
        held.place = True
        try:
            yield
        finally:
            held.place = False
            free.release()


def busy() -> OperationalError:
    """Return the error that SQLite itself raises for a busy database."""
    return OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))
