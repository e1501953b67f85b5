"""Walks that are not square: what may be asked for, what is recorded, and what a recipe may say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.errors import InvalidInput
from app.core.models.aspects import ASPECTS
from app.offer.generation import cost
from app.requests.walk_requests import recipe, repainting
from app.requests.walk_requests.validation import validate
from app.site.presentation import form_fields
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import shapes
from tests.conftest import inside, make_app
from tests.support import led, placing
from tests.support.recipes import painted_in_levels

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "neon", "title": "Neon"}]
STOPS = [{"prompt": "a lemon"}, {"prompt": "the sun"}]


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    first = led.lay_out(tmp_path / "any", name="any", size=256, sizes=[512], hands=HANDS)
    square = led.lay_out(tmp_path / "square", name="square", size=256, sizes=[512], aspects=["1:1"])
    with inside(make_app(instance, MODEL=str(first), MODELS=[str(square)])) as app:
        yield app


def request_walk(**asked: Any) -> Walk:
    return placing.place(validate({"stops": STOPS, "seed": 11, **asked}), visitor_key="ann", owner="hers")[0]


def painted(walk: Walk) -> Walk:
    """Finish a walk without painting it."""
    painted_in_levels(walk)
    enlarged = (walk.sampling or {}).get("enlarged", 1)
    width, height = (walk.sampling or {}).get("frame", (256 * enlarged, 256 * enlarged))
    walk.width, walk.height, walk.model_name, walk.state = width, height, "any", FINISHED
    db.session.commit()
    return walk


@pytest.mark.parametrize(
    ("asked", "frame"),
    [
        ({"aspect": "16:9"}, [256, 144]),
        ({"aspect": "9:16", "size": 512}, [288, 512]),
        ({"aspect": "3:2"}, [256, 168]),
        ({"aspect": "1:1"}, None),
        ({}, None),
    ],
)
def test_width_and_height_are_recorded_where_they_differ(app: Flask, asked: dict[str, str], frame: object) -> None:
    walk = request_walk(**asked)
    assert walk.sampling is not None
    assert walk.sampling.get("frame") == frame
    assert shapes.aspect(walk) == asked.get("aspect", "1:1")


def test_square_walk_is_the_same_as_before_there_were_aspects(app: Flask) -> None:
    plain, square, wide = request_walk(), request_walk(aspect="1:1"), request_walk(aspect="16:9")
    assert plain.cache_key == square.cache_key != wide.cache_key
    assert plain.sampling == square.sampling


def test_model_of_one_shape_refuses_others_and_names_its_sizes(app: Flask, client: FlaskClient) -> None:
    sentence = "The model square paints only pictures of 256 × 256 and 512 × 512 pixels. Leave the aspect ratio out."
    answer = client.post("/api/v1/walks", json={"stops": STOPS, "model": "square", "aspect": "16:9"})
    assert answer.status_code == 422
    assert [(each["field"], each["message"]) for each in answer.get_json()["errors"]] == [("aspect", sentence)]
    fields = {"prompt": ["a lemon", "the sun"], "model": "square", "aspect": "16:9"}
    page = client.post("/walks", data=fields)
    assert page.status_code == 422
    assert sentence in page.text
    assert client.post("/walks", data=fields | {"aspect": "1:1"}).status_code == 303


@pytest.mark.parametrize("aspect", ["4:3", "16:10", "", 1, 1.5, True, ["16:9"]])
def test_what_is_no_aspect_is_refused_with_those_that_there_are(app: Flask, aspect: object) -> None:
    with pytest.raises(InvalidInput, match="aspect must be one of 1:1, 3:2, 2:3, 16:9 and 9:16"):
        validate({"stops": STOPS, "aspect": aspect})


def test_json_has_the_size_that_is_painted_before_it_is(app: Flask, client: FlaskClient) -> None:
    walk = client.post("/api/v1/walks", json={"stops": STOPS, "aspect": "3:2", "size": 512, "fps": 30}).get_json()
    assert [walk[name] for name in ("aspect", "width", "height", "fps")] == ["3:2", 512, 344, 33.333]
    square = client.post("/api/v1/walks", json={"stops": STOPS}).get_json()
    assert [square[name] for name in ("aspect", "width", "height", "fps")] == ["1:1", None, None, 12.5]


@pytest.mark.parametrize("aspect", ASPECTS)
def test_recipe_asks_for_the_same_walk_again(app: Flask, aspect: str) -> None:
    walk = painted(request_walk(aspect=aspect, size=512, fps=25))
    wanted, pinned = recipe.request_of(json.loads(recipe.dumps(walk)))
    again, _ = placing.place(wanted, visitor_key="ben", pinned=pinned)
    assert (again.sampling, again.width, again.height, again.fps) == (walk.sampling, walk.width, walk.height, 25)
    assert (wanted.aspect or "1:1", wanted.size) == (aspect, 512)


@pytest.mark.parametrize(
    "change",
    [
        {"frame": [256, 152]},
        {"frame": [144, 256]},
        {"frame": [4096, 8]},
        {"frame": [256]},
        {"frame": None},
        {"aspect": "9:16"},
        {"aspect": "1:1"},
        {"aspect": "4:3"},
        {"aspect": None},
    ],
)
def test_recipe_whose_size_was_altered_is_refused(app: Flask, change: dict[str, Any]) -> None:
    document = json.loads(recipe.dumps(painted(request_walk(aspect="16:9"))))
    document["sampler"] |= change
    with pytest.raises(InvalidInput, match="The recipe cannot be used, because it was changed"):
        recipe.request_of(document)


def test_walk_that_goes_on_is_of_the_same_shape_and_pace(app: Flask) -> None:
    parent = painted(request_walk(aspect="16:9", size=512, fps=25))
    last = {"prompt": "the sun", "seed": 11}
    more = request_walk(stops=[last, {"prompt": "a kite"}], continues=parent.id)
    assert (shapes.aspect(more), shapes.longer_side(more), more.fps) == ("16:9", 512, 25)
    square = request_walk(stops=[last, {"prompt": "a kite"}], continues=parent.id, model="square")
    assert shapes.aspect(square) == "1:1"


def test_wide_pass_counts_as_the_area_that_it_covers() -> None:
    sampling = {"enlarged": 4, "frame": [1024, 576], "aspect": "16:9"}
    assert cost.area(sampling) == 9
    assert cost.area(sampling | {"enlarged": 1}) == 1
    assert cost.area(sampling | {"enlarged": 2, "finer": 2}) == 1


def test_repaint_in_another_style_keeps_shape_and_pace(app: Flask) -> None:
    walk = painted(request_walk(aspect="16:9", size=512, fps=20))
    style = repainting.styles_for(walk)[0]
    wanted = repainting.restyled_request(walk, style.name)
    assert (wanted.aspect, wanted.size, wanted.fps) == ("16:9", 512, 20)


def test_form_filled_from_a_walk_asks_for_its_shape(app: Flask) -> None:
    fields = form_fields.fields(painted(request_walk(aspect="9:16", size=512)))
    assert (fields["aspect"], fields["size"], fields["fps"]) == ("9:16", 512, None)
    assert form_fields.fields(painted(request_walk(fps=30)))["fps"] == "33.333"
