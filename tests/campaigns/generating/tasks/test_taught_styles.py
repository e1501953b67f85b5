"""A style from its pictures to the wall: taught by the command, painted by the worker, repainted by its recipe."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from numpy.typing import NDArray

from app.core.config import ROOT
from app.core.errors import InvalidInput
from app.requests.teaching import style_teaching
from app.requests.walk_requests import recipe
from app.storage.walk_models import FAILED, Walk
from tests.conftest import inside, make_app
from tests.support import placing
from tests.support.commands import run, run_json
from tests.support.generated_walks import frames_of, requested
from tests.support.marks import SLOW_TRAINING
from tests.support.pictures import RED, save_reds
from tests.support.studio_fixtures import call
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding

pytestmark = SLOW_TRAINING
EYE = ROOT / "models/eye"
PICTURES = 12
TAUGHT = ("styles", "add", "our-prints", "PICTURES", "--licence", "CC0-1.0", "--steps", "24")


@pytest.fixture(scope="module")
def reds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures, all of them red."""
    return save_reds(tmp_path_factory.mktemp("reds"), PICTURES, side=320)


@pytest.fixture
def app(instance: Path, tiny_models: dict[str, Path]) -> Iterator[Flask]:
    with inside(
        make_app(instance, MODEL=str(tiny_models["sd1"]), STEPS=6, CACHE=False, DEVICE="cpu", EYE=str(EYE))
    ) as app:
        yield app


@pytest.fixture(autouse=True)
def pipeline(app: Flask, tiny_models: dict[str, Path]) -> WalkPipeline:
    return lone_painter.at_work(app, lone_painter.load(tiny_models["sd1"]))


@pytest.fixture(autouse=True)
def quick_studio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the studio's real stages in this process, and have it learn a hundred times faster than weights deserve."""
    fast = [0.01 if each == 1e-4 else each for each in style_teaching.APART]
    monkeypatch.setattr(style_teaching, "APART", (*fast, "--average", 0.9))
    monkeypatch.setattr(
        style_teaching, "run_stage", lambda stage, work, *options: call(stage, "--folder", work, *options)
    )


def teach(runner: FlaskCliRunner, reds: Path) -> dict[str, Any]:
    return dict(run_json(runner, *(str(reds) if word == "PICTURES" else word for word in TAUGHT)))


def request_walk(**first: str) -> Walk:
    return requested(first, {"prompt": "a lemon"})


def away(frame: bytes) -> float:
    """Measure how far a frame is from the style's red, in levels."""
    shown: NDArray[np.uint8] = encoding.decode_still(frame)
    return float(np.abs(shown - np.array(RED, float)).mean())


def test_taught_style_is_painted_is_repainted_by_its_recipe_and_is_missed_by_name(
    runner: FlaskCliRunner, reds: Path
) -> None:
    without = frames_of(request_walk(prompt="our prints: a bear"))  # the same words, before they mean anything
    assert teach(runner, reds)["model"] == "sd1"
    styled = request_walk(prompt="a bear", style="our-prints")
    pictures = frames_of(styled)
    assert away(pictures[0]) < away(without[0]) - 0.5
    assert abs(away(pictures[-1]) - away(without[-1])) < 0.1  # the stop that no style was asked for
    assert len({*pictures}) == 5

    document = json.dumps(recipe.recipe_of(read(styled.id))).encode()
    wanted, pinned = recipe.read_upload(document)
    again, _ = placing.place(wanted, visitor_key="bob", owner="bob", skip_cache=True, pinned=pinned)
    assert frames_of(read(again.id)) == pictures

    run(runner, "styles", "remove", "our-prints")
    with pytest.raises(InvalidInput, match="The style “our prints” that the recipe was painted in was removed here"):
        recipe.read_upload(document)


def test_walk_in_line_whose_style_is_removed_fails_and_names_it(runner: FlaskCliRunner, reds: Path) -> None:
    teach(runner, reds)
    walk = request_walk(prompt="a bear", style="our-prints")
    run(runner, "styles", "remove", "our-prints")
    with pytest.raises(Exception, match=re.escape("the style our prints, in which it was to be painted, was removed")):
        job.work()
    row = read(walk.id)
    assert row.state == FAILED
    assert row.error == "The style our prints, in which it was to be painted, was removed here or trained again since."
