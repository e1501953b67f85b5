"""Notes on what was not read, known when a walk is requested, and walks that would not move."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from app.offer.generation import offers
from app.requests.walk_requests import scenes
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.validation import validate
from app.storage.database import db
from app.storage.walk_models import CORRIDOR, FINISHED, WALL, Walk
from app.walks.saved.lookup import any_walk
from tests.conftest import inside, make_app
from tests.support import drawings, led, placing
from tests.support.commands import run, run_json
from tests.support.recipes import RENDERING

FOX, CASTLE = "雪の中の狐", "城堡"
pytestmark = pytest.mark.usefixtures("app")
STILL = "Stop 2 is read as the same picture as stop 1"


@pytest.fixture
def app(instance: Path, led_folder: Path, tmp_path: Path) -> Iterator[Flask]:
    models = [str(led.lay_out_words_alone(tmp_path / "words"))]
    with inside(make_app(instance, MODEL=str(led_folder), MODELS=models)) as app:
        yield app


def asked(client: FlaskClient, *stops: str | dict[str, Any], seed: int = 7, **fields: Any) -> TestResponse:
    listed = [{"prompt": stop} if isinstance(stop, str) else stop for stop in stops]
    return client.post("/api/v1/walks", json={"stops": listed, "seed": seed, **fields})


def notes(answer: TestResponse) -> list[str | None]:
    assert answer.status_code == 202, answer.text
    return [stop["note"] for stop in answer.json["stops"]]


def flaws(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["message"] for error in answer.json["errors"]}


def test_walk_says_at_once_what_was_not_read(client: FlaskClient) -> None:
    answer = asked(client, FOX, "a fox, 8k", "a house", "a bat 狐")
    assert notes(answer) == ["not read", "tags ignored", None, "partly read"]
    assert notes_of(answer) == ["not read", "tags ignored", "", "partly read"]
    page = client.get(answer.json["url"]).text
    assert f"Of <bdi>“{FOX}”</bdi>: Nothing in it was recognised" in page
    assert "Tags for other tools were left out: 8k." in page
    german = client.get(answer.json["url"], headers={"Accept-Language": "de"}).text
    assert "Schlagworte für andere Programme wurden ausgelassen: 8k." in german


def notes_of(answer: TestResponse) -> list[str]:
    db.session.remove()
    return [stop.note for stop in any_walk(answer.json["id"]).stops]


def test_given_scene_was_not_read_and_has_no_note(client: FlaskClient) -> None:
    given = {"prompt": FOX, "scene": drawings.scene("house").as_json()}
    assert notes(asked(client, given, "the sun")) == [None, None]


def test_model_that_words_lead_has_no_note_of_a_reading(client: FlaskClient) -> None:
    assert notes(asked(client, FOX, "a fox, 8k", model="words")) == [None, None]


@pytest.mark.parametrize(
    ("prompt", "of_words", "of_photo"),
    [
        ("", ("not read",), ()),
        (CASTLE, ("not read",), ("not read",)),
        ("no dogs", ("drawn freely",), ()),
        ("a fox, 8k", ("tags ignored",), ("tags ignored",)),
    ],
)
def test_nothing_of_a_photo_is_drawn_freely(prompt: str, of_words: tuple[str, ...], of_photo: tuple[str, ...]) -> None:
    offer = offers.first()
    assert scenes.notes_on(prompt, offer=offer) == of_words
    assert scenes.notes_on(prompt, offer=offer, has_photo=True) == of_photo


def test_two_empty_places_are_refused_before_they_are_painted(client: FlaskClient) -> None:
    errors = flaws(asked(client, FOX, CASTLE))
    assert list(errors) == ["stops.1.prompt"]
    assert "nothing was recognised in either" in errors["stops.1.prompt"]
    assert db.session.query(Walk).count() == 0


def test_stops_that_read_the_same_are_refused_by_the_later_one(client: FlaskClient) -> None:
    errors = flaws(asked(client, "the sun", "a house", "house.", "ein Haus"))
    assert list(errors) == ["stops.2.prompt", "stops.3.prompt"]
    assert errors["stops.2.prompt"].startswith("Stop 3 is read as the same picture as stop 2, and nothing would move.")


@pytest.mark.parametrize("other", [{"seed": 8}, {"prompt": "two bats"}, {"prompt": "bat, linocut"}])
def test_stops_that_differ_in_a_picture_are_painted(client: FlaskClient, other: dict[str, Any]) -> None:
    assert notes(asked(client, "a bat", {"prompt": "bat."} | other)) == [None, None]


def test_round_may_come_back_to_what_reads_as_its_first_stop(client: FlaskClient) -> None:
    assert notes(asked(client, "a house", "a fox", "house.", ending="round")) == [None, None, None]


def test_same_words_are_refused_for_a_model_that_words_lead(client: FlaskClient) -> None:
    assert "is the same as stop 1" in flaws(asked(client, "a fox", "a fox", model="words"))["stops.1.prompt"]
    assert notes(asked(client, "a fox", "fox.", model="words")) == [None, None]


def test_given_scenes_that_stand_still_are_painted_and_noted(client: FlaskClient) -> None:
    house = drawings.scene("house").as_json()
    stops = [{"prompt": prompt, "scene": house} for prompt in ("one", "two", "three")]
    answer = asked(client, *stops)
    assert notes(answer) == [None, "does not move", "does not move"]
    assert "nothing moves on the way here" in client.get(answer.json["url"]).text


@pytest.mark.parametrize("origin", [WALL, CORRIDOR])
def test_walls_and_corridors_stand_still_rather_than_stop(origin: str) -> None:
    wanted = validate({"stops": [{"prompt": "a house"}, {"prompt": "house."}], "seed": 7})
    walk, _ = placing.place(wanted, visitor_key="hall", origin=origin)
    assert [stop.note or "" for stop in walk.stops] == ["", "does not move"]


def test_recipe_of_an_earlier_walk_that_stands_still_is_painted_again() -> None:
    house = drawings.scene("house").as_json()
    stops = [{"prompt": prompt, "scene": house} for prompt in ("a house", "house.")]
    pinned = PinnedSettings(**RENDERING | {"positions": [0.0, 1.0]})
    walk, _ = placing.place(validate({"stops": stops, "frames": 2, "seed": 7}), visitor_key="ben", pinned=pinned)
    assert [stop.note or "" for stop in walk.stops] == ["", "does not move"]


def test_walk_that_continues_another_keeps_the_note_on_its_first_stop(client: FlaskClient) -> None:
    first = placing.place(validate({"stops": [{"prompt": "a fox"}, {"prompt": FOX}], "seed": 7}), visitor_key="ann")[0]
    first.state = FINISHED
    db.session.commit()
    assert notes(asked(client, FOX, "a fox", continues=first.id)) == ["not read", None]
    assert list(flaws(asked(client, FOX, CASTLE, continues=first.id))) == ["stops.1.prompt"]


def test_form_says_what_was_not_read_and_paints_with_the_note(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": [FOX, "a fox, masterpiece"], "seed": "7"}).text
    assert "Nothing in it was recognised" in page
    assert "Tags for other tools were left out: masterpiece." in page
    answer = client.post("/walks", data={"prompt": [FOX, "a fox, masterpiece"], "seed": "7"})
    assert answer.status_code == 303
    walk = any_walk(answer.headers["Location"].split("/")[2].partition("-")[0])
    assert [stop.note for stop in walk.stops] == ["not read", "tags ignored"]


def test_form_names_the_stop_that_would_stand_still_and_keeps_what_was_typed(client: FlaskClient) -> None:
    answer = client.post("/walks", data={"prompt": ["a house", "house."], "seed": "7"})
    assert (answer.status_code, db.session.query(Walk).count()) == (422, 0)
    assert STILL in answer.text and ">house.</textarea>" in answer.text
    german = client.post("/walks", data={"prompt": [FOX, CASTLE]}, headers={"Accept-Language": "de"})
    assert "In beiden wurde nichts erkannt" in german.text


def test_fragment_beside_a_prompt_says_the_note_and_its_summary_too(client: FlaskClient) -> None:
    part = client.get("/reading", query_string={"prompt": "a fox 狐"}).text
    assert '<p class="note">A part of it is in a script or language' in part
    assert 'data-said="drawn after fox, not read: 狐. A part of it is' in part


def test_command_refuses_what_would_stand_still_and_shows_notes(runner: FlaskCliRunner) -> None:
    assert STILL in run(runner, "walks", "create", "a house", "house.", "--seed", "7", status=1).output
    walk = run_json(runner, "walks", "create", FOX, "a fox")
    assert walk["stops"][0]["note"] == "not read"
    assert f"{FOX}: not read" in run(runner, "walks", "show", walk["id"]).output
