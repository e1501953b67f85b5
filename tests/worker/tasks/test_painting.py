"""A walk painted after a drawing that a curator added, by a worker that knows only what the walk brings along."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import delete

from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.config import ROOT
from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.database import writing
from app.storage.drawing_models import AddedDrawing
from app.storage.walk_models import FAILED, FINISHED, Walk
from tests.conftest import inside, make_app
from tests.support import placing
from tests.support.fake_painter import FakePainter
from tests.support.led import ROBOT, ROBOT_DIGEST
from tests.support.walk_files import read_frames, read_recipe
from tests.support.worker_processes import restart
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job
from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.rendering import GenerationError
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay a lexicon beside the tiny model that sketches lead, so that the site reads prompts for it."""
    folder = tmp_path_factory.mktemp("model") / "led"
    shutil.copytree(tiny_models["led"], folder)
    shutil.copy(ROOT / "models/house/lexicon.npz", folder)
    return folder


@pytest.fixture(scope="module")
def led(model: Path) -> WalkPipeline:
    return WalkPipeline(Model.load(str(model), device="cpu"), tuning.fallback())


@pytest.fixture
def app(instance: Path, model: Path) -> Iterator[Flask]:
    with inside(make_app(instance, MODEL=str(model), STEPS=2)) as app:
        yield app


@pytest.fixture
def tiny_painter(app: Flask, led: WalkPipeline) -> None:
    """Paint with the tiny model, as a worker elsewhere does that has only just begun."""
    lone_painter.at_work(app, led)


@pytest.fixture
def painter(app: Flask, painter: FakePainter, model: Path) -> FakePainter:
    """Offer the tiny model that sketches lead on the fake painter's site."""
    app.config["MODEL"] = str(model)
    painter.names = ("led", "fake")
    return painter


def add() -> None:
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot hamster"))


def request_walk(first: str = "a robot hamster", visitor: str = "ann") -> Walk:
    wanted = validate({"stops": [{"prompt": first}, {"prompt": "the sun"}], "seed": 5, "frames": 2})
    return placing.place(wanted, visitor_key=visitor, owner=visitor, skip_cache=True)[0]


def painted(walk: Walk) -> NDArray[np.uint8]:
    """Paint all that waits, and return the frames of a walk."""
    job.work()
    restart()
    row = read(walk.id)
    assert row.state == FINISHED, row.error
    return np.stack(read_frames(row))


@pytest.mark.databases
@pytest.mark.usefixtures("tiny_painter")
def test_walk_is_painted_after_an_added_drawing_and_again_after_that_was_removed() -> None:
    without = painted(request_walk())
    add()
    walk = request_walk()
    after = painted(walk)
    assert (after[0] != without[0]).any() and (after[1] == without[1]).all()
    drawing_curation.remove("robot hamster")
    wanted, pinned = recipe.request_of(read_recipe(read(walk.id)))
    again = placing.place(wanted, visitor_key="bob", owner="bob", pinned=pinned)[0]
    assert (painted(again) == after).all()


@pytest.mark.usefixtures("tiny_painter")
def test_files_of_a_walk_say_whose_drawings_they_were_painted_after() -> None:
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot hamster", artist="Ann Example", licence="CC-BY-4.0"))
    walk = request_walk()
    painted(walk)
    message = "After drawings: robot hamster (Ann Example, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/); "
    files = {kind: media_store.store().read_bytes(medium.path) for kind, medium in read(walk.id).media.items()}
    with Image.open(io.BytesIO(files["poster"])) as picture:
        picture.load()
        assert picture.text["Copyright"].startswith(message)  # type: ignore[attr-defined]
    assert message.encode() in files["mp4"] and message.encode() in files["webp"]
    assert [each["artist"] for each in recipe.parse_recipe(files["gif"])["drawings"]] == ["Ann Example", "MoMA Lisa"]


@pytest.mark.usefixtures("tiny_painter")
def test_walk_whose_drawing_is_gone_from_the_database_fails_and_the_others_are_painted() -> None:
    add()
    lost = request_walk()
    with writing() as session:
        session.execute(delete(AddedDrawing))
    other = request_walk("the sun over a house", visitor="bob")
    with pytest.raises(GenerationError, match=ROBOT_DIGEST):
        job.work()
    painted(other)
    row = read(lost.id)
    assert row.state == FAILED
    assert row.error == f"The drawing {ROBOT_DIGEST}, which the walk is to be painted after, is not here."


def test_walk_brings_only_the_drawings_of_its_own_scenes(painter: FakePainter) -> None:
    add()
    request_walk("a house")
    job.work()
    assert painter.drawings == {}
    request_walk()
    job.work()
    assert painter.drawings == {ROBOT_DIGEST: ROBOT}
