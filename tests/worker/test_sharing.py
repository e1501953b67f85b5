"""Several workers on one walk: a level's batches shared, the next opened once, nothing painted twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy

import pytest
from flask import Flask

from app.storage.database import db
from app.storage.walk_models import FINISHED, WAITING, Walk
from app.walks.queue import jobs
from tests.conftest import Maker
from tests.support.fake_painter import FakePainter
from tests.support.live import PATIENCE
from tests.support.walk_files import read_pixels
from tests.support.worker_rows import read
from worker import job
from worker.process import walk_memory
from worker.process.worker import Worker, this_worker
from worker.queue import leases

pytestmark = pytest.mark.slow


@pytest.fixture
def two(app: Flask, words_alone: None, monkeypatch: pytest.MonkeyPatch) -> tuple[FakePainter, FakePainter]:
    """Start two painters who share nothing but database and media store."""
    monkeypatch.setattr(walk_memory, "WALKS", 0)
    Worker(app, None).fleet.set(2)  # type: ignore[arg-type]
    return FakePainter(batch=16), FakePainter(batch=16)


def with_painter(painter: FakePainter) -> Worker:
    """Return the worker with another painter; those of a test count the same living workers."""
    worker = copy(this_worker())
    worker.models = painter  # type: ignore[assignment]
    return worker


def work(app: Flask, painter: FakePainter) -> int:
    """Do pieces until no walk waits for any, as a process of one's own."""
    count = 0
    with app.app_context():
        while db.session.query(Walk.number).filter(Walk.state.in_(WAITING)).first():
            if taken := leases.claim_next():
                job._attempt(with_painter(painter), taken)  # type: ignore[arg-type]
                count += 1
            db.session.remove()
    return count


def sizes(row: Walk) -> list[list[int]]:
    """Return how large the batches of each level of a walk are."""
    return [[len(batch) for batch in level["batches"]] for level in row.levels or []]


def test_pass_has_a_batch_for_each_worker(
    app: Flask, two: tuple[FakePainter, FakePainter], request_walk: Maker
) -> None:
    shared = request_walk(frames=12)
    work(app, two[0])
    assert sizes(read(shared.id)) == [[2], [3, 2], [5, 5]]
    this_worker().fleet.set(1)
    alone = request_walk(frames=12)
    work(app, two[0])
    assert sizes(read(alone.id)) == [[2], [5], [8, 2]]


def test_walk_is_not_shared_while_others_wait(
    app: Flask, two: tuple[FakePainter, FakePainter], request_walk: Maker
) -> None:
    first, second = request_walk(frames=12), request_walk(frames=12, visitor="ben")
    work(app, two[0])
    assert sizes(read(first.id)) == sizes(read(second.id)) == [[2], [5], [8, 2]]


@pytest.mark.databases
def test_opening_a_level_calls_as_many_workers_as_it_has_batches_for(
    app: Flask, two: tuple[FakePainter, FakePainter], request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_walk(frames=12)
    rings: list[int] = []
    monkeypatch.setattr(jobs, "notify_workers", lambda: bool(rings.append(1)))  # type: ignore[func-returns-value]
    work(app, two[0])
    assert len(rings) == 2  # for knots and frames, and none for the film
    this_worker().fleet.set(1)
    request_walk(frames=12)
    rings.clear()
    work(app, two[0])
    assert rings == []


@pytest.mark.databases
def test_two_workers_share_a_pass(app: Flask, two: tuple[FakePainter, FakePainter], request_walk: Maker) -> None:
    alone = request_walk("a fox", "a kite", "a boat", seed=5, frames=30)
    work(app, FakePainter(batch=16))
    walk = request_walk("a fox", "a kite", "a boat", seed=5, frames=30)
    together = threading.Barrier(2)

    def meet(number: int) -> None:
        if number == 1:  # the first batch after the stops: both are at it at once
            together.wait(PATIENCE)

    two[0].on_paint = two[1].on_paint = lambda _: None
    work_until_knots(app, two[0], walk)
    two[0].on_paint = meet
    two[1].on_paint = lambda number: together.wait(PATIENCE) if number == 0 else None
    with ThreadPoolExecutor(2) as threads:
        counts = [task.result(60) for task in [threads.submit(work, app, painter) for painter in two]]
    row = read(walk.id)
    assert all(count > 1 for count in counts)
    assert (row.state, row.painted_count) == (FINISHED, 30)
    painted = sorted(two[0].painted + two[1].painted)
    assert painted == [position for position in row.positions or [] if not position.is_integer()]
    assert all(painter.painted for painter in two)
    assert row.levels == read(alone.id).levels
    assert read_pixels(row) == read_pixels(read(alone.id))


def work_until_knots(app: Flask, painter: FakePainter, walk: Walk) -> None:
    """Paint the stops only, so that the knots wait for both."""
    while read(walk.id).levels is None or len(read(walk.id).levels or []) < 2:
        with app.app_context():
            taken = leases.claim_next()
            assert taken is not None
            job._attempt(with_painter(painter), taken)  # type: ignore[arg-type]
    painter.batches.clear()
    painter.knots.clear()
    painter.batches.append([])  # so that the next batch has number 1
    painter.on_paint = lambda _: None
