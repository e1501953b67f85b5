"""Commands for styles, with a studio that writes what the real one does; the real one is run in tests/studio."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from PIL import Image

from app.errors import MomaError
from app.generation import models_on_offer
from app.operations import style_teaching
from app.styles import added
from tests.conftest import inside, make_app
from tests.support import led
from tests.support.commands import run, run_json

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "woodcut", "title": "Woodcut"}]
TOLD = ("--licence", "CC0-1.0", "--attribution", "Our print room <&>")


class Studio:
    """Runs stages: counts them, fails at one if told to, and leaves what the real ones leave."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails_at, self.pictures = "", 12

    def __call__(self, stage: str, work: Path, *options: Any) -> None:
        self.ran.append(stage)
        if stage == self.fails_at:
            raise MomaError(f"The studio's stage {stage} failed: out of memory")
        work.mkdir(parents=True, exist_ok=True)
        if stage == "collect":
            Image.new("RGB", (40, 30), "red").save(work / "one.png")
            (work / "catalogue.jsonl").write_text('{"file": "one.png"}\n' * self.pictures)
        if stage == "style":
            seen = {"pictures": self.pictures, "hand": "woodcut", "shows": ["harbour", "fish"], "vector": [0.5, 1.0]}
            (work / "style.json").write_text(json.dumps(seen))
        if stage == "publish":
            told = dict(zip(options[::2], options[1::2], strict=True))
            words, title = told["--hand"].split("=")
            led.lay_out(told["--to"], name=told["--name"], hands=[*HANDS, {"words": words, "title": title}])
            (told["--to"] / "model_index.json").write_text("{}")


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    fake = Studio()
    monkeypatch.setattr(style_teaching, "run_stage", fake)
    return fake


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    with inside(make_app(instance, MODEL=str(led.lay_out(tmp_path / "led", hands=HANDS)))) as app:
        yield app


def test_added_style_is_learned_by_a_model_that_is_offered(runner: FlaskCliRunner, studio: Studio) -> None:
    made = run_json(runner, "styles", "add", "our-prints", "pictures", *TOLD)
    assert (made["model"], made["hand"], made["pictures"]) == ("style-our-prints", "our prints", 12)
    assert studio.ran == ["collect", "style", "caption", "encode", "train", "publish"]
    assert [model.name for model in models_on_offer.offered()][-1] == "style-our-prints"
    assert sorted(path.name for path in added.folder("our-prints").iterdir()) == ["model", "sample.webp", "style.json"]


def test_stopped_teaching_goes_on_and_collects_and_looks_no_more_than_needed(
    runner: FlaskCliRunner, studio: Studio
) -> None:
    studio.fails_at, studio.pictures = "train", 100
    assert "out of memory" in run(runner, "styles", "add", "our-prints", "pictures", *TOLD, status=1).output
    studio.fails_at, studio.ran = "", []
    run(runner, "styles", "add", "our-prints", "pictures", *TOLD)
    assert studio.ran == ["style", "caption", "encode", "train", "publish"]
    studio.ran = []
    run(runner, "styles", "add", "our-prints", "pictures", *TOLD)
    assert studio.ran == []


def test_until_it_is_learned_a_hand_stands_in(runner: FlaskCliRunner, client: FlaskClient, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "our-prints", "pictures", *TOLD)
    page = client.get("/styles").text
    assert "Not learned yet: woodcut stands in" in page and "Our print room &lt;&amp;&gt;, CC0-1.0" in page
    assert client.get("/styles/our-prints.webp").mimetype == "image/webp"
    walk = client.post("/api/v1/walks", json={"stops": [{"prompt": "a fox", "style": "our-prints"}, {"prompt": "a"}]})
    assert walk.json["stops"][0]["hand"] == "woodcut"
    assert "Our prints</bdi></a>, 12 pictures" in client.get("/about").text


def test_stop_in_a_learned_style_wants_its_model(runner: FlaskCliRunner, client: FlaskClient, studio: Studio) -> None:
    run(runner, "styles", "add", "our-prints", "pictures", *TOLD)
    asked: dict[str, Any] = {"stops": [{"prompt": "a fox", "style": "our-prints"}, {"prompt": "an owl"}]}
    refused = client.post("/api/v1/walks", json=asked)
    assert refused.status_code == 422 and "the model style-our-prints" in refused.json["errors"][0]["message"]
    walk = client.post("/api/v1/walks", json=asked | {"model": "style-our-prints"})
    assert walk.json["stops"][0]["hand"] == "our prints"


def test_removed_style_leaves_nothing(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "add", "our-prints", "pictures", *TOLD)
    run(runner, "styles", "remove", "our-prints")
    assert not added.folder("our-prints").exists() and added.every() == []
    told = run_json(runner, "styles", "remove", "our-prints", status=1)
    assert told["errors"][0]["field"] == "name"


def test_list_names_hands_and_what_was_added(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "our-prints", "pictures", *TOLD)
    styles = run_json(runner, "styles", "list")
    assert [style["name"] for style in styles] == ["pop-art", "woodcut", "our-prints"]
    assert "not learned yet; woodcut stands in" in run(runner, "styles", "list").output


@pytest.mark.parametrize("name", ["Our Prints", "../prints", "", "x" * 61, "pop-art"])
def test_name_that_cannot_be_is_refused(runner: FlaskCliRunner, studio: Studio, name: str) -> None:
    told = run_json(runner, "styles", "add", name, "pictures", *TOLD, status=1)
    assert told["errors"][0]["field"] == "name" and studio.ran == []


def test_too_few_pictures_are_said(runner: FlaskCliRunner, studio: Studio) -> None:
    studio.pictures = 3
    told = run_json(runner, "styles", "add", "our-prints", "pictures", *TOLD, status=1)
    assert "holds 3 pictures that may be learned from; a style takes at least 8" in told["error"]
    assert added.every() == []


def test_model_that_no_sketches_lead_is_taught_elsewhere(instance: Path, tmp_path: Path, studio: Studio) -> None:
    with inside(make_app(instance, MODEL=str(led.lay_out_words_alone(tmp_path / "words")))) as app:
        runner = app.test_cli_runner()
        assert "not led by sketches" in run(runner, "styles", "add", "p", "pictures", *TOLD, status=1).output


def test_missing_requirements_are_named(runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_teaching, "NEEDED", ("json", "no_such_package"))
    told = run(runner, "styles", "add", "our-prints", "pictures", *TOLD, status=1).output
    assert "The studio needs no_such_package, missing here: pip install -r requirements/studio.txt" in told


def test_what_is_no_style_in_the_folder_is_passed_over(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "our-prints", "pictures", *TOLD)
    broken = added.folder("broken")
    shutil.copytree(added.folder("our-prints"), broken)
    (broken / added.ABOUT).write_text("{")
    assert [style.name for style in added.every()] == ["our-prints"]
