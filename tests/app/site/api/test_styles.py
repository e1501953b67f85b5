"""Styles, listed for programs, and asked for by a stop."""

from functools import partial

import pytest
from flask.testing import FlaskClient

from app.core.config import ROOT
from app.storage.walk_models import Walk
from tests.support import led
from tests.support.rows import Maker, change

ADDRESS = "/api/v1/styles"
HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "watercolour", "title": "Watercolour"}]
pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, hands=HANDS), MEANING=str(ROOT / "models/meaning"))


def test_all_styles_of_the_model_are_listed_with_their_pictures(client: FlaskClient) -> None:
    styles = client.get(ADDRESS).json["styles"]
    assert {"pop-art", "watercolour"} <= {style["name"] for style in styles}
    assert all(style["likeness"] is None and style["because"] is None for style in styles)
    for style in styles:
        assert client.get(style["picture"]).mimetype == "image/webp"


def test_those_that_suit_a_prompt_come_with_the_reason(client: FlaskClient) -> None:
    first = client.get(ADDRESS, query_string={"prompt": "a superhero", "limit": 1}).json["styles"]
    assert [(style["name"], style["because"]) for style in first] == [("pop-art", "superheroes")]


def test_german_prompt_is_compared_by_what_it_is_read_as(client: FlaskClient) -> None:
    query = {"prompt": "drei Häuser im Regen", "language": "de", "limit": 1}
    assert client.get(ADDRESS, query_string=query).json["styles"][0]["name"] == "watercolour"


@pytest.mark.parametrize(
    ("query", "field"),
    [("prompt=", "prompt"), ("limit=0", "limit"), ("limit=x", "limit"), ("language=fr", "language"),
     ("model=zzz", "model"), ("colour=red", "colour")],
)  # fmt: skip
def test_what_cannot_be_read_is_named(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"{ADDRESS}?{query}")
    assert (answer.status_code, answer.json["title"]) == (422, "Not a question we can answer")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_two_stops_have_two_styles_and_the_hands_are_recorded(client: FlaskClient) -> None:
    stops = [{"prompt": "a fox", "style": "pop-art"}, {"prompt": "a fox", "style": "Watercolour"}]
    walk = client.post("/api/v1/walks", json={"stops": stops}).json
    assert [stop["hand"] for stop in walk["stops"]] == ["pop art", "watercolour"]


@pytest.mark.parametrize(
    ("stop", "message"),
    [({"style": "fresco"}, "The style of stop 1 cannot be “fresco”. There are "),
     ({"style": "pop-art", "hand": "watercolour"}, "The style of stop 1 cannot stand beside another hand."),
     ({"style": 7}, "The style of stop 1 must be the name of a style, or null.")],
)  # fmt: skip
def test_style_that_cannot_be_is_refused_with_its_stop(
    client: FlaskClient, stop: dict[str, object], message: str
) -> None:
    stops = [{"prompt": "a fox", **stop}, {"prompt": "an owl"}]
    answer = client.post("/api/v1/walks", json={"stops": stops})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["field"], error["message"].startswith(message)) == ("stops.0.style", True)


@pytest.fixture
def painted(publish: Maker) -> Walk:
    """A finished walk that drawings led."""
    walk = publish("a fox", "a house")
    change(walk, model_name="led")
    return walk


def test_walk_is_repainted_and_a_repeat_is_the_same(client: FlaskClient, painted: Walk) -> None:
    options = {"json": {"style": "watercolour"}, "headers": {"Idempotency-Key": "a key drawn at random"}}
    made = client.post(f"/api/v1/walks/{painted.id}/repaint", **options)
    assert made.status_code == 202 and made.headers["Location"] == f"/api/v1/walks/{made.json['id']}"
    assert made.json["remix_of"] == made.json["recipe"]["remix_of"] == painted.id
    assert [stop["hand"] for stop in made.json["stops"]] == ["watercolour"] * 2 and made.json["owner_token"]
    assert client.post(f"/api/v1/walks/{painted.id}/repaint", **options).json["id"] == made.json["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"style": "fresco"}, "style"), ({}, "style"), ({"style": "neon", "size": 3}, "size"), ([], "")],
)
def test_repaint_that_cannot_be_names_the_field(client: FlaskClient, painted: Walk, body: object, field: str) -> None:
    refused = client.post(f"/api/v1/walks/{painted.id}/repaint", json=body)
    assert refused.status_code == 422 and refused.json["errors"][0]["field"] == field
