"""Writing beside painting: the same films as without, bounded, and whatever goes wrong ends as it does without."""

import threading
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.core.errors import MediaError
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, QUEUED, REFUSED, Task
from app.walks.saved import lifecycle, lookup
from tests.conftest import Maker
from tests.support.fake_painter import FakePainter
from tests.support.live import PATIENCE
from tests.support.raising import raising
from tests.support.rows import change
from tests.support.walk_files import named_files, read_film, read_pixels, stored_files
from tests.support.worker_processes import restart
from tests.support.worker_rows import expire_leases, read
from worker import job, metrics
from worker.film import encoding, video
from worker.process.worker import Worker, this_worker
from worker.queue import leases, outages
from worker.queue.heartbeat import Heartbeat
from worker.queue.leases import Claim
from worker.tasks import batch_task, film_assembly
from worker.writing_side import Remainder, WritingSide, threads_for

pytestmark = pytest.mark.slow


class Trace:
    """What the painting thread and the writing threads were at, in the order in which it began and ended."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, int]] = []

    def index(self, *event: Any) -> int:
        """Return when something happened; fails where it did not."""
        return self.events.index(event)


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Note when pieces of each walk are begun by the painter, and when their rest is."""
    noted, begin = Trace(), batch_task.generate

    def traced_begin(painting: Any) -> Any:
        name, number = f"{painting.claim.kind} {painting.claim.level}", painting.claim.walk_number
        noted.events.append(("painting", name, number))
        rest = begin(painting)

        def traced_rest(painting: Any) -> None:
            noted.events.append(("writing", name, number))
            rest(painting)
            noted.events.append(("written", name, number))

        return traced_rest

    monkeypatch.setattr(batch_task, "generate", traced_begin)
    return noted


