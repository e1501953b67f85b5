"""Turns to write to SQLite: no writer is passed by again and again, and none waits for ever."""

import fcntl
import os
import sqlite3
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.core.config import ROOT
from app.storage.write_turns import TRANSACTION, TURN, WriterLock
from tests.support.live import PATIENCE
from tests.support.raising import raising

BUSY = """
import sqlite3, sys, threading, time
from pathlib import Path
from app.storage.write_turns import WriterLock

turns = WriterLock(Path(sys.argv[1]), 300)

def write():
    rows = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=300)
    while True:
        with turns.hold(lambda: rows.execute("BEGIN IMMEDIATE")):
            rows.execute("INSERT INTO written VALUES (1)")
            time.sleep(0.003)
            rows.execute("COMMIT")

threads = [threading.Thread(target=write, daemon=True) for _ in range(4)]
for each in threads:
    each.start()
threads[0].join()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "some.sqlite"
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("PRAGMA journal_mode=WAL")
    rows.execute("CREATE TABLE written (by INTEGER)")
    rows.close()
    return path


@pytest.fixture
def busy(database: Path) -> Iterator[None]:
    """Write all the time in another process, with one thread after the other."""
    other = subprocess.Popen([sys.executable, "-c", BUSY, database], cwd=ROOT)
    try:
        rows = sqlite3.connect(database)
        while not rows.execute("SELECT count(*) FROM written").fetchone()[0]:
            assert other.poll() is None
        rows.close()
        yield
    finally:
        other.kill()
        other.wait()


@pytest.mark.slow
def test_process_that_waits_is_not_passed_by_again_and_again(database: Path, busy: None) -> None:
    turns, rows = WriterLock(database, PATIENCE), sqlite3.connect(database, isolation_level=None, timeout=PATIENCE)
    passed_by = []
    for _ in range(15):
        before = rows.execute("SELECT count(*) FROM written").fetchone()[0]
        with turns.hold(lambda: rows.execute("BEGIN IMMEDIATE")):
            passed_by.append(rows.execute("SELECT count(*) FROM written").fetchone()[0] - before)
            rows.execute("COMMIT")
    rows.close()
    assert statistics.median(passed_by) <= 3
    assert max(passed_by) < 30


def test_threads_write_one_after_the_other(database: Path) -> None:
    turns, inside, most = WriterLock(database, 10), 0, 0

    def write() -> None:
        nonlocal inside, most
        for _ in range(20):
            with turns.hold(lambda: None):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (inside, most) == (0, 1)


def try_lock(database: Path, byte: int) -> bool:
    """Return whether another process gets the lock of a byte of the file at once."""
    code = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))"
    command = [sys.executable, "-c", code, f"{database}-turns", str(byte)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_turn_is_free_for_others_as_soon_as_a_transaction_has_begun(database: Path) -> None:
    with WriterLock(database, 10).hold(lambda: None):
        assert try_lock(database, TURN)


def test_transaction_is_locked_until_it_ends_so_that_sqlite_is_asked_when_it_is_free(database: Path) -> None:
    turns = WriterLock(database, 10)
    with turns.hold(lambda: None):
        assert not try_lock(database, TRANSACTION)
    assert try_lock(database, TRANSACTION)


def test_transaction_that_cannot_begin_leaves_no_lock(database: Path) -> None:
    turns = WriterLock(database, 10)
    with pytest.raises(ZeroDivisionError), turns.hold(lambda: 1 // 0):
        raise AssertionError
    assert try_lock(database, TURN)
    assert try_lock(database, TRANSACTION)


def test_waiting_too_long_says_that_the_database_is_locked(database: Path) -> None:
    turns, entered, leave = WriterLock(database, 0.05), threading.Event(), threading.Event()

    def stay() -> None:
        with turns.hold(lambda: None):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=stay)
    thread.start()
    entered.wait()
    with pytest.raises(OperationalError, match="database is locked"), turns.hold(lambda: None):
        raise AssertionError
    leave.set()
    thread.join()
    with turns.hold(lambda: None):
        pass


def test_door_in_which_another_process_stands_still_is_not_waited_at_for_ever(database: Path) -> None:
    code = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, f"{database}-turns"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        turns = WriterLock(database, 0.05)
        with pytest.raises(OperationalError, match="database is locked"), turns.hold(lambda: None):
            raise AssertionError
        other.kill()
    with turns.hold(lambda: None):
        pass


def test_turn_ends_when_its_transaction_cannot_begin_or_goes_wrong(database: Path) -> None:
    turns = WriterLock(database, 0.05)

    with pytest.raises(sqlite3.OperationalError), turns.hold(raising(sqlite3.OperationalError("disk I/O error"))):
        raise AssertionError
    with pytest.raises(ZeroDivisionError), turns.hold(lambda: None):
        raise ZeroDivisionError
    with turns.hold(lambda: None):
        pass


def test_without_a_place_for_the_door_sqlite_alone_says_whose_turn_it_is(tmp_path: Path) -> None:
    with WriterLock(tmp_path / "nowhere" / "some.sqlite", 0.05).hold(lambda: None):
        pass
    assert not (tmp_path / "nowhere").exists()


def test_thread_whose_turn_it_is_may_begin_again(database: Path) -> None:
    turns = WriterLock(database, 0.05)
    with turns.hold(lambda: None), turns.hold(lambda: None):
        pass


def test_forked_process_has_turns_of_its_own(database: Path) -> None:
    turns = WriterLock(database, 10)
    with turns.hold(lambda: None):
        child = os.fork()
        if not child:
            with turns.hold(lambda: None):
                os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert fcntl.fcntl(turns._lock_file, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
