"""Styles, told to programs, and asked for by a stop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import ROOT
from tests.conftest import inside, make_app
from tests.support import led

ADDRESS = "/api/v1/styles"
HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "watercolour", "title": "Watercolour"}]


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    with inside(
        make_app(instance, MODEL=str(led.lay_out(tmp_path / "led", hands=HANDS)), MEANING=str(ROOT / "models/meaning"))
    ) as app:
        yield app


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
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_two_stops_have_two_styles_and_the_hands_are_recorded(client: FlaskClient) -> None:
    stops = [{"prompt": "a fox", "style": "pop-art"}, {"prompt": "a fox", "style": "Watercolour"}]
    walk = client.post("/api/v1/walks", json={"stops": stops}).json
    assert [stop["hand"] for stop in walk["stops"]] == ["pop art", "watercolour"]


@pytest.mark.parametrize(
    ("stop", "told"),
    [({"style": "fresco"}, "The style of stop 1 cannot be “fresco”. There are "),
     ({"style": "pop-art", "hand": "watercolour"}, "The style of stop 1 cannot stand beside another hand."),
     ({"style": 7}, "The style of stop 1 must be the name of a style, or null.")],
)  # fmt: skip
def test_style_that_cannot_be_is_refused_with_its_stop(client: FlaskClient, stop: dict[str, object], told: str) -> None:
    stops = [{"prompt": "a fox", **stop}, {"prompt": "an owl"}]
    answer = client.post("/api/v1/walks", json={"stops": stops})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert (error["field"], error["message"].startswith(told)) == ("stops.0.style", True)
