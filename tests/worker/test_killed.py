"""A worker killed wherever its work leaves a trace: another finishes the walk, with the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import FINISHED, Task, Walk
from tests.conftest import Maker
from tests.support.fake_painter import FakePainter
from tests.support.worker_processes import restart
from tests.support.worker_rows import expire_leases, read
from worker import job
from worker.film import video
from worker.process.worker import Worker
from worker.tasks import film_assembly

pytestmark = pytest.mark.slow

FRAMES = 6


class RawWriter:
    """Writes a film in no time: its pixels."""

    def __init__(self, _fps: float, **_about: object) -> None:
        self.pixels = b""

    def __enter__(self) -> RawWriter:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def add(self, frame: Any, _ms: int, repeats: int = 1) -> None:
        self.pixels += frame.tobytes() * repeats

    def finish(self) -> bytes:
        return self.pixels


class Killed(BaseException):
    """The end of a process: nothing handles it."""


@pytest.fixture
def painter(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FakePainter:
    """Start a fake painter that publishes an unfinished film after every batch."""
    monkeypatch.setattr(film_assembly, "FILM_PAUSE", 0.0)
    monkeypatch.setattr(video, "Mp4Writer", RawWriter)
    fake = FakePainter(batch=3)
    Worker(app, fake)  # type: ignore[arg-type]
    return fake


@contextmanager
def killing(monkeypatch: pytest.MonkeyPatch, at: int) -> Iterator[list[int]]:
    """Kill the process that leaves the trace numbered ``at``: a file written, a transaction committed; count them."""
    count = [0]

    def trace() -> None:
        count[0] += 1
        if count[0] == at:
            raise Killed

    write = media_store.MediaStore.write

    def write_and_trace(store: media_store.MediaStore, path: str, data: bytes) -> None:
        write(store, path, data)
        trace()

    commit = Session.commit

    def commit_and_trace(session: Session) -> None:
        commit(session)
        trace()

    with monkeypatch.context() as patch:
        patch.setattr(media_store.MediaStore, "write", write_and_trace)
        patch.setattr(Session, "commit", commit_and_trace)
        yield count


def come_back() -> None:
    """Start another process, after the leases of the dead one ran out."""
    db.session.remove()
    restart()
    expire_leases()
    job.work()


def contents(row: Walk) -> dict[str, bytes]:
    """Read all that a walk's rows name, by the place it has in the walk's folder."""
    named = [frame.path for frame in row.painted] + [medium.path for medium in row.media.values()]
    return {path.partition(row.id)[2]: media_store.store().read_bytes(path) for path in named}


def test_a_worker_killed_at_any_checkpoint_leaves_a_walk_that_another_finishes_with_the_same_bytes(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_same: Callable[[], Walk] = lambda: request_walk("a fox", "a kite", "a boat", seed=5, frames=FRAMES)  # noqa: E731
    whole = request_same()
    with killing(monkeypatch, at=0) as traces:
        job.work()
    expected = contents(read(whole.id))
    assert len(expected) == FRAMES + 5
    assert traces[0] > 30
    for at in range(1, traces[0] + 1):
        walk = request_same()
        restart()
        with killing(monkeypatch, at=at), pytest.raises(Killed):
            job.work()
        come_back()
        row = read(walk.id)
        assert (row.state, row.painted_count, row.interruptions <= 1) == (FINISHED, FRAMES, True), (
            f"killed at trace {at}"
        )
        assert contents(row) == expected, f"killed at trace {at}"
        assert [frame.index for frame in row.painted] == list(range(FRAMES))
        assert db.session.query(Task).count() == 0


def test_a_worker_killed_again_and_again_but_never_at_the_same_place_finishes_in_the_end(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = request_walk("a fox", "a kite", seed=5, frames=FRAMES)
    lives = 0
    while read(walk.id).state != FINISHED:
        lives += 1
        assert lives < 40
        with killing(monkeypatch, at=11):  # a life is as long as the longest piece, the film, and no longer
            try:
                if lives == 1:
                    job.work()
                else:
                    come_back()
            except Killed:
                continue
    row = read(walk.id)
    assert lives > 2
    assert (row.painted_count, len(row.painted)) == (FRAMES, FRAMES)
