"""The row of pictures that a stop may be painted as: asked for, looked at, picked; nothing typed is lost."""

import io
import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.requests.walk_requests import recipe
from app.storage.candidate_models import CandidateSet
from app.storage.database import db, writing
from app.storage.walk_models import Task, Walk
from app.walks.queue import candidate_requests
from tests.support import candidates, led
from tests.support.make_form import FORM, filled

pytestmark = pytest.mark.settings(MODEL=led.lay_out, MODELS=[led.lay_out_words_alone])


def ask(client: FlaskClient, **more: Any) -> tuple[str, CandidateSet]:
    """Press the button for the first stop, and have the pictures painted; return the form and the set."""
    page = client.post("/", data={**FORM, **more, "edit": "candidates-0"}).text
    found = db.session.scalars(select(CandidateSet)).one()
    candidates.deliver(found)
    return page, found


def test_button_leads_to_the_form_with_the_row_and_nothing_typed_is_lost(client: FlaskClient) -> None:
    page, found = ask(client)
    assert db.session.query(Task).count() == 0
    assert "They are being painted" in page or "The painter is away just now" in page
    assert 'value="look"' in page
    sent = filled(page)
    assert (sent["prompt"], sent["candidates"]) == (FORM["prompt"], [found.id, ""])
    assert sent["seed"] == str(found.request["seed"]), "what is picked is painted as it was seen"
    again = client.post("/", data={**FORM, **sent, "edit": "look"}).text
    assert len(re.findall(r'name="candidate-0"', again)) == 4
    assert filled(again)["candidate-0"] == "/", "the proposal is taken where no one chooses"
    assert 'value="no snow"' in again
    assert re.search(r'name="frames" value="60"[^>]* checked', again)


def test_walk_takes_the_picture_that_was_picked_and_its_recipe_says_so(client: FlaskClient) -> None:
    page, found = ask(client)
    candidate = found.pool[2]
    sent = {**FORM, **filled(page), "candidate-0": f"{candidate['seed']}/{candidate['drawing']}"}
    assert client.post("/walks", data=sent).status_code == 303
    walk = db.session.scalars(select(Walk)).one()
    assert (walk.stops[0].seed, walk.stops[0].scene) == (candidate["seed"], candidate["scene"])
    assert (walk.seed, walk.stops[1].seed) == (found.request["seed"], None)
    written = recipe.recipe_of(walk)["stops"][0]
    assert (written["seed"], written["scene"]) == (candidate["seed"], candidate["scene"])


def test_proposal_that_is_kept_is_what_was_shown(client: FlaskClient) -> None:
    page, found = ask(client)
    client.post("/walks", data={**FORM, **filled(page)})
    walk = db.session.scalars(select(Walk)).one()
    assert (walk.stops[0].seed, walk.stops[0].scene) == (None, found.pool[0]["scene"])


def test_what_is_picked_stays_picked_and_can_be_taken_back(client: FlaskClient) -> None:
    page, found = ask(client)
    value = f"{found.pool[1]['seed']}/{found.pool[1]['drawing']}"
    page = client.post("/", data={**FORM, **filled(page), "candidate-0": value, "edit": "look"}).text
    sent = filled(page)
    assert (sent["candidate-0"], json.loads(sent["own"][0])) == (value, {"seed": found.pool[1]["seed"]})
    page = client.post("/", data={**FORM, **sent, "candidate-0": "/", "edit": "look"}).text
    assert (filled(page)["candidate-0"], filled(page)["own"][0]) == ("/", "")


def test_other_words_let_go_of_row_and_pick(client: FlaskClient) -> None:
    page, found = ask(client)
    sent = {**FORM, **filled(page), "candidate-0": f"{found.pool[1]['seed']}/"}
    page = client.post("/", data={**sent, "prompt": ["a house", "a bat"], "edit": "look"}).text
    assert (filled(page)["candidates"][0], filled(page)["own"][0]) == ("", "")


def test_row_goes_with_its_stop_when_the_walk_is_turned_round(client: FlaskClient) -> None:
    page, found = ask(client)
    page = client.post("/", data={**FORM, **filled(page), "edit": "turn-round"}).text
    assert filled(page)["candidates"] == ["", found.id]
    assert len(re.findall(r'name="candidate-1"', page)) == 4


