"""The job: a claimed walk becomes a film, once, whatever happens on the way."""

import io
import itertools
import json
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from flask import Flask
from PIL import Image, ImageSequence
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from app.core.errors import WalkGone
from app.offer.generation import cost
from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, QUEUED, Stop, Task, Walk
from app.walks.saved import lifecycle, lookup, note_sentences
from tests.conftest import Maker
from tests.support import placing
from tests.support.fake_painter import SIDE, FakePainter
from tests.support.house import HOUSE
from tests.support.raising import raising
from tests.support.walk_files import (
    named_files,
    read_film,
    read_frames,
    read_pixels,
    read_recipe,
    stored_files,
    walk_folder,
)
from tests.support.worker_processes import restart
from tests.support.worker_rows import expire_leases, read
from tests.worker import lone_painter
from worker import failures, job
from worker.diffusion.rendering import GenerationError, Rendering, StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding, flash_safety, scratch, smoothness_measure, video
from worker.planning.latent_state import GeneratedFrame
from worker.process.worker import Worker, this_worker
from worker.queue import heartbeat, leases, outages
from worker.tasks import film_assembly, walk_setup

pytestmark = pytest.mark.slow

Deed = Callable[[], object]


@pytest.fixture
def elsewhere(app: Flask) -> Callable[[Deed], None]:
    """Return a function that does something as another process would: in a session of its own."""

    def do(deed: Deed) -> None:
        with app.app_context():
            deed()
            db.session.remove()

    return do


def pieces() -> int:
    """Count the pieces there are of any walk."""
    db.session.rollback()
    return db.session.query(Task).count()


def film_frames(row: Walk) -> int:
    """Count the frames in a walk's GIF; its WebP, once there is one, has as many."""
    counts = set()
    for kind in {"gif", "webp"} & row.media.keys():
        with Image.open(io.BytesIO(read_film(row, kind))) as picture:
            counts.add(sum(1 for _ in ImageSequence.Iterator(picture)))
    (count,) = counts
    return count


def interrupt_at(painter: FakePainter, batch: int) -> None:
    """Signal the worker to stop while it paints this batch."""

    def stop(number: int) -> None:
        if number == batch:
            this_worker().stopping.set()

    painter.on_paint = stop


def go_on(painter: FakePainter) -> None:
    """Start the stopped worker again."""
    this_worker().stopping.clear()
    painter.on_paint = lambda _: None


@pytest.mark.databases
def test_nothing_waits_and_nothing_is_done(painter: FakePainter) -> None:
    assert job.work() == 0
    assert painter.batches == []


def test_a_job_without_a_painter_is_refused(request_walk: Maker) -> None:
    walk = request_walk()
    with pytest.raises(RuntimeError, match="has no worker"):
        job.work()
    assert read(walk.id).state == QUEUED


