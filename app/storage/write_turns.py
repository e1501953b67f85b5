"""Turns of processes that write to SQLite.

SQLite has one writer at a time. Who finds it busy looks again after sleeps of up to a tenth of a second, while the
threads of another process take it from each other within a moment: where visitors write all the time, a painter that
wants to save a picture may not find it free for minutes. So whoever is to write waits at a door, one thread for each
process, and only who stands in it asks SQLite.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy.exc import OperationalError

LOOK_SECONDS = 0.001  # between two looks at the door: the same for all, so that nobody is the last for ever


class WriterLock:
    """The turns of this process's threads, and of the processes that share a database.

    The door is a lock on the file beside the database, which the system takes from a process that ends. The process's
    other threads come to it only after the whole transaction: else they would pass it to each other. Where the file
    cannot be made, SQLite alone says whose turn it is.
    """

    def __init__(self, database: Path, patience: float) -> None:
        """Wait for at most ``patience`` seconds at each of the two."""
        self._file = database.with_name(f"{database.name}-turns")
        self._patience = patience
        self._process, self._thread = os.getpid(), threading.RLock()
        self._door: int | None = None

    @contextmanager
    def hold(self, begin: Callable[[], object]) -> Iterator[None]:
        """Have ``begin`` begin a transaction when it is this thread's turn, which lasts until the context ends.

        :raises OperationalError: when others do not let go.
        """
        if self._process != os.getpid():  # forked: other threads held what they held in the parent
            self._process, self._thread, self._door = os.getpid(), threading.RLock(), None
        thread = self._thread  # one that writes may begin anew
        if not thread.acquire(timeout=self._patience):
            raise _locked()
        try:
            self._enter()
            try:
                begin()
            finally:
                self._leave()
            yield
        finally:
            thread.release()

    def _enter(self) -> None:
        until = monotonic() + self._patience
        if self._door is None:
            with suppress(OSError):
                self._door = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
                weakref.finalize(self, os.close, self._door)
        while self._door is not None:
            try:
                fcntl.lockf(self._door, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() > until:
                    raise _locked() from None
                sleep(LOOK_SECONDS)
            else:
                return

    def _leave(self) -> None:
        if self._door is not None:
            fcntl.lockf(self._door, fcntl.LOCK_UN)


def _locked() -> OperationalError:
    """Return what SQLite itself says of it."""
    return OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))
