"""Weights, clip skip and embeddings as they are asked for: what is recorded, what is refused, what is ignored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.offer.generation import embeddings, offers
from app.requests.walk_requests import recipe, scenes
from app.requests.walk_requests.recipe_pins import PinnedSampling
from app.site.presentation import form_fields
from app.storage.walk_models import Walk
from tests.conftest import inside, make_app
from tests.support import embedding_files, lora_entries
from tests.support.worker_rows import read


@pytest.fixture
def app(instance: Path, tmp_path: Path, led_folder: Path) -> Iterator[Flask]:
    words = lora_entries.lay_out(tmp_path / "words")
    with inside(make_app(instance, MODEL=str(words), MODELS=[str(led_folder)])) as app:
        embedding_files.enter("Ink")
        embedding_files.enter("wide", width=1024)
        yield app


@pytest.fixture
def led(led_folder: Path) -> str:
    return str(json.loads((led_folder / "house.json").read_text())["name"])


def ask(client: FlaskClient, prompt: str, *, model: str | None = None, **first: Any) -> Any:
    stops = [{"prompt": prompt} | first, {"prompt": "the sun"}]
    return client.post("/api/v1/walks", json={"stops": stops, "seed": 11, "model": model})


def made(client: FlaskClient, prompt: str, **asked: Any) -> Walk:
    answer = ask(client, prompt, **asked)
    assert answer.status_code == 202, answer.get_json()
    return read(answer.get_json()["id"])


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    return {error["field"]: error["message"] for error in answer.get_json()["errors"]}


def test_model_that_reads_weights_has_the_syntax_in_its_recipe(client: FlaskClient) -> None:
    document = recipe.recipe_of(made(client, "a fox"))
    assert document["sampler"]["prompt_syntax"] == 1 and "embeddings" not in document["sampler"]


@pytest.mark.parametrize(
    ("prompt", "first", "is_recorded"),
    [
        ("a fox", {}, False),
        ("a fox (red)", {}, False),
        ("a (fox:1.2)", {}, True),
        ("a fox", {"negative_prompt": "[rain]"}, True),
        ("a fox", {"clip_skip": 2}, True),
        ("a fox in ink", {}, True),
    ],
)
def test_other_models_have_it_only_where_something_is_ignored(
    client: FlaskClient, led: str, prompt: str, first: dict[str, Any], is_recorded: bool
) -> None:
    walk = made(client, prompt, model=led, **first)
    assert ("prompt_syntax" in (walk.sampling or {})) == is_recorded
    assert "embeddings" not in (walk.sampling or {})


def test_house_model_reads_the_prompt_without_weights(client: FlaskClient, led: str) -> None:
    weighted, plain = (made(client, prompt, model=led).stops[0].scene for prompt in ("a (lemon:1.4)", "a lemon"))
    assert weighted is not None and weighted == plain
    reader = scenes.reader_of(offers.load().get(read(made(client, "a lemon", model=led).id).model))
    assert reader is not None and reader.read("[[a lemon]]").items == reader.read("a lemon").items


def test_digests_of_named_embeddings_are_recorded(client: FlaskClient) -> None:
    walk = made(client, "a fox, (ink:0.8)")
    assert walk.sampling is not None and walk.sampling["embeddings"] == {"Ink": embeddings.every()[0].digest}
    assert PinnedSampling.model_validate({"guided": [0, 0], "spacing": None, "ladder": [[1, 1]], "branches": True,
                                          "embeddings": walk.sampling["embeddings"]})  # fmt: skip
    assert made(client, "a fox, inks").cache_key != walk.cache_key


def test_clip_skip_is_kept_recorded_and_part_of_what_is_asked_for(client: FlaskClient) -> None:
    plain, skipped = made(client, "a fox"), made(client, "a fox", clip_skip=2)
    assert skipped.stops[0].clip_skip == 2 and skipped.stops[1].clip_skip is None
    document = recipe.recipe_of(skipped)["stops"]
    assert document[0]["clip_skip"] == 2 and "clip_skip" not in document[1]
    assert plain.cache_key != skipped.cache_key and plain.first_stop_key != skipped.first_stop_key
    answer = client.get(f"/api/v1/walks/{skipped.id}").get_json()
    assert [stop["clip_skip"] for stop in answer["stops"]] == [2, None]


@pytest.mark.parametrize("value", [0, -1, 12, 2.5, "2", True, 10**30])
def test_clip_skip_out_of_bounds_is_refused_naming_field_and_limits(client: FlaskClient, value: object) -> None:
    found = errors(ask(client, "a fox", clip_skip=value))
    assert found == {
        "stops.0.clip_skip": "The clip skip of stop 1 must be a whole number from 1 to 11, or be left out."
    }


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_embedding_of_another_width_is_refused_by_name(client: FlaskClient, name: str) -> None:
    found = errors(ask(client, **{"prompt": "a fox", name: "a (wide:1.3) fox"}))
    assert list(found) == [f"stops.0.{name}"]
    assert "names the embedding “wide”, which does not fit: its vectors have 1024 numbers" in found[f"stops.0.{name}"]


def test_pickle_that_a_prompt_names_is_refused_with_the_sentence(client: FlaskClient) -> None:
    (embeddings.folder() / "old.pt").write_bytes(b"PK")
    found = errors(ask(client, "an old fox"))
    assert "it is a pickle, which may run programs when it is read" in found["stops.0.prompt"]


def test_brackets_do_not_hide_unfit_words_nor_unpaired_ones_the_limit(client: FlaskClient) -> None:
    assert list(errors(ask(client, "a na(k)ed [woman]"))) == ["stops.0.prompt"]
    assert "at most 300 are read" in errors(ask(client, "(" * 5000))["stops.0.prompt"]
    assert made(client, "a fox (((" + "[" * 200).state == "queued"


def test_form_asks_for_clip_skip_and_lists_embeddings_where_the_model_knows_them(client: FlaskClient, led: str) -> None:
    page = client.get("/").get_data(as_text=True)
    assert 'name="clip_skip"' in page and "at most 11" in page
    assert '<bdi class="written">Ink</bdi>' in page and "wide" not in page
    other = client.get(f"/?model={led}").get_data(as_text=True)
    assert 'name="clip_skip"' not in other and "Embeddings" not in other
    sent = client.post("/walks", data={"prompt": ["a lemon", "the sun"], "clip_skip": "2", "seed": "11"})
    walk = read(sent.headers["Location"].rpartition("/")[2])
    assert [stop.clip_skip for stop in walk.stops] == [2, 2]
    refused = client.post("/walks", data={"prompt": ["a lemon", "the sun"], "clip_skip": "x"})
    assert refused.status_code == 422 and 'href="#clip-skip"' in refused.get_data(as_text=True)


def test_form_is_filled_with_the_clip_skip_of_a_walk(client: FlaskClient) -> None:
    same = client.post("/walks", data={"prompt": ["a lemon", "the sun"], "clip_skip": "2", "seed": "11"})
    assert form_fields.fields(read(same.headers["Location"].rpartition("/")[2]))["clip_skip"] == 2
    one = made(client, "a lemon", clip_skip=3)
    fields = form_fields.fields(one)
    assert fields["clip_skip"] is None and fields["own"] == ['{"clip_skip":3}', ""]
