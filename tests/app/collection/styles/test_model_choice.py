"""The model of a walk follows from the styles of its stops: in requests, and on the form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from app.collection.styles import added, model_choice
from app.core.errors import InvalidInput
from app.offer.generation import offers
from app.offer.generation.limits import Limits
from app.reading.reading import Reading
from app.requests.walk_requests import candidates, scenes, stop_styles
from app.requests.walk_requests.stop_styles import StopFacts
from app.requests.walk_requests.validation import validate
from app.site.presentation import make_form
from sketch.arrangement import Wish
from tests.conftest import inside, make_app
from tests.support import added_styles, led, placing
from tests.support.worker_rows import read

VAN_GOGH = {"prompt": "a fox", "style": "Van Gogh"}
OWL = {"prompt": "a bat"}


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    folder = led.lay_out(tmp_path / "led", title="Led", hands=added_styles.HANDS, unnamed=[])
    with inside(make_app(instance, MODEL=str(folder))) as app:
        added_styles.add("van-gogh", "Van Gogh")
        added_styles.add("munch", "Edvard Munch")
        added_styles.add("our-prints", "Our prints", is_learned=False)
        yield app


pytestmark = pytest.mark.usefixtures("app")


def request_for(*stops: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"stops": list(stops), "seed": 7, **fields}


@pytest.mark.parametrize("style", ["van-gogh", "Van Gogh", "van gogh", "VAN-GOGH"])
@pytest.mark.parametrize("field", ["style", "hand"])
def test_walk_without_a_model_gets_the_one_that_has_its_style(field: str, style: str) -> None:
    wanted = validate(request_for({"prompt": "a fox", field: style}, OWL))
    assert (wanted.model, wanted.stops[0].requested_style) == ("style-van-gogh", "van gogh")


@pytest.mark.parametrize("prompt", ["a fox, van gogh", "a fox by Van Gogh", "ein Fuchs, im Stil von Van Gogh"])
def test_walk_whose_prompt_names_a_style_gets_its_model(prompt: str) -> None:
    wanted = validate(request_for({"prompt": prompt}, OWL))
    walk = placing.place(wanted, visitor_key="ann")[0]
    assert walk.model == "style-van-gogh"
    assert walk.stops[0].scene["words"] == "a fox, van gogh" and "gogh" not in walk.stops[1].scene["words"]


def test_model_that_has_the_styles_of_all_stops_is_chosen() -> None:
    assert validate(request_for(VAN_GOGH, {"prompt": "a bat", "style": "woodcut"})).model == "style-van-gogh"
    assert validate(request_for({"prompt": "a fox", "style": "woodcut"}, OWL)).model is None


def test_walk_that_continues_another_keeps_that_model() -> None:
    data = request_for(VAN_GOGH, OWL, continues="0" * 22)
    assert model_choice.follow(data, offers.load()) == data


def test_named_model_without_the_style_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(request_for(VAN_GOGH, OWL, model="led"))
    (error,) = refused.value.errors
    assert error.path == ("stops", 0, "style")
    assert "the model led has not learned it. These have: style-van-gogh." in error.message


@pytest.mark.parametrize(("second", "field"), [
    ({"prompt": "a bat", "style": "munch"}, "style"), ({"prompt": "a bat, edvard munch"}, "prompt"),
])  # fmt: skip
def test_styles_of_two_models_are_refused_at_the_second_stop(second: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate(request_for(VAN_GOGH, second))
    (error,) = refused.value.errors
    assert error.path == ("stops", 1, field)
    assert "the style of stop 2, Edvard Munch (style-munch), and Van Gogh (style-van-gogh)" in error.message


def test_style_that_no_model_learned_has_its_stand_in() -> None:
    wanted = validate(request_for({"prompt": "a fox", "style": "Our Prints"}, {"prompt": "a bat, our prints"}))
    assert (wanted.model, wanted.stops[0].requested_style) == (None, "woodcut")
    walk = placing.place(wanted, visitor_key="ann")[0]
    assert walk.stops[1].scene["words"] == "a bat, our prints"


def test_prompt_in_a_style_that_no_model_learned_means_its_stand_in() -> None:
    reading = Reading((), Wish(), "", style_names=("our prints",))
    style = stop_styles.named_style(StopFacts(reading), offers.first().styles)
    assert style is not None and style.words == "woodcut"


@pytest.mark.parametrize("data", [None, [], {}, {"stops": None}, {"stops": 3}, {"stops": [None, 3, {"prompt": 1}]},
                                  {"stops": [{"style": 5, "hand": []}], "model": 4}])  # fmt: skip
def test_follow_leaves_malformed_requests_to_validation(data: Any) -> None:
    assert model_choice.follow(data, offers.load()) == data


def test_candidates_are_made_by_the_model_of_their_style() -> None:
    wanted = candidates.validate({"stop": {"prompt": "a fox, van gogh"}, "seed": 1})
    assert wanted.model == "style-van-gogh"


@pytest.mark.parametrize(
    ("model", "followed"), [("", "style-van-gogh"), ("led", "style-van-gogh"), ("style-munch", "style-munch")]
)
def test_form_follows_the_style_from_the_sites_first_model_and_keeps_another(model: str, followed: str) -> None:
    fields = MultiDict([("prompt", "a fox, van gogh"), ("prompt", "a bat"), ("model", model)])
    form = make_form.from_fields(fields, Limits.current())
    form.follow_styles()
    assert form.model == followed


def test_page_makes_the_walk_by_the_model_of_the_style(client: FlaskClient) -> None:
    sent = client.post("/walks", data={"prompt": ["a fox, van gogh", "a bat"], "model": "led", "token": "t"})
    assert sent.status_code == 303
    assert read(sent.location.rpartition("/")[2].partition("-")[0]).model == "style-van-gogh"


def test_page_names_the_stop_whose_style_no_model_has_beside_the_other(client: FlaskClient) -> None:
    sent = client.post("/walks", data={"prompt": ["a fox, van gogh", "a bat, edvard munch"], "model": "led"})
    assert sent.status_code == 422 and "No model has both the style, Edvard Munch (style-munch), and" in sent.text


@pytest.mark.parametrize("query", [{"hand": "van gogh"}, {"prompt": ["a fox, van gogh", "a bat"]}])
def test_page_shows_the_model_of_the_style_as_chosen(client: FlaskClient, query: dict[str, Any]) -> None:
    page = client.get("/", query_string=query).text
    chosen = next(line for line in page.splitlines() if 'value="style-van-gogh"' in line)
    assert " checked" in chosen and "does not know" not in page


def test_interpretation_beside_a_prompt_shows_no_thing_for_the_style(client: FlaskClient) -> None:
    part = client.get("/reading", query_string={"prompt": "a fox, van gogh", "stop": 0}, headers={"HX-Request": "true"})
    assert part.status_code == 200 and part.text.count("thing-0-") == part.text.count("thing-0-0")


def test_parser_is_the_same_until_a_style_is_added(app: Flask) -> None:
    reader = scenes.reader_of(offers.first())
    assert reader is not None and scenes.reader_of(offers.first()) is reader
    added_styles.add("leger", "Léger", is_learned=False)
    later = scenes.reader_of(offers.first())
    assert later is not None and later is not reader and later.read("a fox, Léger").style_names == ("leger",)


def test_find_takes_the_name_and_the_title() -> None:
    assert [added.find(text).name for text in ("munch", "Edvard Munch", "edvard-munch", "MUNCH")] == ["munch"] * 4
    assert added.find("nobody else") is None and added.find("../munch/..") is not None
