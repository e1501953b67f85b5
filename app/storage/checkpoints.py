"""Checkpoints of SQLite's write-ahead log (WAL), made by a thread instead of by the commits of requests.

Without it, SQLite makes a checkpoint in each commit that leaves more than a thousand pages in the log, which waits for
the disk, and starts the log again only when no transaction reads from it. On a busy site some page always does. Then
the log grows without bound, and nearly every commit waits for the disk.
"""

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from time import sleep

from flask import Flask
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from app.storage.database import TURNS, db
from app.storage.write_turns import WriterLock

PAUSE_SECONDS = 4.0  # between two checkpoints of a process
RESTART_PAGES = 4_000  # 16 MB: from this length of the log on, readers and writers are made to wait for a moment
RESTART_MS = 250  # the longest wait of a restart for readers; it is tried again after the pause
BACKSTOP_PAGES = 32_768  # 128 MB: the length of the log from which on commits make checkpoints themselves

log = logging.getLogger(__name__)


def start_checkpoints(app: Flask) -> None:
    """Make checkpoints of SQLite in a thread instead of in commits; for processes that serve, not for commands."""
    turns = app.extensions.get(TURNS)
    if turns is None:  # Postgres, or in memory
        return
    with app.app_context():
        checkpoints = Checkpointer(Path(str(db.engine.url.database)), turns)

        @event.listens_for(db.engine, "connect")
        def configure(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA wal_autocheckpoint={BACKSTOP_PAGES}")

        @event.listens_for(db.engine, "commit")
        def notify(connection: Connection) -> None:
            if connection.get_execution_options().get("writes", False):
                checkpoints.notify()

        db.engine.dispose()  # connections that were opened before
    checkpoints.start()


class Checkpointer:
    """Makes checkpoints of a database while this process writes to it, in a thread that otherwise sleeps."""

    def __init__(self, database: Path, turns: WriterLock) -> None:
        self._database, self._turns = database, turns
        self._written = threading.Event()

    def start(self) -> None:
        """Start the thread, which ends with the process."""
        threading.Thread(target=self._run, name="checkpoints", daemon=True).start()

    def notify(self) -> None:
        """Make a checkpoint soon, because something was written."""
        self._written.set()

    def _run(self) -> None:
        while True:
            self._written.wait()
            self._written.clear()
            try:
                self.make()
            except (sqlite3.Error, OperationalError) as error:  # for example a full disk, which commits report too
                log.warning("SQLite's log could not be written to the database: %s", error)
            sleep(PAUSE_SECONDS)

    def make(self) -> bool:
        """Copy the log's pages to the database; if it is long, also restart it. Return whether it was restarted.

        The copying blocks no one. A restart takes a turn of writers, and waits until no transaction reads from the log.
        """
        with closing(sqlite3.connect(self._database, timeout=RESTART_MS / 1000, isolation_level=None)) as connection:
            _busy, pages, _copied = _checkpoint(connection, "PASSIVE")
            if pages < RESTART_PAGES:
                return False
            is_busy = True

            def restart() -> None:
                nonlocal is_busy
                is_busy = bool(_checkpoint(connection, "RESTART")[0])

            with self._turns.hold(restart):
                return not is_busy


def _checkpoint(connection: sqlite3.Connection, mode: str) -> tuple[int, int, int]:
    """Return whether others kept the checkpoint from being complete, and the pages in the log and those copied."""
    row: tuple[int, int, int] = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return row
