"""Figures of a worker: what a painted walk leaves in them, where they are exposed, and the ids in its lines."""

import logging
import socket
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.access.observability import log_lines
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import FAILED, FINISHED
from app.walks.queue import jobs
from tests.conftest import Maker
from tests.support.fake_painter import FakePainter
from tests.support.live import PATIENCE
from tests.support.raising import raising
from worker import job, metrics
from worker.process.worker import Worker, this_worker


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def counted() -> Callable[..., float]:
    """Return a function that says how much a figure grew since it was asked for first."""
    before: dict[tuple[str, ...], float] = {}

    def grown(name: str, **labels: str) -> float:
        key = (name, *labels.values())
        return value(name, **labels) - before.setdefault(key, value(name, **labels))

    return grown


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, str]]]]:
    """Collect the worker's lines of pieces, with the ids that they carry."""
    lines: list[tuple[str, dict[str, str]]] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((record.getMessage(), log_lines.ids()))

    ear, log = Ear(), logging.getLogger("worker.job")
    level = log.level
    log.addHandler(ear)
    log.setLevel(logging.INFO)
    yield lines
    log.removeHandler(ear)
    log.setLevel(level)


def test_painted_walk_is_counted_and_timed(generated: Maker, counted: Callable[..., float]) -> None:
    asked = [
        ("moma_frames_painted_total", {}),
        ("moma_pieces_total", {"kind": "film", "outcome": "done"}),
        *(("moma_walk_wait_seconds_count", {"until": until}) for until in ("begun", "first picture", "finished")),
        ("moma_stage_seconds_count", {"stage": "film"}),
        ("moma_stage_seconds_count", {"stage": "store"}),
    ]
    for name, labels in asked:
        counted(name, **labels)
    walk = generated(frames=8)
    db.session.refresh(walk)
    assert walk.state == FINISHED
    frames, film, begun, first, finished, films, stored = (counted(name, **labels) for name, labels in asked)
    assert (frames, film, begun, first, finished) == (8, 1, 1, 1, 1)
    assert min(films, stored) >= 1


def test_lines_of_a_piece_carry_the_ids_of_walk_and_request(
    painter: FakePainter, request_walk: Maker, heard: list[tuple[str, dict[str, str]]]
) -> None:
    walk = request_walk(frames=8)
    with writing() as session:
        session.merge(walk).request_id = "ab"
    job.work()
    pieces = [(line, ids) for line, ids in heard if ": done after " in line]
    assert {line.split()[0] for line, _ in pieces} >= {"stops", "frames", "film"}
    assert all(ids == {"request_id": "ab", "walk_id": walk.id} for _, ids in pieces)
    assert log_lines.ids() == {}


def test_failure_is_counted_by_its_kind(
    painter: FakePainter, request_walk: Maker, counted: Callable[..., float]
) -> None:
    asked = ("moma_failures_total", {"reason": "other"}), ("moma_pieces_total", {"kind": "stops", "outcome": "failed"})
    for name, labels in asked:
        counted(name, **labels)

    painter.on_paint = raising(RuntimeError("no"))
    walk = request_walk()
    with pytest.raises(RuntimeError):
        job.work()
    db.session.refresh(walk)
    assert walk.state == FAILED
    assert [counted(name, **labels) for name, labels in asked] == [1, 1]


def test_full_store_is_no_failure_of_the_walk(
    generated: Maker, counted: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (
        ("moma_failures_total", {"reason": "media store"}),
        ("moma_pieces_total", {"kind": "stops", "outcome": "put off"}),
        ("moma_pieces_total", {"kind": "stops", "outcome": "failed"}),
    )
    for name, labels in asked:
        counted(name, **labels)
    write, refused = media_store.atomic_write, []

    def refuse_once(*arguments: object, **how: object) -> None:
        if not refused:
            refused.append(arguments)
            raise OSError(28, "No space left on device")
        write(*arguments, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(media_store, "atomic_write", refuse_once)
    walk = generated(frames=2)
    db.session.refresh(walk)
    assert walk.state == FINISHED
    assert [counted(name, **labels) for name, labels in asked] == [1, 1, 0]


def test_workers_of_a_machine_tell_their_figures_at_addresses_of_their_own() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        address = metrics.serve(f"127.0.0.1:{port}")
    assert port < int(address.rpartition(":")[2]) < port + metrics.NEIGHBOURS
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as answer:
        assert b"process_resident_memory_bytes" in answer.read()


def test_nothing_is_reported_unless_it_is_set() -> None:
    assert metrics.serve("") is None


def test_any_address_is_announced_by_the_machines_name() -> None:
    assert metrics.serve("0.0.0.0:0").partition(":")[0] == socket.gethostname()  # type: ignore[union-attr]


def test_sign_of_life_says_where(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from worker import __main__ as worker

    events: list[dict[str, object]] = []

    def note(about: dict[str, object], _seconds: int) -> None:
        events.append(about)
        this_worker().stopping.set()

    monkeypatch.setattr(jobs, "send_heartbeat", note)
    monkeypatch.setattr(worker, "_description", lambda _: {"name": "a worker"})
    monkeypatch.setattr(worker, "_refresh_offer", lambda _: None)
    worker._run_heartbeat(Worker(app, None), "127.0.0.1:9109")  # type: ignore[arg-type]
    assert events[0]["metrics"] == "127.0.0.1:9109"
    assert int(str(events[0]["memory"])) > 10**6
