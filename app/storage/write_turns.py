"""A fair writer lock for SQLite, shared by threads and processes.

SQLite has one writer at a time. A process that finds it busy tries again after sleeps of up to a tenth of a second,
while the threads of another process pass the lock to each other within a moment. On a busy site a worker that saves a
picture might not get it for minutes. So writers first wait for locks on a file, one thread of each process at a time:
for the turn, and then, as the only one, for the end of the current transaction. SQLite is asked when it is free.
"""

import fcntl
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from app.storage.write_places import busy

POLL_SECONDS = 0.001  # between two attempts at a lock: the same for all, so that no process starves
TURN, TRANSACTION = 0, 1  # the locked bytes of the file


class WriterLock:
    """The writer lock of a database: a lock between threads, then two locks on a file beside the database.

    The system releases the file locks of a process that ends. Another thread of the same process gets its turn only
    after the whole transaction: otherwise a process's threads would pass the lock to each other. If the file cannot be
    made, only SQLite's own locking applies.
    """

    def __init__(self, database: Path, timeout: float) -> None:
        """Prepare the lock of the SQLite file ``database``; wait at most ``timeout`` seconds for each of its parts."""
        self._file = database.with_name(f"{database.name}-turns")
        self._timeout = timeout
        self._process, self._thread = os.getpid(), threading.RLock()
        self._lock_file: int | None = None

    @contextmanager
    def hold(self, begin: Callable[[], object]) -> Iterator[None]:
        """Acquire the lock, begin a transaction by ``begin``, and keep other threads out until the context ends.

        :raises OperationalError: when others do not release a lock in time, with SQLite's own message.
        """
        if self._process != os.getpid():  # after a fork the locks of the parent's threads would never be released
            self._process, self._thread, self._lock_file = os.getpid(), threading.RLock(), None
        thread = self._thread  # reentrant: a writing thread may begin another transaction
        if not thread.acquire(timeout=self._timeout):
            raise busy()
        try:
            self._lock(TURN)
            try:
                self._lock(TRANSACTION)
            finally:
                self._unlock(TURN)
            begin()
            yield
        finally:
            self._unlock(TRANSACTION)
            thread.release()

    def _lock(self, byte: int) -> None:
        until = monotonic() + self._timeout
        if self._lock_file is None:
            with suppress(OSError):
                self._lock_file = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
                weakref.finalize(self, os.close, self._lock_file)
        while self._lock_file is not None:
            try:
                fcntl.lockf(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            except BlockingIOError:
                if monotonic() > until:
                    raise busy() from None
                sleep(POLL_SECONDS)
            else:
                return

    def _unlock(self, byte: int) -> None:
        if self._lock_file is not None:
            fcntl.lockf(self._lock_file, fcntl.LOCK_UN, 1, byte)
