"""Places for writers: requests that only read find a thread while others wait to write."""

import runpy
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.core.config import ROOT
from app.storage import write_places
from app.storage.database import writing
from app.storage.write_places import PLACES, WritePlaces


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_places, "WAIT_SECONDS", 0.05)


@pytest.fixture
def places() -> Iterator[WritePlaces]:
    """Yield places that other threads hold, all of them, until the test ends."""
    taken, done, held = threading.Barrier(PLACES + 1), threading.Event(), WritePlaces()

    def hold() -> None:
        with held.hold():
            taken.wait()
            done.wait()

    with ExitStack() as stack:
        for _ in range(PLACES):
            thread = threading.Thread(target=hold)
            thread.start()
            stack.callback(thread.join)
        stack.callback(done.set)
        taken.wait()
        yield held


def test_one_more_writer_is_refused_as_by_a_busy_database(places: WritePlaces) -> None:
    with pytest.raises(OperationalError, match="database is locked"), places.hold():
        pass


def test_a_writer_may_write_within_its_own_writing_and_gives_back_one_place() -> None:
    places = WritePlaces()
    for _ in range(PLACES + 1):
        with places.hold(), places.hold():
            pass


def test_a_forked_process_has_places_of_its_own(places: WritePlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_places.os, "getpid", lambda: 1)
    with places.hold():
        pass


def test_requests_take_turns_unlike_commands(app: Flask, places: WritePlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "moma_write_places", places)
    with writing():
        pass
    with app.test_request_context(), pytest.raises(OperationalError), writing():
        pass


def test_half_of_the_threads_are_left_for_reading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))  # which the file would set for tests that follow
    assert runpy.run_path(str(ROOT / "deploy/gunicorn.conf.py"))["threads"] == 2 * PLACES
