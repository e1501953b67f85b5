"""Checkpoints of SQLite's log: made aside, and restarted although there is always a reader."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.storage import checkpoints
from app.storage.checkpoints import BACKSTOP_PAGES, Checkpointer, start_checkpoints
from app.storage.database import db, writing
from app.storage.write_turns import WriterLock
from tests.support.live import PATIENCE

PAGE = "x" * 3000  # fills a page of the database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.sqlite"


@pytest.fixture
def rows(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a database in WAL mode whose commits make no checkpoints."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE texts (text TEXT)")
    yield connection
    connection.close()


def write(rows: sqlite3.Connection, pages: int) -> None:
    rows.execute("BEGIN IMMEDIATE")
    rows.executemany("INSERT INTO texts VALUES (?)", [(PAGE,)] * pages)
    rows.execute("COMMIT")


def log_bytes(database: Path) -> int:
    return database.with_name(f"{database.name}-wal").stat().st_size


def checkpointer(database: Path) -> Checkpointer:
    return Checkpointer(database, WriterLock(database, 10))


def test_short_log_is_copied_and_not_restarted(file: Path, rows: sqlite3.Connection) -> None:
    write(rows, 100)
    assert checkpointer(file).make() is False
    assert file.stat().st_size > 100 * len(PAGE)


def test_long_log_is_restarted_small(file: Path, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "RESTART_PAGES", 200)
    makes, lengths = checkpointer(file), []
    for _ in range(5):
        write(rows, 300)
        assert makes.make() is True
        lengths.append(log_bytes(file))
    assert max(lengths) < 1.1 * lengths[0]
    assert rows.execute("SELECT count(*) FROM texts").fetchone() == (1500,)


def test_log_restarts_between_readers(file: Path, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "RESTART_PAGES", 200)
    stopped = threading.Event()

    def read(shift: float) -> None:
        mine = sqlite3.connect(file, isolation_level=None)
        time.sleep(shift)
        while not stopped.is_set():
            mine.execute("BEGIN")
            mine.execute("SELECT count(*) FROM texts").fetchone()
            time.sleep(0.03)
            mine.execute("COMMIT")
        mine.close()

    readers = [threading.Thread(target=read, args=(0.01 * number,)) for number in range(3)]
    for reader in readers:
        reader.start()
    write(rows, 300)
    restarted = [checkpointer(file).make() for _ in range(3)]
    stopped.set()
    for reader in readers:
        reader.join()
    assert any(restarted)


@pytest.mark.slow
def test_reader_prevents_restarts_only(file: Path, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "RESTART_PAGES", 200)
    reader = sqlite3.connect(file, isolation_level=None)
    write(rows, 10)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM texts").fetchone()
    write(rows, 300)
    began = time.monotonic()
    assert checkpointer(file).make() is False
    assert time.monotonic() - began < 5
    write(rows, 1)
    assert reader.execute("SELECT count(*) FROM texts").fetchone() == (10,)
    reader.close()


def test_serving_process_makes_checkpoints_beside_its_commits(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = threading.Event()
    monkeypatch.setattr(Checkpointer, "make", lambda _self: made.set())
    start_checkpoints(app)
    with app.app_context():
        assert db.session.scalar(text("PRAGMA wal_autocheckpoint")) == BACKSTOP_PAGES
        assert not made.is_set()
        with writing() as session:
            session.execute(text("CREATE TABLE texts (text TEXT)"))
    assert made.wait(PATIENCE)
