"""What is written on a walk when its first task is done: the settings that fix its pixels."""

import pytest
from flask import Flask

from app.requests.walk_requests import recipe
from tests.conftest import Maker
from tests.support.fake_painter import FakePainter
from tests.support.walk_files import read_recipe
from tests.support.worker_rows import read
from worker import job
from worker.diffusion.rendering import BENCHMARK, DEFAULT, TF32, GpuOptions
from worker.process.worker import Worker
from worker.tasks.painting import rendering

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("decoder", ["float32", "float16", None])
def test_walk_and_recipe_hold_decoder(painter: FakePainter, request_walk: Maker, decoder: str | None) -> None:
    painter.decoder = decoder
    walk = request_walk(frames=2)
    asked = dict(walk.sampling or {})
    job.work()
    row = read(walk.id)
    assert row.sampling == (asked if decoder is None else asked | {"decoder": decoder})
    painter.decoder = "float32"
    assert rendering(row).decoder == decoder, "whatever the worker's own would be by now"
    written = read_recipe(row)
    _, pinned = recipe.request_of(written)
    assert pinned.columns()["sampling"] == row.sampling


def test_walk_of_a_new_model_forgets_decoder(app: Flask, painter: FakePainter, request_walk: Maker) -> None:
    painter.decoder = "float16"
    walk = request_walk(frames=12)

    def stop_the_worker(batch: int) -> None:
        if batch:
            raise KeyboardInterrupt

    painter.on_paint = stop_the_worker
    with pytest.raises(KeyboardInterrupt):
        job.work()
    assert (read(walk.id).sampling or {})["decoder"] == "float16"
    Worker(app, FakePainter(revision="fake00000002"))  # type: ignore[arg-type]
    job.work()
    row = read(walk.id)
    assert row.model_revision == "fake00000002"
    assert "decoder" not in (row.sampling or {})


def test_walk_and_recipe_record_unusual_gpu_options(painter: FakePainter, generated: Maker) -> None:
    painter.gpu = GpuOptions(4 * 512 * 512, (BENCHMARK, TF32))
    row = generated(frames=2)
    assert (row.sampling or {})["gpu"] == {"decoded_pixels": 1_048_576, "switches": ["cudnn_benchmark", "tf32"]}
    painter.gpu = DEFAULT
    assert rendering(row).gpu == GpuOptions(4 * 512 * 512, (BENCHMARK, TF32))
    _, pinned = recipe.request_of(read_recipe(row))
    assert pinned.columns()["sampling"] == row.sampling
    again = generated(frames=2, pinned=pinned, visitor="bob")
    assert read(again.id).sampling == row.sampling
