"""Weights, long prompts, clip skip and embeddings from the request to the wall, and back by the recipe."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from flask import Flask
from safetensors.torch import save_file

from app.core.errors import InvalidInput
from app.offer.generation import embeddings
from app.offer.generation.offers import Offer
from app.requests.walk_requests import recipe
from app.storage.walk_models import FAILED, StopOptions, Walk
from app.walks.queue import jobs
from sketch.scene import Scene, Thing
from tests.conftest import inside, make_app
from tests.support import placing
from tests.support.commands import run
from tests.support.generated_walks import frames_of, requested
from tests.support.marks import SLOW_CALLS
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job
from worker.diffusion.rendering import GenerationError
from worker.tasks import painting

pytestmark = SLOW_CALLS
LONG = "a red bear under the sun, " * 6


@pytest.fixture(params=["sd1"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name the tiny model that paints."""
    return str(request.param)


@pytest.fixture
def app(instance: Path, tiny_models: dict[str, Path], kind: str) -> Iterator[Flask]:
    with inside(make_app(instance, STEPS=4, CACHE=False, DEVICE="cpu", MODEL=str(tiny_models[kind]))) as app:
        yield app


@pytest.fixture(autouse=True)
def worker(app: Flask, tiny_models: dict[str, Path], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a worker in this process."""
    monkeypatch.setattr(jobs, "workers", lambda: [{"name": "here"}])
    lone_painter.at_work(app, lone_painter.load(tiny_models[kind]))


def asked(first: dict[str, Any], second: dict[str, Any] | None = None) -> Walk:
    return requested({"prompt": "a bear"} | first, {"prompt": "a lemon"} | (second or {}), frames=4)


def recipe_of(walk: Walk) -> dict[str, Any]:
    return json.loads(recipe.dumps(read(walk.id)))  # type: ignore[no-any-return]


def again(document: dict[str, Any]) -> list[bytes]:
    wanted, pinned = recipe.read_upload(json.dumps(document).encode())
    return frames_of(read(placing.place(wanted, visitor_key="ann", owner="ann", pinned=pinned)[0].id))


def enter(name: str, seed: int = 1, width: int = 32) -> Path:
    """Put a textual inversion as wide as the tiny text encoder into the site's folder."""
    embeddings.folder().mkdir(exist_ok=True)
    path = embeddings.folder() / f"{name}.safetensors"
    save_file({"emb_params": torch.randn(2, width, generator=torch.Generator().manual_seed(seed))}, path)
    return path


def test_walk_with_all_of_it_is_painted_again_by_its_recipe(app: Flask) -> None:
    enter("ink")
    walk = asked({"prompt": "a (bear:1.4), ink", "clip_skip": 1}, {"prompt": LONG, "negative_prompt": "[ink]"})
    pictures = frames_of(walk)
    written = recipe_of(walk)
    assert written["sampler"]["prompt_syntax"] == 1 and list(written["sampler"]["embeddings"]) == ["ink"]
    assert again(written) == pictures
    assert [stop.note for stop in read(walk.id).stops] == ["", ""]


def test_weight_clip_skip_and_embedding_change_the_picture_of_their_stop(app: Flask) -> None:
    enter("ink")
    plain = frames_of(asked({"prompt": "a bear ink"}))
    embeddings.folder().joinpath("ink.safetensors").unlink()
    words = frames_of(asked({"prompt": "a bear ink"}))
    others = [frames_of(asked(first)) for first in ({}, {"prompt": "a (bear:1.9)"}, {"clip_skip": 1})]
    first = [each[0] for each in (plain, words, *others)]
    assert len(set(first)) == 5
    assert len({each[-1] for each in others}) == 1


def test_recipe_of_release_1_paints_brackets_as_text(app: Flask) -> None:
    walk = asked({"prompt": "a (bear:1.9)"})
    pictures = frames_of(walk)
    old = recipe_of(walk)
    del old["sampler"]["prompt_syntax"]
    as_text = again(old)
    assert as_text[0] != pictures[0] and as_text[-1] == pictures[-1]
    same = asked({"prompt": r"a \(bear:1.9\)"})
    assert frames_of(same)[0] == as_text[0]


def test_recipe_whose_embedding_was_replaced_is_refused_by_name_and_a_waiting_walk_fails(app: Flask) -> None:
    enter("ink")
    walk = asked({"prompt": "a bear ink"})
    frames_of(walk)
    written, waiting = recipe_of(walk), asked({"prompt": "a lemon, ink"})
    enter("ink", seed=2).touch()
    with pytest.raises(InvalidInput, match="The embedding “ink” of the recipe was removed here, or replaced since"):
        recipe.read_upload(json.dumps(written).encode())
    with pytest.raises(GenerationError):
        job.work()
    row = read(waiting.id)
    assert row.state == FAILED and "embedding ink, with which it was to be painted, was removed here" in row.error


def test_notes_are_in_the_answer_on_the_page_and_in_the_command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = asked({"prompt": "a (bear:100) [lemon:x]", "negative_prompt": "(sun:nan)"})
    frames_of(walk)
    row = read(walk.id)
    assert row.stops[0].note == "weights clamped; weights not numbers"
    monkeypatch.setattr(jobs, "workers", list)
    answer = app.test_client().get(f"/api/v1/walks/{row.id}").get_json()
    assert [stop["note"] for stop in answer["stops"]] == [row.stops[0].note, None]
    page = app.test_client().get(row.url).get_data(as_text=True)
    assert "Weights below 0 or above 2 were set to the nearest of the two. A weight was not a number" in page
    assert "a (bear:100) [lemon:x]: weights clamped" in run(app.test_cli_runner(), "walks", "show", row.id).output


@pytest.mark.parametrize("kind", ["led"], indirect=True)
def test_model_that_knows_none_of_it_says_so_and_paints_as_without(app: Flask) -> None:
    enter("ink", width=768)
    plain = frames_of(asked({"prompt": "a bear"}))
    walk = asked({"prompt": "a (bear:1.5)", "clip_skip": 2}, {"prompt": "a lemon", "negative_prompt": "ink"})
    assert frames_of(walk)[0] == plain[0]
    assert read(walk.id).stops[0].note == "weights ignored; clip skip ignored"
    assert "embeddings ignored" in read(walk.id).stops[1].note
    page = app.test_client().get(read(walk.id).url).get_data(as_text=True)
    assert "The model does not know weights in prompts; they were ignored. The model does not know clip skip" in page
    assert "is painted with clip skip" not in page


def test_what_was_written_is_noted_where_a_scene_says_other_words(app: Flask) -> None:
    document = Scene((Thing("0a1b2c3d4e5f6a7b8c9d"),), words="a fox").as_json()
    stop = painting.stop_input(
        "a (fox:1.4)",
        leave_out="",
        seed=1,
        requested_style="",
        scene_json=document,
        offer=Offer.load(app.config["MODEL"]),
        sampling={"prompt_syntax": 1},
        options=StopOptions(),
    )
    assert (stop.subject, stop.written, stop.options.syntax) == ("a fox", "a (fox:1.4)", 1)
