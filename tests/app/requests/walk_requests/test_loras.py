"""Stops with LoRA files as they are asked for: by the form, the API and the command, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.offer.generation import loras, offers
from app.requests.walk_requests import recipe
from app.storage.walk_models import Walk
from tests.conftest import inside, make_app
from tests.support import lora_entries
from tests.support.commands import run_json
from tests.support.worker_rows import read

PLAIN = {"prompt": "the sun"}


@pytest.fixture
def app(instance: Path, tmp_path: Path, led_folder: Path) -> Iterator[Flask]:
    words = lora_entries.lay_out(tmp_path / "words")
    with inside(make_app(instance, MODEL=str(words), MODELS=[str(led_folder)])) as app:
        lora_entries.enter("ink", trigger="inkwash style")
        lora_entries.enter("neon", digest="0" * 32)
        lora_entries.enter("large", width=2048, digest="1" * 32)
        yield app


def ask(client: FlaskClient, first: dict[str, Any], **walk: Any) -> Any:
    return client.post("/api/v1/walks", json={"stops": [{"prompt": "a lemon"} | first, PLAIN], "seed": 11, **walk})


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    return {error["field"]: error["message"] for error in answer.get_json()["errors"]}


def test_stop_keeps_its_lora_and_weight_and_its_recipe_the_digest(client: FlaskClient) -> None:
    made = ask(client, {"lora": "ink", "lora_weight": -0.5})
    assert made.status_code == 202
    stop = made.get_json()["stops"][0]
    assert (stop["lora"], stop["lora_weight"]) == ("ink", -0.5)
    walk: Walk = read(made.get_json()["id"])
    document = recipe.recipe_of(walk)
    assert document["stops"][0]["lora"] == "ink" and document["stops"][0]["lora_weight"] == -0.5
    assert "lora" not in document["stops"][1]
    assert document["sampler"]["loras"] == {"ink": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}


def test_weight_is_1_where_none_is_said_and_is_part_of_what_is_asked_for(client: FlaskClient, app: Flask) -> None:
    plain, whole, half, named = (
        read(ask(client, first).get_json()["id"])
        for first in ({}, {"lora": "ink"}, {"lora": "ink", "lora_weight": 0.5}, {"lora": "ink", "lora_weight": 1})
    )
    assert whole.stops[0].lora_weight == named.stops[0].lora_weight == 1.0
    assert whole.cache_key == named.cache_key
    assert len({plain.cache_key, whole.cache_key, half.cache_key}) == 3
    assert len({plain.first_stop_key, whole.first_stop_key, half.first_stop_key}) == 3


@pytest.mark.parametrize(
    ("first", "field", "message"),
    [
        ({"lora": "brush"}, "stops.0.lora", "The LoRA of stop 1 cannot be “brush”. There are ink and neon."),
        ({"lora": "../ink"}, "stops.0.lora", "The LoRA of stop 1 cannot be “../ink”."),
        ({"lora": "a/b"}, "stops.0.lora", "The LoRA of stop 1 cannot be “a/b”."),
        ({"lora": 3}, "stops.0.lora", "The LoRA of stop 1 must be the name of a LoRA, or null."),
        (
            {"lora": "large"},
            "stops.0.lora",
            "The LoRA of stop 1 cannot be “large”: it is made for Stable Diffusion XL, and not for the model words.",
        ),
        ({"lora": "ink", "lora_weight": 100}, "stops.0.lora_weight", "must be a number from -2 to 2."),
        ({"lora": "ink", "lora_weight": "1"}, "stops.0.lora_weight", "must be a number from -2 to 2."),
        ({"lora": "ink", "lora_weight": -2.01}, "stops.0.lora_weight", "The weight of the LoRA of stop 1 must be"),
        ({"lora_weight": 1.0}, "stops.0.lora_weight", "The weight of the LoRA of stop 1 needs a LoRA"),
    ],
)
def test_what_cannot_be_is_refused_naming_field_and_limits(
    client: FlaskClient, first: dict[str, Any], field: str, message: str
) -> None:
    found = errors(ask(client, first))
    assert list(found) == [field]
    assert message in found[field].replace("−", "-")


@pytest.mark.parametrize("weight", ["NaN", "Infinity", "1e999"])
def test_weight_that_is_no_number_is_refused(client: FlaskClient, weight: str) -> None:
    first = f'{{"prompt": "a", "lora": "ink", "lora_weight": {weight}}}'
    body = f'{{"stops": [{first}, {{"prompt": "b"}}]}}'
    answer = client.post("/api/v1/walks", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert "must be a number from" in errors(answer)["stops.0.lora_weight"]


def test_model_that_sketches_lead_takes_none_and_says_why(client: FlaskClient, app: Flask, led_folder: Path) -> None:
    led = json.loads((led_folder / "house.json").read_text())["name"]
    found = errors(ask(client, {"lora": "ink"}, model=led))
    assert f"the model {led} is led by sketches, and LoRA files are made for the networks" in found["stops.0.lora"]
    assert "LoRA" not in client.get(f"/?model={led}").get_data(as_text=True)


def test_form_offers_them_with_labelled_sliders_and_keeps_what_was_chosen(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert page.count('name="lora"') == page.count('type="range" name="lora_weight"') == 2
    assert "Ink (inkwash style)" in page and "Large" not in page
    fields = {"prompt": ["a lemon", "the sun"], "lora": ["ink", ""], "lora_weight": ["0.35", "1"]}
    filled = client.get("/", query_string=fields).get_data(as_text=True)
    assert '<option value="ink" selected>' in filled and 'step="0.05" value="0.35"' in filled
    sent = client.post("/walks", data=fields | {"seed": "11"})
    assert sent.status_code == 303
    walk = read(sent.headers["Location"].rpartition("/")[2])
    assert [(stop.lora, stop.lora_weight) for stop in walk.stops] == [("ink", 0.35), (None, None)]
    again = client.get(f"{walk.url}").get_data(as_text=True)
    assert "lora=ink" in again or walk.is_waiting


@pytest.mark.parametrize(
    ("lora", "weight", "message"),
    [
        ("../../etc", "1", "cannot be “../../etc”"),
        ("ink", "nan", "must be a number from"),
        ("ink", "100", "must be a number from"),
        ("large", "1", "it is made for Stable Diffusion XL"),
    ],
)
def test_form_says_what_is_wrong_beside_the_field(client: FlaskClient, lora: str, weight: str, message: str) -> None:
    fields = {"prompt": ["a lemon", "the sun"], "lora": [lora, ""], "lora_weight": [weight, ""]}
    answer = client.post("/walks", data=fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and message in page
    assert '<a href="#lora">LoRA</a>' in page and 'aria-invalid="true" aria-describedby="lora-note"' in page


def test_command_names_them_and_is_refused_as_pages_are(runner: FlaskCliRunner) -> None:
    made = run_json(runner, "walks", "create", "a lemon", "the sun", "--lora", "ink=0.5", "--lora", "-")
    assert [(stop["lora"], stop["lora_weight"]) for stop in made["stops"]] == [("ink", 0.5), (None, None)]
    for option, message in (
        ("nope", "The LoRA of stop 1 cannot be “nope”"),
        ("ink=nan", "must be a number from"),
        ("ink=much", "the weight must be a number from -2 to 2"),
    ):
        done = runner.invoke(args=["walks", "create", "a lemon", "the sun", "--lora", option])
        assert done.exit_code == 1 and message in done.output, done.output


def test_styles_page_and_api_list_those_that_fit(client: FlaskClient) -> None:
    page = client.get("/styles").get_data(as_text=True)
    assert 'id="lora-ink"' in page and "trained with" in page and 'id="lora-large"' not in page
    listed = client.get("/api/v1/styles").get_json()["loras"]
    assert [each["name"] for each in listed] == ["ink", "neon"]
    assert listed[0]["trigger"] == "inkwash style" and listed[0]["family"] == "Stable Diffusion 1.x"
    german = client.get("/styles", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert "LoRA-Dateien" in german


def test_file_that_took_the_place_of_another_is_not_found_by_the_digest(app: Flask) -> None:
    first = next(lora for lora in offers.first().loras if lora.name == "ink")
    assert loras.find_digest(first.digest, offers.first().loras) == first
    lora_entries.enter("ink", digest="2" * 32)
    assert loras.find_digest(first.digest, offers.first().loras) is None
