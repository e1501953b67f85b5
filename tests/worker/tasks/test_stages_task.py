"""The stages of a frame: painted again when asked for, from the noise to the very frame."""

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from PIL import Image

from app.storage import media_store
from app.storage.database import db, writing
from app.storage.task_kinds import STAGES, STOPS
from app.storage.walk_models import FINISHED, Task, Walk
from app.walks.queue import frame_requests
from app.walks.saved import lifecycle, lookup, reuse
from sketch import rendering
from sketch.scene import Scene
from tests.conftest import Maker
from tests.support import drawings
from tests.support.fake_painter import SIDE, FakePainter
from tests.support.worker_rows import read
from worker import job
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.planning.latent_state import GeneratedFrame
from worker.process.worker import Worker
from worker.tasks import stages_task, walk_setup

pytestmark = pytest.mark.slow


@pytest.fixture
def painted(generated: Maker) -> Walk:
    """Paint a walk of one long leg."""
    return generated("a fox", "a kite", seed=5, frames=9)


@pytest.mark.parametrize("index", [0, 3, 8])
def test_a_frame_is_shown_after_each_step_and_becomes_the_frame(painted: Walk, index: int) -> None:
    frame_requests.request(painted, STAGES, index)
    assert job.work() == 1
    found = frame_requests.find(painted, STAGES, index)
    with Image.open(io.BytesIO(media_store.store().read_bytes(found.files["stages"].path))) as picture:
        assert getattr(picture, "n_frames", 1) == painted.sampler_steps
    with Image.open(io.BytesIO(media_store.store().read_bytes(found.files["sheet"].path))) as picture:
        assert picture.size == (painted.sampler_steps * SIDE, SIDE)
        last = picture.convert("RGB").getpixel((painted.sampler_steps * SIDE - SIDE // 2, SIDE // 2))
    frame = encoding.decode_still(media_store.store().read_bytes(painted.painted[index].path))
    assert last == pytest.approx(tuple(int(value) for value in frame[0, 0]), abs=12)  # WebP is lossy
    row = read(painted.id)
    assert (row.state, row.painted_count) == (FINISHED, 9)
    assert db.session.query(Task).count() == 0


def test_stages_that_fail_can_be_requested_again(app: Flask, painted: Walk, painter: FakePainter) -> None:
    Worker(app, FakePainter(revision="fake00000002"))  # type: ignore[arg-type]
    frame_requests.request(painted, STAGES, 1)
    with pytest.raises(walk_setup.WrongModel):
        job.work()
    assert (read(painted.id).state, read(painted.id).error) == (FINISHED, None)
    assert frame_requests.find(painted, STAGES, 1) is None
    Worker(app, painter)  # type: ignore[arg-type]
    frame_requests.request(painted, STAGES, 1)
    job.work()
    assert frame_requests.request(painted, STAGES, 1).is_there


@pytest.mark.parametrize("batch", [0, 9])
def test_walk_deleted_while_its_stages_are_painted_leaves_the_files_to_its_repeat(
    app: Flask, painted: Walk, painter: FakePainter, request_walk: Maker, batch: int
) -> None:
    repeat = request_walk("a fox", "a kite", seed=5, frames=9, visitor="ben")
    lifecycle.cancel(repeat)
    with writing():
        reuse.finish_as_repeat(repeat, read(painted.id))
    frame_requests.request(painted, STAGES, 3)
    batches = iter(range(1000))

    def delete_it(_number: int) -> None:
        if next(batches) == batch:
            with app.app_context():
                lifecycle.delete_walk(lookup.walk_at_address(painted.id))
                db.session.remove()

    painter.on_paint = delete_it
    job.work()
    shown = read(repeat.id)
    named = {file.path for file in (*shown.painted, *shown.media.values())}
    assert len(named) > 9
    assert set(media_store.store().files(media_store.walk_folder(painted.id))) == named


def test_walk_goes_on_between_stages_of_frames(
    painted: Walk, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in (1, 2, 3):
        frame_requests.request(painted, STAGES, index)
    request_walk("the sea", "a boat")
    order: list[str] = []
    monkeypatch.setattr(job, "_attempt", lambda _worker, claim, _side: order.append(claim.kind))
    assert job.work() == 4
    assert order == [STAGES, STOPS, STAGES, STAGES]


def test_stages_are_painted_in_the_order_in_which_they_were_asked_for(
    request_walk: Maker, generated: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [request_walk("a fox", "a kite", seed=seed, frames=3, visitor="ann") for seed in range(3)][-1]
    early = generated("the sea", "a boat", frames=3, visitor="ben")
    assert read(late.id).turn > read(early.id).turn
    frame_requests.request(read(late.id), STAGES, 1)
    for index in range(3):
        frame_requests.request(read(early.id), STAGES, index)
    order: list[str] = []
    monkeypatch.setattr(job, "_attempt", lambda _worker, claim, _side: order.append(claim.walk_id))
    assert job.work() == 4
    assert order == [late.id, early.id, early.id, early.id]


def begun(
    painter: WalkPipeline, scenes: list[Scene | None], position: float, *, seed: int = 3
) -> list[NDArray[np.uint8]]:
    """Return what a walk by a real model begins with, at a position."""
    stops = [StopInput("a sun", "", seed, scene=scene) for scene in scenes]
    prepared = painter.prepare(stops, painter.rendering(steps=3, guidance=2.0))

    def paint_frame(at: float, *, until: int) -> GeneratedFrame:
        return painter.paint(prepared, [at], until=until)[0]

    painting: Any = SimpleNamespace(prepared=prepared, paint_frame=paint_frame)
    return stages_task.initial_pictures(painting, position)


def test_sketch_that_leads_the_painter_comes_first_and_then_the_noise(painters: dict[str, WalkPipeline]) -> None:
    scenes: list[Scene | None] = [drawings.scene("house"), drawings.scene("sun")]
    sketch, noise = begun(painters["led"], scenes, 0.0)
    assert sketch.shape == noise.shape == (32, 32, 3)
    drawn = rendering.draw(scenes[0], drawings.book(), 64).picture.reshape(32, 2, 32, 2, 3).mean((1, 3)) * 255
    assert np.abs(sketch - drawn).mean() < 3
    other, same = begun(painters["led"], scenes, 1.0)
    assert np.abs(other.astype(int) - sketch).mean() > 3
    assert (same == noise).all()  # one seed for the whole walk
    assert (begun(painters["led"], scenes, 0.0, seed=4)[1] != noise).any()


def test_model_that_is_led_by_words_alone_begins_with_nothing_to_show(painters: dict[str, WalkPipeline]) -> None:
    assert begun(painters["bert"], [None, None], 0.0) == begun(painters["led"], [None, None], 0.0) == []