@pytest.mark.databases
def test_a_walk_becomes_a_film(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk("a fox", "a kite", seed=7, frames=10)
    assert job.work() == 6
    row = read(walk.id)
    assert (row.state, row.painted_count, row.error) == (FINISHED, 10, None)
    assert [frame.index for frame in row.painted] == list(range(10))
    assert [frame.position for frame in row.painted] == row.positions
    assert [frame.rank for frame in row.painted] == [0, 3, 2, 3, 1, 3, 2, 3, 4, 0]
    assert sorted(row.media) == ["card", "gif", "mp4", "poster", "webp"]
    assert film_frames(row) == 10
    assert sorted(painter.painted) == row.positions
    assert (row.interruptions, row.attempt) == (0, 6)
    assert row.finished_at is not None
    assert pieces() == 0


def test_sketches_of_the_first_samples_are_drawn_ahead(painter: FakePainter, request_walk: Maker) -> None:
    request_walk(frames=24)
    job.work()
    first, *others = painter.ahead
    assert first and {*first} <= {position for batch in painter.knots for position in batch}
    assert not any(others)


@pytest.mark.parametrize("ending", ["stop", "back", "round"])
def test_a_film_ends_as_it_was_asked_to_and_shows_no_frame_twice_in_a_row(generated: Maker, ending: str) -> None:
    row = generated("a fox", "a kite", "a boat", frames=12, ending=ending, guidance=1.0)
    frames = read_frames(row)
    shown = [*frames, *frames[-2:0:-1]] if ending == "back" else frames
    with Image.open(io.BytesIO(read_film(row, "webp"))) as film_file:
        seen = [np.asarray(each.convert("RGB"), float).mean((0, 1)) for each in ImageSequence.Iterator(film_file)]
    assert len(seen) == len(shown) == (22 if ending == "back" else 12)
    assert max(np.abs(a - b.mean((0, 1))).max() for a, b in zip(seen, shown, strict=True)) < 12  # coded with losses
    assert all(not np.array_equal(a, b) for a, b in pairwise([*shown, *shown[: ending != "stop"]]))
    assert len(row.step_sizes or []) == (12 if ending == "round" else 11)
    assert (max(row.positions or []) > 2) == (ending == "round")
    assert [each.index for each in row.painted] == list(range(12))
    assert row.evaluations == cost.of_walk(row.sampling or {}, stops=3, frames=12, closed=ending == "round")


def test_the_frames_of_an_evenly_changing_walk_lie_evenly(generated: Maker) -> None:
    walk = generated("a fox", "a kite", seed=7, frames=10)
    assert walk.positions == pytest.approx([index / 9 for index in range(10)], abs=1e-4)


def test_what_a_branched_frame_starts_from_is_blended_from_its_neighbours(generated: Maker) -> None:
    walk = generated("a fox", "a kite", seed=7, frames=12)
    ends, colours = read_pixels(walk)[::11], read_pixels(walk)
    first, last = (np.frombuffer(end, np.uint8)[:3].astype(float) for end in ends)
    for index, colour in enumerate(colours):
        expected = first + (last - first) * (walk.positions or [])[index]
        assert np.frombuffer(colour, np.uint8)[:3] == pytest.approx(expected, abs=1)


def test_film_that_would_flash_is_shown_more_slowly(generated: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.fake_painter._colour", lambda stop: [255 * (stop.prompt == "white")] * 3)
    row = generated(*["black", "white"] * 4, frames=8)
    assert (row.state, row.fps) == (FINISHED, flash_safety.SAFE_FPS)
    assert row.hold == flash_safety.SAFE_FPS
    with Image.open(io.BytesIO(read_film(row))) as picture:
        assert json.loads(picture.info["comment"])["fps"] == flash_safety.SAFE_FPS
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
    held, usual = 1000 + 1000 / flash_safety.SAFE_FPS, 1000 / flash_safety.SAFE_FPS
    assert times == pytest.approx([held, *[usual] * 6, held], abs=10)
    assert [stop.note for stop in row.stops] == ["slowed", *[""] * 7]
    assert note_sentences.describe_film(row).startswith("At more than 6 frames a second this film would flash")


def test_film_that_does_not_flash_has_no_note(generated: Maker) -> None:
    walk = generated("a fox", "a kite", frames=6)
    assert not any(stop.note for stop in walk.stops) and note_sentences.describe_film(walk) == ""


def test_what_fixed_the_pixels_is_written_on_the_walk(generated: Maker) -> None:
    row = generated(frames=2)
    assert (row.model_name, row.model_title, row.model_revision) == ("fake", "Fake model", "fake00000001")
    assert (row.scheduler, row.precision, row.memory_format) == ("DPMSolverMultistepScheduler", "float32", "contiguous")
    assert (row.width, row.height, row.batch, row.threads) == (SIDE, SIDE, 4, 1)
    assert str(row.software).startswith("MoMA Lisa")


def test_the_figures_are_measured_on_the_film(generated: Maker) -> None:
    row = generated(frames=9)
    measured = smoothness_measure.smoothness(smoothness_measure.read_frames(read_film(row)))
    assert row.evenness == pytest.approx(measured.evenness, abs=1e-4)
    assert row.jump == pytest.approx(measured.jump, abs=1e-4)
    assert row.paint_seconds > 0


def test_the_rows_name_exactly_the_files_there_are_and_their_sizes(generated: Maker) -> None:
    row = generated(frames=9)
    assert stored_files(row.id) == named_files(row)
    for piece in (*row.painted, *row.media.values()):
        assert len(media_store.store().read_bytes(piece.path)) == piece.bytes


def test_a_note_on_a_prompt_is_kept_on_its_stop(generated: Maker) -> None:
    walk = generated("a fox", "qwzx")
    assert [stop.note for stop in walk.stops] == ["", "unknown words"]


def test_a_worker_s_note_joins_those_of_the_request(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk("a fox", "qwzx")
    with writing() as session:
        session.execute(update(Stop).where(Stop.walk_number == walk.number).values(note="not read; cut"))
    job.work()
    assert [stop.note for stop in read(walk.id).stops] == ["not read", "not read; unknown words"]


def test_a_stops_own_seed_is_painted_from(painter: FakePainter, request_walk: Maker) -> None:
    plain = request_walk("a fox", "a kite", seed=5, frames=2)
    with writing():
        again = request_walk("a fox", "a kite", seed=5, frames=2)
    with writing():
        again.stops[1].seed = 6
    job.work()
    one, other = read_pixels(read(plain.id)), read_pixels(read(again.id))
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_the_ends_are_published_before_anything_between_is_painted(
    painter: FakePainter, request_walk: Maker, elsewhere: Callable[[Deed], None]
) -> None:
    walk = request_walk(frames=24)
    seen: list[tuple[str, list[int], int, bool]] = []

    def look() -> None:
        row = lookup.walk_at_address(walk.id)
        gif = row.media.get("gif")
        indices = [frame.index for frame in row.painted]
        seen.append((row.state, indices, row.painted_count, gif is not None and media_store.store().exists(gif.path)))

    painter.on_paint = lambda number: elsewhere(look) if number == 1 else None
    job.work()
    assert painter.batches[0] == [0.0, 1.0]
    assert seen == [(PAINTING, [0, 23], 2, True)]
    row = read(walk.id)
    assert 0 < row.first_film_seconds < (row.finished_at - row.created_at).total_seconds()


@pytest.mark.parametrize(("pause", "expected"), [(0.0, [2, 2, 2, 5, 5]), (1e9, [2, 2, 2, 2, 2])])  # six a second
def test_the_film_grows_with_the_batches_unless_that_would_take_the_painters_time(
    painter: FakePainter,
    request_walk: Maker,
    elsewhere: Callable[[Deed], None],
    monkeypatch: pytest.MonkeyPatch,
    pause: float,
    expected: list[int],
) -> None:
    monkeypatch.setattr(film_assembly, "FILM_PAUSE", pause)
    walk = request_walk(frames=12)
    counts: list[int] = []

    def count() -> None:
        counts.append(film_frames(lookup.walk_at_address(walk.id)))

    painter.on_paint = lambda number: elsewhere(count) if number else None
    job.work()
    assert counts == expected
    assert film_frames(read(walk.id)) == 12
    assert sum(name.endswith(".gif") for name in stored_files(walk.id)) == 1


def test_unfinished_films_take_a_hundredth_of_a_long_walk_at_most(
    painter: FakePainter, generated: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, films, of_a_film = [0.0], [0], 0.1
    gif = encoding.gif

    def slow_gif(*arguments: Any, **about: Any) -> bytes:
        films[0] += 1
        clock[0] += of_a_film
        return gif(*arguments, **about)

    def paint(_number: int) -> None:
        clock[0] += 1

    monkeypatch.setattr(film_assembly, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(encoding, "gif", slow_gif)
    painter.on_paint = paint
    walk = generated(frames=80)
    assert walk.state == FINISHED
    assert films[0] > 2
    assert (films[0] - 2) * of_a_film <= clock[0] / 100  # apart from the first of all, and the film itself


def test_all_that_waits_is_painted_in_one_go(painter: FakePainter, request_walk: Maker) -> None:
    ids = [request_walk(visitor=name, frames=2).id for name in ("ann", "bob", "cleo")]
    assert job.work() == 6  # each a level of stops, and a film
    assert {read(walk_id).state for walk_id in ids} == {FINISHED}


def test_stop_request_requeues_the_walk_with_its_frames(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    other = request_walk(visitor="bob", frames=12)
    interrupt_at(painter, 7)
    assert job.work() == 8  # both walks' stops, both walks' knots, then frames of one
    rows = [read(each.id) for each in (walk, other)]
    assert sorted(row.state for row in rows) == [PAINTING, QUEUED]
    assert [(len(row.painted), row.interruptions) for row in rows] == [(row.painted_count, 0) for row in rows]
    assert sum(row.painted_count for row in rows) > 4


@pytest.mark.databases
def test_an_interrupted_walk_goes_on_where_it_stopped(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    interrupt_at(painter, 4)
    job.work()
    kept = {path: path.stat().st_mtime_ns for path in walk_folder(walk.id).glob("frames/*.png")}
    go_on(painter)
    job.work()
    row = read(walk.id)
    assert (row.state, row.painted_count) == (FINISHED, 12)
    assert sorted(painter.painted) == row.positions  # each frame once
    assert len(kept) == 6
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert film_frames(row) == 12


def test_a_walk_interrupted_after_its_last_frame_is_only_filmed(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = request_walk(frames=6)
    with monkeypatch.context() as patch:
        patch.setattr(video.Mp4Writer, "finish", _raise(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            job.work()
    painted = list(painter.batches)
    restart()
    expire_leases()
    job.work()
    assert read(walk.id).state == FINISHED
    assert painter.batches == painted


def test_a_lost_frame_file_is_painted_again(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    interrupt_at(painter, 4)
    job.work()
    painted = len(painter.batches)
    lost = Path(media_store.store().root) / read(walk.id).painted[0].path
    lost.unlink()
    restart()
    go_on(painter)
    job.work()
    row = read(walk.id)
    assert (row.state, film_frames(row)) == (FINISHED, 12)
    assert lost.exists()
    assert [batch for batch in painter.batches[painted:] if 0.0 in batch] == [[0.0, 1.0]]


def test_a_broken_frame_file_is_painted_again(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    interrupt_at(painter, 1)
    job.work()
    broken = Path(media_store.store().root) / read(walk.id).painted[-1].path
    broken.write_bytes(b"not a picture")
    restart()
    go_on(painter)
    job.work()
    assert read(walk.id).state == FINISHED
    assert encoding.decode_still(broken.read_bytes()).shape == (SIDE, SIDE, 3)


def test_lost_knots_are_painted_again(painter: FakePainter, request_walk: Maker) -> None:
    walk, whole = request_walk(seed=3, frames=12), request_walk(seed=3, frames=12, visitor="bob")
    interrupt_at(painter, 6)
    job.work()
    knots = list((walk_folder(walk.id) / "knots").iterdir())
    for path in knots:
        path.unlink()
    restart()
    go_on(painter)
    job.work()
    assert len(knots) == 3  # the stops and two batches
    assert read_pixels(read(walk.id)) == read_pixels(read(whole.id))
    assert not (walk_folder(walk.id) / "knots").exists()


@pytest.mark.databases
def test_another_models_half_walk_restarts(app: Flask, painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    interrupt_at(painter, 4)
    job.work()
    newcomer = FakePainter(revision="fake00000002", batch=6)
    Worker(app, newcomer)  # type: ignore[arg-type]
    go_on(painter)
    job.work()
    row = read(walk.id)
    assert (row.state, row.model_revision, row.batch) == (FINISHED, "fake00000002", 6)
    assert sorted(newcomer.painted) == row.positions
    assert film_frames(row) == 12
    assert stored_files(walk.id) == named_files(row)


@pytest.mark.parametrize(
    ("pins", "revision", "error"),
    [
        ({}, "fake00000002", "The recipe was painted by fake fake00000001; this site paints with fake fake00000002."),
        (
            {"model_name": "someone/else", "model_revision": "0123"},
            "fake00000001",
            "The recipe was painted by someone/else 0123. The model someone/else is not offered here; this is: fake.",
        ),
        ({"width": 4096, "height": 4096}, "fake00000001", "4096 × 4096"),
    ],
    ids=["another revision", "a model that is not here", "another size"],
)
def test_recipe_that_cannot_be_followed_fails(
    app: Flask, request_walk: Maker, generated: Maker, pins: Any, revision: str, error: str
) -> None:
    _, pinned = recipe.request_of(recipe.recipe_of(generated(frames=2)))
    walk = request_walk(frames=2, pinned=pinned.model_copy(update=pins))
    Worker(app, FakePainter(revision=revision))  # type: ignore[arg-type]
    with pytest.raises(walk_setup.WrongModel):
        job.work()
    assert read(walk.id).state == FAILED
    assert error in str(read(walk.id).error)


def test_film_recipe_repeats_pixels(painter: FakePainter, request_walk: Maker, generated: Maker) -> None:
    first = generated("a fox", "a kite", "a boat", seed=11, frames=9)
    found = read_recipe(read(first.id))
    wanted, pinned = recipe.request_of(found)
    again = request_walk(
        *(stop.prompt for stop in wanted.stops), seed=wanted.seed, frames=wanted.frames, pinned=pinned, visitor="bob"
    )
    painter.batch = 2  # another machine's; the recipe's holds
    job.work()
    row = read(again.id)
    assert row.state == FINISHED
    assert read_pixels(row) == read_pixels(read(first.id))
    assert row.batch == 4


@pytest.mark.server
def test_recipe_of_the_built_in_model_repeats_pixels(app: Flask, house: WalkPipeline, generated: Maker) -> None:
    app.config |= {"MODEL": str(HOUSE), "STEPS": 4}
    lone_painter.at_work(app, house)
    first = generated("a lemon", "the sun", seed=11, frames=4)
    wanted, pinned = recipe.request_of(read_recipe(read(first.id)))
    again, _ = placing.place(wanted, visitor_key="bob", pinned=pinned)
    job.work()
    one, other = read(first.id), read(again.id)
    assert read_pixels(one) == read_pixels(other)
    assert len(set(read_pixels(one))) == 4
    assert len(one.drawings or []) == 2  # it is led by a lemon and a sun
    assert read_film(one) == read_film(other)


@pytest.mark.databases
def test_a_walk_cancelled_in_its_middle_leaves_no_file_and_no_film(
    painter: FakePainter, request_walk: Maker, elsewhere: Callable[[Deed], None]
) -> None:
    walk = request_walk(frames=24)
    painter.on_paint = lambda number: (
        elsewhere(lambda: lifecycle.cancel(lookup.walk_at_address(walk.id))) if number == 7 else None
    )
    assert job.work() == 8
    row = read(walk.id)
    assert (row.state, row.painted, row.media, row.painted_count) == (CANCELLED, [], {}, 0)
    assert stored_files(walk.id) == set()
    assert len(painter.batches) == 3  # the batch that was being painted, and none after it
    assert pieces() == 0


@pytest.mark.databases
def test_a_walk_deleted_in_its_middle_leaves_no_file(
    painter: FakePainter, request_walk: Maker, elsewhere: Callable[[Deed], None]
) -> None:
    walk = request_walk(frames=24)
    painter.on_paint = lambda number: (
        elsewhere(lambda: lifecycle.delete_walk(lookup.walk_at_address(walk.id))) if number == 1 else None
    )
    job.work()
    with pytest.raises(WalkGone):
        read(walk.id)
    assert stored_files(walk.id) == set()
    assert (len(painter.batches), len(painter.knots)) == (1, 1)


@pytest.mark.databases
def test_a_walk_cancelled_and_retried_is_painted_whole(
    painter: FakePainter, request_walk: Maker, elsewhere: Callable[[Deed], None]
) -> None:
    walk = request_walk(frames=12)

    def change_ones_mind() -> None:
        lifecycle.cancel(lookup.walk_at_address(walk.id))
        lifecycle.retry(lookup.walk_at_address(walk.id))

    painter.on_paint = lambda number: elsewhere(change_ones_mind) if number == 4 else None
    job.work()
    row = read(walk.id)
    assert (row.state, row.painted_count, film_frames(row)) == (FINISHED, 12, 12)
    assert stored_files(walk.id) == named_files(row)


def test_failing_pipeline_fails_the_walk_and_is_raised(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    painter.on_paint = _raise(GenerationError("the model fake painted no picture: its numbers overflow"), at=1)
    with pytest.raises(GenerationError):
        job.work()
    row = read(walk.id)
    assert row.state == FAILED
    assert row.error == "The model fake painted no picture: its numbers overflow."
    assert row.finished_at is not None
    assert db.session.query(Task).filter_by(state="taken").count() == 0


def test_a_foreign_errors_words_are_not_shown(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk()
    painter.on_paint = _raise(ValueError("/home/somebody/secret"))
    with pytest.raises(ValueError, match="secret"):
        job.work()
    assert read(walk.id).error == "ValueError while painting."


def test_after_a_failure_the_next_walk_is_painted(painter: FakePainter, request_walk: Maker) -> None:
    bad, good = request_walk(), request_walk(visitor="bob")
    painter.on_paint = _raise(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        job.work()
    go_on(painter)
    assert job.work() > 1
    assert (read(bad.id).state, read(good.id).state) == (FAILED, FINISHED)


def test_a_failed_walk_that_is_retried_keeps_its_frames(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    painter.on_paint = _raise(ValueError("no"), at=4)
    with pytest.raises(ValueError, match="no"):
        job.work()
    lifecycle.retry(read(walk.id))
    go_on(painter)
    job.work()
    row = read(walk.id)
    assert (row.state, row.error) == (FINISHED, None)
    assert sorted(painter.painted) == row.positions


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once, whether an outage is over."""
    monkeypatch.setattr(outages, "PAUSES", (0.001,))


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("refused", "writers"), [*((times, 0) for times in (1, 2, 3, 7, 40)), (11, 2)])
def test_a_full_disk_fails_no_walk_in_the_line(
    refused: int, writers: int, app: Flask, painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    Worker(app, painter, writers=writers)  # type: ignore[arg-type]
    ids = [request_walk(visitor=f"visitor {number}", frames=4).id for number in range(5)]
    replace, left = media_store.atomic_write, iter(range(refused))

    def full(*arguments: Any, **how: Any) -> None:
        if next(left, None) is not None:
            raise OSError(28, "No space left on device")
        replace(*arguments, **how)

    monkeypatch.setattr(media_store, "atomic_write", full)
    job.work()
    assert {(read(walk_id).state, read(walk_id).interruptions) for walk_id in ids} == {(FINISHED, 0)}
    assert next(left, None) is None, "it was full as long as was meant"


@pytest.mark.usefixtures("pauses")
def test_a_full_disk_for_what_is_made_on_the_way_fails_no_walk(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, looks = [request_walk(visitor=name, frames=4).id for name in ("ann", "bob")], itertools.count()
    write, free = Path.write_text, shutil.disk_usage(tempfile.gettempdir())

    def is_full() -> bool:
        return next(looks) < 3 * outages.PATIENCE

    def write_text(path: Path, *arguments: Any) -> int:
        if path.name == "tags" and is_full():
            raise OSError(28, "No space left on device")
        return write(path, *arguments)

    monkeypatch.setattr(Path, "write_text", write_text)
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: free._replace(free=0) if is_full() else free)
    job.work()
    assert {(read(walk_id).state, read(walk_id).interruptions) for walk_id in ids} == {(FINISHED, 0)}
    assert next(looks) > 3 * outages.PATIENCE


@pytest.mark.usefixtures("pauses")
def test_while_the_store_is_full_nothing_is_painted_in_vain(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, looked = request_walk(frames=4), []

    def look(store: media_store.MediaStore, size: int = 5) -> str:
        looked.append(size)
        if len(looked) == 3:
            this_worker().stopping.set()
        return "full"

    monkeypatch.setattr(media_store, "atomic_write", raising(OSError(28, "No space left on device")))
    monkeypatch.setattr(media_store.MediaStore, "check", look)
    assert job.work() == 1
    assert looked == [outages.ROOM] * 3 and len(painter.batches) == 1
    assert (read(walk.id).state, read(walk.id).interruptions) == (QUEUED, 0)


@pytest.mark.usefixtures("pauses")
def test_walk_that_always_meets_an_outage_fails(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=4)
    painter.on_paint = _raise(OperationalError("SELECT", {}, Exception("too long")), at=0)
    with pytest.raises(OperationalError):
        job.work()
    assert read(walk.id).state == FAILED


def test_walk_is_generated_in_smaller_batches_without_room(painter: FakePainter, request_walk: Maker) -> None:
    walk, other = request_walk(frames=12), request_walk(frames=12, visitor="bob")

    def too_many(_number: int) -> None:
        if painter.at_once != 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    painter.on_paint = too_many
    job.work()
    assert painter.at_once == 1
    assert {(read(each.id).state, read(each.id).interruptions) for each in (walk, other)} == {(FINISHED, 0)}


def test_walk_for_which_the_device_never_has_room_fails_alone(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "ROOM_SECONDS", 0.0)
    walk = request_walk(frames=4)
    painter.on_paint = _raise(torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(torch.OutOfMemoryError):
        job.work()
    assert (read(walk.id).state, read(walk.id).interruptions) == (FAILED, 0)


def test_device_that_others_fill_for_a_while_fails_no_walk(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "ROOM_SECONDS", 0.0)
    painter.at_once = 1
    walks, tried = [request_walk(frames=4, visitor=name) for name in ("ann", "bob")], itertools.count()

    def be_full(_number: int) -> None:
        if next(tried) < outages.PATIENCE - 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    painter.on_paint = be_full
    job.work()
    assert {(read(each.id).state, read(each.id).interruptions) for each in walks} == {(FINISHED, 0)}
    assert next(tried) > outages.PATIENCE


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle)`"),
    ],
)
def test_worker_whose_device_is_lost_ends_and_the_walk_goes_on_with_another(
    error: RuntimeError, painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, ended = [request_walk(frames=4, visitor=name).id for name in ("ann", "bob", "cleo")], []
    monkeypatch.setattr(heartbeat.os, "_exit", ended.append)
    painter.on_paint = _raise(error, at=0)
    with pytest.raises(type(error)):
        job.work()
    assert ended == [heartbeat.ENDED]
    assert {read(walk_id).state for walk_id in ids} == {PAINTING, QUEUED}, "none failed"
    expire_leases()
    go_on(painter)
    job.work()
    assert {read(walk_id).state for walk_id in ids} == {FINISHED}


def test_a_walk_whose_model_finds_no_room_while_it_is_loaded_waits_for_some(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "ROOM_SECONDS", 0.0)
    walk, tried = request_walk(frames=4), itertools.count()

    def load(_model: str | None) -> FakePainter:
        if next(tried) < outages.PATIENCE - 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return painter

    monkeypatch.setattr(painter, "get", load)
    monkeypatch.setattr(painter, "shrink", lambda _: False)
    job.work()
    assert (read(walk.id).state, read(walk.id).interruptions) == (FINISHED, 0)


def test_queue_learns_which_models_are_loaded(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Any] = []
    claim_next = job.claim_next

    def claim(*given: Any, **named: Any) -> leases.Claim | None:
        events.append(named["loaded"])
        return claim_next(*given, **named)

    monkeypatch.setattr(job, "claim_next", claim)
    request_walk(frames=4)
    job.work()
    assert set(events) == {painter.loaded}


def test_film_requested_in_the_future_takes_no_seconds(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=4)
    with writing() as session:
        session.get(Walk, walk.number).created_at = now() + timedelta(hours=1)
    job.work()
    assert read(walk.id).first_film_seconds == 0


@pytest.mark.databases
def test_film_whose_encoder_times_out_is_made_again_a_few_times(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, write = request_walk(frames=4), video.Mp4Writer.finish
    time_out = _raise(video.EncoderTimeout("ffmpeg did nothing"))
    monkeypatch.setattr(video.Mp4Writer, "finish", time_out)
    job.work()
    leases.sweep()
    assert (read(walk.id).state, read(walk.id).interruptions) == (QUEUED, 1)
    with monkeypatch.context() as mended:
        mended.setattr(video.Mp4Writer, "finish", write)
        job.work()
    assert read(walk.id).state == FINISHED
    other = request_walk(frames=4, visitor="ben", seed=1)
    for _ in range(3):
        job.work()
        leases.sweep()
    assert (read(other.id).state, read(other.id).error) == (FAILED, "The painting was interrupted 3 times.")


def test_an_unfinished_film_that_cannot_be_stored_does_not_stop_the_painting(
    generated: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = media_store.MediaStore.write
    refused = []

    def refuse_first_film(store: media_store.MediaStore, path: str, data: bytes) -> None:
        if path.endswith(".gif") and not refused:
            refused.append(path)
            raise media_store.MediaError("no room for now")
        write(store, path, data)

    monkeypatch.setattr(media_store.MediaStore, "write", refuse_first_film)
    row = generated(frames=12)
    assert refused
    assert row.state == FINISHED


@pytest.mark.databases
@pytest.mark.usefixtures("pauses")
def test_a_database_that_does_not_answer_fails_no_walk_and_loses_none(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, error = request_walk(frames=12), OperationalError("UPDATE", {}, Exception("database is locked"))
    refused, release_task = iter(range(5)), leases.release_task

    def locked(claim: leases.Claim) -> None:
        if next(refused, None) is not None:
            raise error
        release_task(claim)

    monkeypatch.setattr(outages, "release_task", locked)
    once = iter([error])

    def fail_once(number: int) -> None:
        if number == 1 and (first := next(once, None)):
            raise first

    painter.on_paint = fail_once
    job.work()
    assert next(refused, None) is None and next(once, None) is None
    assert (read(walk.id).state, read(walk.id).interruptions) == (FINISHED, 0)


def test_walk_that_progresses_between_losses_goes_on(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=24)
    for _ in range(5):
        painter.on_paint = _raise(KeyboardInterrupt(), at=len(painter.batches) + len(painter.knots) + 1)
        with pytest.raises(KeyboardInterrupt):
            job.work()
        expire_leases()
    go_on(painter)
    job.work()
    row = read(walk.id)
    assert (row.state, row.interruptions, row.painted_count) == (FINISHED, 5, 24)


def test_a_walk_that_kills_every_worker_is_given_up(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=24)
    painter.on_paint = _raise(KeyboardInterrupt(), at=0)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            job.work()
        expire_leases()
    assert read(walk.id).state == FAILED
    assert job.work() == 0


@pytest.mark.databases
def test_job_delivered_twice_makes_one_film(app: Flask, painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(frames=12)
    begun, done = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        if number == 0:
            begun.set()
            done.wait()

    def work() -> int:
        with app.app_context():
            return job.work()

    painter.on_paint = wait
    with ThreadPoolExecutor() as threads:
        first = threads.submit(work)
        begun.wait()
        second = threads.submit(work).result()
        done.set()
        assert (first.result() > 1, second) == (True, 0)
    row = read(walk.id)
    assert row.state == FINISHED
    assert sorted(painter.painted) == row.positions


@pytest.mark.databases
def test_a_worker_that_was_taken_for_dead_publishes_nothing_more(
    app: Flask, painter: FakePainter, request_walk: Maker, elsewhere: Callable[[Deed], None]
) -> None:
    walk = request_walk(frames=12)
    successor = FakePainter()

    def take_over() -> None:
        expire_leases()
        while taken := leases.claim_next():
            job._attempt(Worker(app, successor), taken)  # type: ignore[arg-type]

    painter.on_paint = lambda number: elsewhere(take_over) if number == 4 else None
    assert job.work() == 5
    row = read(walk.id)
    assert (row.state, row.painted_count) == (FINISHED, 12)
    assert len(painter.batches) == 3  # what the sleeper painted last is not recorded
    assert len(row.painted) == film_frames(row) == 12
    assert stored_files(walk.id) == named_files(row)


class Negative(FakePainter):
    """A painter on another device: what it paints of the same is not the same."""

    def paint(self, *arguments: Any, **options: Any) -> list[GeneratedFrame]:
        """Paint one batch."""
        painted = super().paint(*arguments, **options)
        return [each if each.picture is None else replace(each, picture=255 - each.picture) for each in painted]


def test_a_worker_that_was_taken_for_dead_overwrites_no_picture_of_its_successor(
    app: Flask, painter: FakePainter, generated: Maker, elsewhere: Callable[[Deed], None]
) -> None:

    def take_over() -> None:
        expire_leases()
        while taken := leases.claim_next():
            job._attempt(Worker(app, Negative()), taken)  # type: ignore[arg-type]

    painter.on_paint = lambda number: elsewhere(take_over) if number == 4 else None
    row = generated(frames=12)
    assert row.state == FINISHED and stored_files(row.id) == named_files(row)
    for frame in row.painted:
        data = media_store.store().read_bytes(frame.path)
        assert (frame.path, frame.bytes) == (media_store.frame_path(row.id, frame.position, data), len(data))


def _raise(error: BaseException, *, at: int | None = None) -> Callable[..., None]:
    """Return something to call that raises ``error``; with ``at``, only when called with this number."""

    def fail(*arguments: object, **_: object) -> None:
        if at is None or arguments == (at,):
            raise error

    return fail


def test_painter_is_given_the_prompt_with_the_words_of_its_hand(
    painter: FakePainter, generated: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, str]] = []
    prepare = painter.prepare

    def listen(stops: list[StopInput], rendering: Rendering, **options: bool) -> object:
        given.extend((stop.prompt, stop.subject) for stop in stops)
        return prepare(stops, rendering, **options)

    monkeypatch.setattr(painter, "prepare", listen)
    walk = generated(stops=[{"prompt": "a fox", "hand": "Cut paper"}, {"prompt": "a kite"}], frames=2)
    assert walk.state == FINISHED
    assert given == [("a fox, paper cut-out", "a fox"), ("a kite", "a kite")]