def test_more_are_asked_for_by_a_button(client: FlaskClient) -> None:
    page, found = ask(client)
    page = client.post("/", data={**FORM, **filled(page), "edit": "look"}).text
    assert 'value="more-0"' in page
    client.post("/", data={**FORM, **filled(page), "edit": "more-0"})
    db.session.expire_all()
    assert (found.wanted, db.session.query(Task).one().batch) == (8, 8)


def test_same_row_is_not_painted_twice(client: FlaskClient) -> None:
    page, found = ask(client)
    client.post("/", data={**FORM, **filled(page), "edit": "candidates-0"})
    assert db.session.scalars(select(CandidateSet)).all() == [found]
    assert db.session.query(Task).count() == 0


def test_models_led_by_words_have_rows_of_seeds(client: FlaskClient) -> None:
    page, found = ask(client, model="words")
    assert [each["scene"] for each in found.pool] == [None] * len(found.pool)
    value = f"{found.pool[3]['seed']}/"
    client.post("/walks", data={**FORM, **filled(page), "model": "words", "candidate-0": value})
    walk = db.session.scalars(select(Walk)).one()
    assert (walk.seed, walk.stops[0].seed) == (found.request["seed"], found.pool[3]["seed"])


@pytest.mark.parametrize("wrong", [{"prompt": ["", "a bat"]}, {"hand": "nobody's"}, {"steps": "9999"}])
def test_what_cannot_be_painted_is_said_on_the_form(client: FlaskClient, wrong: dict[str, Any]) -> None:
    page = client.post("/", data={**FORM, **wrong, "edit": "candidates-0"}).text
    assert 'id="errors"' in page
    assert db.session.query(CandidateSet).count() == 0


@pytest.mark.settings(HOURLY_WALKS=1)
def test_row_counts_in_the_work_of_an_hour(client: FlaskClient) -> None:
    statuses = [
        client.post("/", data={**FORM, "seed": str(seed), "edit": "candidates-0"}).status_code for seed in range(12)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert db.session.query(CandidateSet).count() == statuses.count(200)


def test_picture_is_sent_only_to_those_who_asked(client: FlaskClient, app: Flask) -> None:
    _, found = ask(client)
    path = f"/candidates/{found.id}/1.webp"
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"].startswith("private")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (16, 16)
    assert client.get(f"/candidates/{found.id}/9.webp").status_code == 404
    assert app.test_client().get(path).status_code == 404


def test_row_is_looked_at_again_until_it_is_there(client: FlaskClient) -> None:
    client.post("/", data={**FORM, "edit": "candidates-0"})
    found = db.session.scalars(select(CandidateSet)).one()
    path = f"/candidates/{found.id}?stop=1"
    assert "data-again=" in client.get(path).text
    candidates.deliver(found)
    value = f"{found.pool[2]['seed']}/{found.pool[2]['drawing']}"
    part = client.get(f"{path}&picked={value}").text
    assert "data-again=" not in part
    assert re.findall(r'name="candidate-1" value="([^"]*)" checked', part) == [value]


def test_failed_row_says_why_and_can_be_tried_again(client: FlaskClient) -> None:
    page, found = ask(client)
    with writing() as session:
        candidate_requests.fail(session, found.id, "The painting was interrupted 3 times.")
    page = client.post("/", data={**FORM, **filled(page), "edit": "look"}).text
    assert "interrupted 3 times" in page
    client.post("/", data={**FORM, **filled(page), "edit": "candidates-0"})
    assert db.session.query(CandidateSet).count() == 2


def test_altered_fields_are_left_aside(client: FlaskClient) -> None:
    for value in ("9" * 11 + "/", "x/y", "/" + "zz " * 900, "9999999999/", "5"):
        answer = client.post("/", data={**FORM, "candidates": ["aaaabbbbccccdddd", "'"], "candidate-0": value})
        assert answer.status_code == 200
    assert client.get("/candidates/aaaabbbbccccdddd").status_code == 404
