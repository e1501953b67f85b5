"""What is asked of models that take no guidance or no negative prompts: refused with the cure, or painted as theirs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.requests.walk_requests import recipe
from tests.conftest import inside, make_app
from tests.support import flow_folders
from tests.support.worker_rows import read

OLD, SUN = {"prompt": "a lemon"}, {"prompt": "the sun"}


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    lay_out = flow_folders.lay_out
    models = [
        lay_out(tmp_path / "schnell", "flux1"),
        lay_out(tmp_path / "dev", "flux1", network={"guidance_embeds": True}),
        lay_out(tmp_path / "large", "sd3"),
    ]
    with inside(make_app(instance, MODEL=str(models[0]), MODELS=list(map(str, models[1:])), GUIDANCE=6.0)) as app:
        yield app


def ask(client: FlaskClient, *, first: dict[str, Any] = OLD, **walk: Any) -> Any:
    return client.post("/api/v1/walks", json={"stops": [first, SUN], "seed": 11, **walk})


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    return {error["field"]: error["message"] for error in answer.get_json()["errors"]}


def test_guidance_of_a_model_without_is_refused_with_its_name(client: FlaskClient) -> None:
    sentence = "Guidance cannot be set for the model schnell, which paints without. Leave it out."
    assert errors(ask(client, guidance=3.5)) == {"guidance": sentence}


@pytest.mark.parametrize("guidance", [None, 0, 1])
def test_no_guidance_of_a_model_without_is_what_it_paints_with(client: FlaskClient, guidance: float | None) -> None:
    made = ask(client, guidance=guidance)
    assert made.status_code == 202, made.get_json()
    document = recipe.recipe_of(read(made.get_json()["id"]))["sampler"]
    assert (document["guidance"], document["steps"], document["scheduler"]) == (
        1.0,
        4,
        "FlowMatchEulerDiscreteScheduler",
    )


def test_guidance_that_is_an_input_is_taken(client: FlaskClient) -> None:
    assert ask(client, guidance=2.5, model="dev").status_code == 202


@pytest.mark.parametrize("model", ["schnell", "dev"])
def test_negative_prompt_of_a_model_without_is_refused_at_its_stop(client: FlaskClient, model: str) -> None:
    asked = ask(client, first=OLD | {"negative_prompt": "text"}, model=model)
    assert errors(asked) == {
        "stops.0.negative_prompt": "The negative prompt of stop 1 must be empty: the model"
        f" {model} takes no negative prompts."
    }


def test_negative_prompt_and_guidance_of_stable_diffusion_3_are_taken(client: FlaskClient) -> None:
    assert ask(client, first=OLD | {"negative_prompt": "text"}, guidance=6, model="large").status_code == 202


def test_candidates_keep_to_the_same_rules(client: FlaskClient) -> None:
    data = {"stop": OLD | {"negative_prompt": "text"}, "seed": 11, "guidance": 4}
    assert set(errors(client.post("/api/v1/candidates", json=data))) == {"guidance", "stop.negative_prompt"}


def test_form_says_what_the_chosen_model_does_not_take(client: FlaskClient) -> None:
    assert client.get("/").get_data(as_text=True).count("The chosen model takes none") == 2
    assert client.get("/?model=dev").get_data(as_text=True).count("The chosen model takes none") == 1
    assert "The chosen model takes none" not in client.get("/?model=large").get_data(as_text=True)


def test_form_shows_what_is_refused_beside_its_field(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert 'name="negative_prompt"' in page
    sent = {"prompt": ["a lemon", "the sun"], "negative_prompt": "text", "guidance": "4"}
    answer = client.post("/walks", data=sent)
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert "takes no negative prompts" in shown and "Guidance cannot be set for the model schnell" in shown
    translated = client.post("/walks", data=sent, headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert "denn es malt ohne" in translated and "nimmt keine negativen Prompts an" in translated
