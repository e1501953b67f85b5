"""The style that a stop is painted in: recorded when it is requested, and named wherever the walk is shown."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient, FlaskCliRunner

from app.collection.labels import descriptions, wall_label
from app.offer.generation import walk_styles
from app.offer.generation.model_styles import ModelStyle
from app.storage.database import db
from app.storage.walk_models import Stop, Walk
from tests.conftest import Maker

KNOWN = (
    ModelStyle("linocut", "Linocut", "linocut"),
    ModelStyle("watercolour", "Watercolour", "painted"),
    ModelStyle("charcoal", "Charcoal", "painted"),
)
NAMED = [{"prompt": "a fox, watercolour"}, {"prompt": "a watercolour of a kite"}]


def recorded(scene: dict[str, Any] | None, hand: str = "") -> str:
    walk = Walk(stops=[Stop(position=0, prompt="a fox", requested_style=hand, scene=scene)])
    walk_styles.record(walk, KNOWN)
    return walk.stops[0].style


@pytest.mark.parametrize(
    ("scene", "style"),
    [
        ({"words": "a fox, linocut", "composition": {"marks": "linocut"}}, "linocut"),
        ({"words": "a fox, charcoal", "composition": {"marks": "painted"}}, "charcoal"),
        ({"words": "charcoal, watercolour", "composition": {"marks": "painted"}}, "watercolour"),  # the last one
        ({"words": "a fox, linocut", "composition": None}, "linocut"),  # as of release 1.0
        ({"words": "a fox", "composition": {"marks": "linocut"}}, "linocut"),
        ({"words": "a fox", "composition": {"marks": "painted"}}, ""),  # several styles are painted
        ({"words": "a linocut knife", "composition": None}, ""),
        ({"words": "a fox, fresco", "composition": {"marks": "unknown"}}, ""),
        (None, ""),
    ],
)
def test_style_of_a_stop_is_that_of_its_scene(scene: dict[str, Any] | None, style: str) -> None:
    assert recorded(scene) == style


def test_requested_style_is_that_of_the_stop() -> None:
    assert recorded({"words": "a fox, linocut"}, hand="charcoal") == "charcoal"
    assert recorded(None, hand="fresco") == "fresco"


def test_chosen_style_is_recorded_with_the_request(publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    (style,) = {stop.style for stop in walk.stops}
    assert style
    assert [stop.requested_style for stop in walk.stops] == ["", ""]
    assert all(stop.scene["words"].endswith(f", {style}") for stop in walk.stops)


def test_captions_name_the_style_of_a_whole_walk_once(publish: Maker) -> None:
    walk = publish(stops=NAMED)
    assert descriptions.of_walk(walk).stops == ("a fox", "a watercolour of a kite")
    assert descriptions.of_walk(walk).styles == ("watercolour",)


def test_style_named_by_prompts_is_shown(client: FlaskClient, runner: FlaskCliRunner, publish: Maker) -> None:
    walk = publish(stops=NAMED)
    other = publish(stops=[{"prompt": "a fox", "hand": "linocut"}, {"prompt": "a kite", "hand": "linocut"}])
    assert "Film, watercolour<br>" in client.get(walk.url).text
    assert re.search(r'"detail">Watercolour<span class="count">, 2 frames', client.get("/gallery").text)
    for query in ("hand=watercolour", "q=watercolour"):
        found = client.get(f"/api/v1/walks?{query}").json["walks"]
        assert [each["id"] for each in found] == [walk.id], query
    described = client.get(f"/api/v1/walks/{walk.id}").json
    assert [(stop["hand"], stop["style"]) for stop in described["stops"]] == [(None, "watercolour")] * 2
    assert "style" not in described["recipe"]["stops"][0]
    asked = client.get(f"/api/v1/walks/{other.id}").json["stops"]
    assert [(stop["hand"], stop["style"]) for stop in asked] == [("linocut", "linocut")] * 2
    assert "\n  style: watercolour\n" in runner.invoke(args=["walks", "show", walk.id]).output
    about = descriptions.of_walk(walk)
    assert about.styles == ("watercolour",)
    assert "watercolour" in wall_label.compose(about).medium


def test_form_names_the_style_that_a_prompt_names_unless_another_is_requested(client: FlaskClient) -> None:
    query = {"prompt": ["a fox, watercolour", "a kite"]}
    assert client.get("/", query_string=query).text.count(">Style: watercolour.</p>") == 1
    assert "Style: watercolour" not in client.get("/", query_string=query | {"hand": "linocut"}).text
    part = {"prompt": "a fox, watercolour"}
    assert ">Style: watercolour.</p>" in client.get("/reading", query_string=part).text
    assert "Style: watercolour" not in client.get("/reading", query_string=part | {"hand": "linocut"}).text
    assert ">Stil: Aquarell.</p>" in client.get("/reading", query_string=part, headers={"Accept-Language": "de"}).text


def test_search_finds_a_style_that_was_chosen(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    style = walk.stops[0].style
    for field in ("hand", "q"):
        found = client.get("/api/v1/walks", query_string={field: style}).json["walks"]
        assert [each["id"] for each in found] == [walk.id]


def test_style_that_is_not_offered_any_more_is_shown_by_its_words(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    walk.stops[0].requested_style, walk.stops[1].chosen_style = "van gogh", "frescoes <of old>"
    db.session.commit()
    assert "Film, van gogh and frescoes &lt;of old&gt;<br>" in client.get(walk.url).text


def test_nothing_is_detected_where_the_style_is_known(client: FlaskClient, publish: Maker) -> None:
    walk = publish(stops=NAMED)
    walk.stops[0].detected_style = walk.stops[1].detected_style = "linocut"
    db.session.commit()
    assert walk_styles.detected_names(walk) == []
    assert "Detected style" not in client.get(walk.url).text
    stops = client.get(f"/api/v1/walks/{walk.id}").json["stops"]
    assert [stop["found_hand"] for stop in stops] == [None, None]
