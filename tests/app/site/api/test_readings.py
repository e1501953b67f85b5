"""What a prompt is read as, for programs."""

from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.walk_models import Walk
from sketch import scene
from tests.support import led

ADDRESS = "/api/v1/reading"
pytestmark = pytest.mark.settings(MODEL=led.lay_out, MODELS=[led.lay_out_words_alone])


def test_things_have_drawings_numbers_colours_places_and_setting(client: FlaskClient) -> None:
    answer = client.get(ADDRESS, query_string={"prompt": "three red foxes above a house at night"})
    assert answer.status_code == 200
    fox, house = answer.json["things"]
    keys = ("drawing", "name", "phrase", "number", "colour", "place", "freely", "picture")
    assert [fox[name] for name in keys] == [
        led.FOX, "fox", "three red foxes", 3, "red", "above", False, f"/drawings/{led.FOX}.webp",
    ]  # fmt: skip
    assert [house[name] for name in keys[:6]] == [led.HOUSE, "house", "a house", 1, None, None]
    assert answer.json["setting"] == {
        "kind": None, "time": "night", "weather": None, "ground": None, "composition": None,
    }  # fmt: skip
    assert (answer.json["freely"], answer.json["words"]) == (False, "three red foxes above a house at night")


def test_words_are_marked_as_read_approximated_or_not_read(client: FlaskClient) -> None:
    marks = client.get(ADDRESS, query_string={"prompt": "a red hosue beside the blorptang"}).json["marks"]
    assert marks == [
        {"word": "red", "mark": "read", "thing": None, "corrected": None},
        {"word": "hosue", "mark": "read", "thing": "house", "corrected": "house"},
        {"word": "blorptang", "mark": "not read", "thing": None, "corrected": None},
    ]


def test_others_are_listed_to_choose_from(client: FlaskClient) -> None:
    (bat,) = client.get(ADDRESS, query_string={"prompt": "a bat"}).json["things"]
    assert (bat["drawing"], bat["others"][0]["drawing"]) == (led.BAT, led.CRICKET)
    for other in bat["others"]:
        assert client.get(other["picture"]).mimetype == "image/webp"


def test_german_is_read_and_named_in_english(client: FlaskClient) -> None:
    answer = client.get(ADDRESS, query_string={"prompt": "drei Häuser im Regen, ohne Fuchs", "language": "de"}).json
    assert [(thing["name"], thing["number"], thing["phrase"]) for thing in answer["things"]] == [
        ("house", 3, "drei Häuser")
    ]
    assert (answer["language"], answer["setting"]["weather"]) == ("de", "rain")
    assert "fox" in answer["unwanted"]


def test_what_is_left_out_is_not_read(client: FlaskClient) -> None:
    asked = {"prompt": "a fox and a house", "leave_out": "fox"}
    assert [thing["name"] for thing in client.get(ADDRESS, query_string=asked).json["things"]] == ["house"]


def test_prompt_is_read_as_a_walk_of_that_seed_paints_it(client: FlaskClient) -> None:
    shown = set()
    for seed in range(1, 9):
        (thing,) = client.get(ADDRESS, query_string={"prompt": "a house", "seed": seed}).json["things"]
        stops = [{"prompt": "a house"}, {"prompt": "the sun"}]
        walk = client.post("/api/v1/walks", json={"stops": stops, "seed": seed}).json
        assert [each["drawing"] for each in walk["stops"][0]["scene"]["things"]] == [thing["drawing"]]
        shown.add(thing["drawing"])
    assert shown == {led.HOUSE, led.OTHER_HOUSE}


@pytest.mark.parametrize(
    ("prompt", "given"),
    [
        ("城堡", {"note": "not read", "ignored": []}),
        ("a fox, 8k, (snow:1.2) AND a house", {"note": "tags ignored; weights ignored", "ignored": ["8k"]}),
        ("a fox", {"note": None, "ignored": []}),
        ("🜁🜂", {"things": [], "freely": False}),
    ],
    ids=["not read", "ignored", "read", "of a place alone"],
)
def test_what_was_read_and_ignored_is_said(client: FlaskClient, prompt: str, given: dict[str, Any]) -> None:
    answer = client.get(ADDRESS, query_string={"prompt": prompt}).json
    assert {name: answer[name] for name in given} == given


def test_same_prompt_reads_alike_and_is_not_sent_twice(client: FlaskClient) -> None:
    first, again = (client.get(ADDRESS, query_string={"prompt": "a bat"}) for _ in range(2))
    assert first.data == again.data
    assert first.headers["ETag"] == again.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=60"
    unchanged = client.get(ADDRESS, query_string={"prompt": "a bat"}, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert client.get(ADDRESS, query_string={"prompt": "a fox"}).headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({}, "prompt", "The prompt must be a text of 1 to 300 characters."),
        ({"prompt": "  "}, "prompt", "The prompt is empty. Write at least one word."),
        ({"prompt": "a" * 301}, "prompt", "The prompt is 301 characters long; at most 300 are read."),
        ({"prompt": "a\x07"}, "prompt", "The prompt contains control characters."),
        ({"prompt": "a fox", "leave_out": "b" * 301}, "leave_out", "at most 300 are read"),
        ({"prompt": "a fox", "language": "fr"}, "language", "language must be one of en, de."),
        ({"prompt": "a fox", "seed": "-1"}, "seed", "The seed must be a whole number from 0 to 4294967295."),
        ({"prompt": "a fox", "seed": "9" * 5000}, "seed", "The seed must be a whole number"),
        ({"prompt": "a fox", "model": "x"}, "model", "The model x is not offered here; these are: led and words."),
        ({"prompt": "a fox", "model": "words"}, "model", "The model words is not led by drawings"),
        ({"prompt": "a fox", "things": "9"}, "things", "things is no parameter; use prompt, leave_out, language"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_rule(client: FlaskClient, asked: dict[str, str], field: str, said: str) -> None:
    answer = client.get(ADDRESS, query_string=asked)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    (error,) = answer.json["errors"]
    assert error["field"] == field
    assert said in error["message"]


@pytest.mark.settings(MODEL=led.lay_out_words_alone, MODELS=[])
def test_site_without_drawings_says_so(client: FlaskClient) -> None:
    answer = client.get(ADDRESS, query_string={"prompt": "a fox"})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "model"


def test_answer_keeps_to_the_document(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    operation = document["paths"][ADDRESS]["get"]
    assert [each["name"] for each in operation["parameters"] if each["required"]] == ["prompt"]
    schema = {"$ref": "#/components/schemas/ReadingDescription", "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for prompt in ("two bats at night", "🜁🜂", "a feeling of the absurd"):
        assert list(validator.iter_errors(client.get(ADDRESS, query_string={"prompt": prompt}).json)) == []


def test_scene_of_a_walk_may_hold_one_of_the_others(client: FlaskClient) -> None:
    (bat,) = client.get(ADDRESS, query_string={"prompt": "a bat"}).json["things"]
    document = scene.Scene((scene.Thing(bat["others"][0]["drawing"]),)).as_json()
    stops = [{"prompt": "a bat", "scene": document}, {"prompt": "the sun"}]
    made = client.post("/api/v1/walks", json={"stops": stops}).json
    walk = db.session.query(Walk).filter_by(id=made["id"]).one()
    assert walk.stops[0].scene["things"][0]["drawing"] == led.CRICKET
