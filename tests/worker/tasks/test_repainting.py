"""A walk repainted in another hand is led by the same sketches, from the same noise: seen on its pixels."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray

from app.core.config import ROOT
from app.requests.walk_requests import repainting
from app.requests.walk_requests.validation import validate
from app.storage.walk_models import FINISHED, Walk
from tests.conftest import inside, make_app
from tests.support import placing
from tests.support.walk_files import read_frames
from tests.support.worker_processes import restart
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job

pytestmark = pytest.mark.slow

HANDS = [{"words": words, "title": words.capitalize()} for words in ("red", "lemon")]
"""Called by words that the tiny model tells apart."""


@pytest.fixture(scope="module")
def model(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model that sketches lead, which says that it knows two hands."""
    folder = tmp_path_factory.mktemp("model") / "led"
    shutil.copytree(tiny_models["led"], folder)
    shutil.copy(ROOT / "models/house/lexicon.npz", folder)
    (folder / "house.json").write_text(json.dumps({"name": "led", "hands": HANDS, "unnamed": ["red"]}))
    return folder


@pytest.fixture(autouse=True)
def site(instance: Path, model: Path) -> Iterator[Flask]:
    """Open a site for which the tiny model paints."""
    with inside(make_app(instance, MODEL=str(model), STEPS=3, CACHE=False)) as app:
        lone_painter.at_work(app, lone_painter.load(model))
        yield app


def painted(walk: Walk) -> NDArray[np.uint8]:
    """Paint all that waits, and return the frames of a walk."""
    job.work()
    restart()
    row = read(walk.id)
    assert row.state == FINISHED, row.error
    return np.stack(read_frames(row))


def again(walk: Walk, style: str) -> Walk:
    wanted = repainting.restyled_request(read(walk.id), style)
    return placing.place(wanted, visitor_key="ann", owner="ann", skip_cache=True)[0]


def test_repainted_there_and_back_it_is_the_same_to_the_last_bit() -> None:
    stops = [{"prompt": "the sun", "hand": "red", "seed": 3}, {"prompt": "a house in the rain", "hand": "red"}]
    walk = placing.place(validate({"stops": stops, "seed": 5, "frames": 5}), visitor_key="ann", owner="ann")[0]
    first = painted(walk)
    other = again(walk, "lemon")
    assert (painted(other) != first).any()
    assert (painted(again(other, "red")) == first).all()
    assert read(other.id).positions is not None and read(other.id).remix_of == walk.id