def test_film_of_one_walk_is_made_while_another_walk_is_painted(
    beside_writers: FakePainter, request_walk: Maker, trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = request_walk(frames=2), request_walk(frames=24, visitor="bob")
    may_end, finish = threading.Event(), film_assembly.finish_film

    def wait_for_the_other(claim: Any, walk: Any, memory: Any) -> None:
        if walk.id == short.id:
            assert may_end.wait(PATIENCE), "nothing else was painted meanwhile"
        finish(claim, walk, memory)

    def paint(_number: int) -> None:
        if ("writing", "film 1", short.number) in trace.events:
            may_end.set()

    monkeypatch.setattr(film_assembly, "finish_film", wait_for_the_other)
    beside_writers.on_paint = paint
    job.work()
    assert {read(each.id).state for each in (short, long)} == {FINISHED}
    begun, ended = (trace.index(what, "film 1", short.number) for what in ("writing", "written"))
    assert any(what == "painting" and number == long.number for what, _, number in trace.events[begun:ended])


def test_walks_are_as_with_no_writer(app: Flask, painter: FakePainter, request_walk: Maker, trace: Trace) -> None:
    words = [("a fox", "a kite"), ("a boat", "a bell", "a cup")]
    rows = []
    for visitor, writers in (("ann", 0), ("bob", 2)):
        Worker(app, painter, writers=writers)  # type: ignore[arg-type]
        walks = [request_walk(*stops, seed=9, frames=14, visitor=visitor) for stops in words]
        painted = job.work()
        rows += [(painted, read(walk.id)) for walk in walks]
    assert {row.state for _, row in rows} == {FINISHED}
    for (count, plain), (other_count, aside) in zip(rows[:2], rows[2:], strict=True):
        assert count == other_count
        assert read_pixels(plain) == read_pixels(aside)
        assert (plain.positions, plain.evaluations, plain.evenness) == (
            aside.positions,
            aside.evaluations,
            aside.evenness,
        )
        assert read_film(plain) != b"" and stored_files(aside.id) == named_files(aside)


@pytest.mark.parametrize("writers", [0, 1])
def test_seconds_of_a_task_end_where_its_writing_goes_on_beside_the_next(
    app: Flask, painter: FakePainter, generated: Maker, monkeypatch: pytest.MonkeyPatch, writers: int
) -> None:
    grew, write = set(), batch_task._write

    def watched_write(painting: Any, *arguments: Any) -> Any:
        before = painting.seconds
        time.sleep(0.001)
        grew.add(painting.seconds > before)
        return write(painting, *arguments)

    monkeypatch.setattr(batch_task, "_write", watched_write)
    Worker(app, painter, writers=writers)  # type: ignore[arg-type]
    walk = generated(frames=24)
    assert grew == {writers == 0} and walk.paint_seconds > 0


@pytest.mark.databases
def test_pass_opens_after_the_last_one(beside_writers: FakePainter, generated: Maker, trace: Trace) -> None:
    walk = generated(frames=24)
    levels = sorted({name for _, name, _ in trace.events}, key=lambda name: trace.index("painting", name, walk.number))
    for name, following in pairwise(levels):
        last = max(place for place, event in enumerate(trace.events) if event[:2] == ("written", name))
        # Its rows are there before it is noted as written: the other thread may be a moment quicker.
        assert trace.index("painting", following, walk.number) >= last - 1
    assert walk.state == FINISHED


def test_task_that_ends_workers_is_alone(trace: Trace, beside_writers: FakePainter, request_walk: Maker) -> None:
    walks = [request_walk("a fox", "a kite", frames=12), request_walk("a boat", "a whale", frames=12)]
    claims = [claim for _ in walks if (claim := leases.claim_next())]
    for claim in claims:
        leases.release_task(claim)
    change(Task, Task.number == claims[1].number, interruptions=1)
    job.work()
    suspect = "stops 0", claims[1].walk_number
    begun = trace.index("painting", *suspect)
    assert trace.events[begun + 1 : begun + 3] == [("writing", *suspect), ("written", *suspect)]
    before, after = ([kind for kind, *_ in events] for events in (trace.events[:begun], trace.events[begun + 3 :]))
    assert before.count("painting") == before.count("written") > 0, "what was begun before it is written"
    assert after.count("painting") > 0
    assert {read(walk.id).state for walk in walks} == {FINISHED}


@pytest.mark.parametrize(
    ("device", "cores", "threads"), [("cuda", 1, 2), ("cuda:1", 16, 2), ("mps", 8, 2), ("cpu", 8, 1), ("cpu", 1, 0)]
)
def test_number_of_writers_goes_by_the_device(device: str, cores: int, threads: int) -> None:
    assert threads_for(device, cores) == threads


def test_not_more_than_one_piece_waits_beyond_the_threads() -> None:
    may_end, began = threading.Event(), threading.Semaphore(0)

    def write(_remainder: Remainder) -> None:
        began.release()
        may_end.wait(PATIENCE)

    side = WritingSide(2, write, Heartbeat())
    for number in range(3):
        side.wait_for_room()
        painting: Any = SimpleNamespace(claim=Claim(number, 1, "walk", "frames", 1, number, 1), seconds=0.0)
        side.submit(Remainder(painting, lambda _: None))
    waiting = threading.Thread(target=side.wait_for_room, daemon=True)
    waiting.start()
    assert began.acquire(timeout=PATIENCE) and began.acquire(timeout=PATIENCE)
    waiting.join(0.05)
    assert waiting.is_alive()
    may_end.set()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    side.close()
    assert len(side.collect_ended()) == 3 and not side.wait_for_end()


def test_unfit_picture_is_repeated_by_the_main_thread(beside_writers: FakePainter, request_walk: Maker) -> None:
    walk, threads, flagged = request_walk(frames=12), set(), []

    def detector(pictures: Any) -> list[bool]:
        is_first = len(flagged) < 2 and read(walk.id).painted_count != 0
        flagged.extend([True] if is_first else [])
        return [is_first and number == 0 for number in range(len(pictures))]

    beside_writers.on_paint = lambda _: threads.add(threading.current_thread())
    this_worker().pictures.detector = detector
    count = job.work()
    row = read(walk.id)
    assert (row.state, row.painted_count) == (FINISHED, 12) and len(flagged) == 2
    assert threads == {threading.current_thread()}
    assert count == row.attempt, "the piece was tried once"


@pytest.mark.databases
def test_walk_none_of_whose_pictures_is_fit_is_refused(beside_writers: FakePainter, generated: Maker) -> None:
    this_worker().pictures.detector = lambda pictures: [True] * len(pictures)
    row = generated(frames=6)
    assert row.state == REFUSED and stored_files(row.id) == set()


@pytest.mark.databases
def test_lost_frame_is_painted_again_by_the_thread_that_paints(
    beside_writers: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, threads = request_walk(frames=2), set()
    lost, calls = film_assembly.find_lost_frames, []

    def lose_one(claim: Any, memory: Any) -> list[float]:
        calls.append(claim)
        return [0.0] if len(calls) < 3 else lost(claim, memory)

    monkeypatch.setattr(film_assembly, "find_lost_frames", lose_one)
    beside_writers.on_paint = lambda _: threads.add(threading.current_thread())
    job.work()
    assert read(walk.id).state == FINISHED
    assert beside_writers.batches == [[0.0, 1.0]] * 2 and len(calls) == 2
    assert threads == {threading.current_thread()}


def test_writer_without_device_memory_returns_tasks(beside_writers: FakePainter, request_walk: Maker) -> None:
    walk, threads = request_walk(frames=2), []

    def detector(pictures: Any) -> list[bool]:
        threads.append(threading.current_thread())
        if threads[-1] is not threading.main_thread():
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return [False] * len(pictures)

    this_worker().pictures.detector = detector
    job.work()
    assert read(walk.id).state == FINISHED
    assert [thread is threading.main_thread() for thread in threads] == [False, True]


def test_error_of_a_writer_fails_its_walk_and_is_raised_when_the_others_are_done(
    beside_writers: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = request_walk(frames=2), request_walk(frames=2, visitor="bob")
    finish = film_assembly.finish_film

    def fail(claim: Any, walk: Any, memory: Any) -> None:
        if walk.id == bad.id:
            raise MediaError("no such bucket")
        finish(claim, walk, memory)

    monkeypatch.setattr(film_assembly, "finish_film", fail)
    with pytest.raises(MediaError, match="bucket"):
        job.work()
    assert (read(bad.id).state, read(bad.id).error) == (FAILED, "The pictures could not be stored.")
    job.work()
    assert read(good.id).state == FINISHED
    assert not this_worker().heartbeat._leases


@pytest.mark.databases
def test_database_that_does_not_answer_a_writer_loses_no_walk(
    beside_writers: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "PAUSES", (0.001,))
    walk, publish, failures = request_walk(frames=12), batch_task._publish, iter(range(3))

    def fail_thrice(*arguments: Any) -> Any:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return publish(*arguments)

    monkeypatch.setattr(batch_task, "_publish", fail_thrice)
    job.work()
    assert next(failures, None) is None
    assert (read(walk.id).state, read(walk.id).interruptions) == (FINISHED, 0)


def test_stalled_encoder_of_a_writer_counts_as_a_loss(
    beside_writers: FakePainter, generated: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video.Mp4Writer, "finish", raising(video.EncoderTimeout("ffmpeg did nothing")))
    row = generated(frames=4)
    piece = db.session.query(Task).filter_by(kind="film").one()
    assert (piece.state, piece.lease_until, row.state) == ("taken", None, PAINTING)


@pytest.mark.databases
def test_cancelled_walk_leaves_no_files(app: Flask, beside_writers: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=24)

    def cancel(number: int) -> None:
        if number == 8:
            with app.app_context():
                lifecycle.cancel(lookup.walk_at_address(walk.id))
                db.session.remove()

    beside_writers.on_paint = cancel
    job.work()
    assert (read(walk.id).state, read(walk.id).painted) == (CANCELLED, [])
    assert stored_files(walk.id) == set() and db.session.query(Task).count() == 0


def test_file_that_finds_no_folder_since_its_walk_was_cancelled_is_no_outage_and_leaves_no_files(
    app: Flask, beside_writers: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = request_walk(frames=24)
    replace, seen = media_store.atomic_write, iter(range(10**6))

    def find_no_folder(path: Path, *arguments: Any, **how: Any) -> None:
        if next(seen) == 8:
            lifecycle.cancel(lookup.walk_at_address(walk.id))
            raise FileNotFoundError(2, "No such file or directory")
        replace(path, *arguments, **how)

    def write(store: Any, path: str, data: bytes) -> None:
        with app.app_context():
            kept(store, path, data)

    kept = media_store.MediaStore.write
    monkeypatch.setattr(media_store.MediaStore, "write", write)
    monkeypatch.setattr(media_store, "atomic_write", find_no_folder)
    monkeypatch.setattr(outages, "PAUSES", ())  # a pause would fail
    job.work()
    assert (read(walk.id).state, read(walk.id).painted) == (CANCELLED, [])
    assert stored_files(walk.id) == set() and db.session.query(Task).count() == 0


@pytest.mark.databases
def test_stop_saves_painted_batches_and_gives_films_back(
    beside_writers: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = request_walk(frames=2), request_walk(frames=24, visitor="bob")
    begin = batch_task.generate

    def stop_at_the_film(painting: Any) -> Any:
        rest = begin(painting)
        if painting.claim.kind == "film":
            this_worker().stopping.set()
        return rest

    monkeypatch.setattr(batch_task, "generate", stop_at_the_film)
    job.work()
    assert read(short.id).state in (QUEUED, PAINTING) and read(short.id).painted_count == 2
    rows = db.session.query(Task.state, Task.interruptions).all()
    assert all(row == ("waiting", 0) for row in rows if row.state != "done")
    monkeypatch.setattr(batch_task, "generate", begin)
    this_worker().stopping.clear()
    job.work()
    assert {read(each.id).state for each in (short, long)} == {FINISHED}
    assert sorted(beside_writers.painted) == sorted(
        [*(read(short.id).positions or []), *(read(long.id).positions or [])]
    )


@pytest.mark.databases
@pytest.mark.parametrize("where", ["painter", "writer"])
def test_killed_process_publishes_nothing_more_and_the_walk_goes_on_elsewhere(
    where: str, beside_writers: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The end of a process."""

    def kill(*_: Any, **__: Any) -> None:
        raise Killed

    walk = request_walk(frames=12)
    with monkeypatch.context() as patch:
        if where == "painter":
            beside_writers.on_paint = lambda number: kill() if number == 5 else None
        else:
            patch.setattr(encoding, "still", kill)
        with pytest.raises(Killed):
            job.work()
    for thread in threading.enumerate():
        if thread.name.startswith("write "):
            thread.join(PATIENCE)
    beside_writers.on_paint = lambda _: None
    restart()
    expire_leases()
    job.work()
    row = read(walk.id)
    assert (row.state, row.painted_count) == (FINISHED, 12) and stored_files(row.id) == named_files(row)


@pytest.mark.databases
def test_each_piece_is_counted_once(beside_writers: FakePainter, request_walk: Maker) -> None:
    def counted() -> float:
        samples = [each for metric in metrics.REGISTRY.collect() for each in metric.samples]
        return sum(each.value for each in samples if each.name == "moma_pieces_total")

    before = counted()
    request_walk(frames=12)
    tried = job.work()
    assert counted() - before == tried > 4
