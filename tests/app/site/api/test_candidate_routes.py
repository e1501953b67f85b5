"""Candidates for programs: asked for, looked at, chosen from, deleted, by all who have their token."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.storage.candidate_models import CandidateSet
from app.storage.database import db
from app.storage.walk_models import Task, Walk
from tests.support import candidates
from tests.support.bearer import bearer

ADDRESS = "/api/v1/candidates"
ASKED = {"stop": {"prompt": "a lemon", "negative_prompt": "a table"}, "seed": 11}


def asked(client: FlaskClient, **more: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Ask for candidates and have them painted; return what is answered then, and the headers of their owner."""
    answer = client.post(ADDRESS, json={**ASKED, **more})
    assert answer.status_code == 202, answer.text
    candidates.deliver(db.session.scalars(select(CandidateSet)).one())
    headers = bearer(answer.json["owner_token"])
    return client.get(answer.location, headers=headers).json, headers


@pytest.mark.databases
def test_candidates_are_described_with_what_a_stop_takes_over(client: FlaskClient) -> None:
    answer, headers = asked(client)
    assert (answer["state"], answer["wanted"], len(answer["candidates"])) == ("painted", 4, 4)
    assert [each["proposal"] for each in answer["candidates"]] == [True, False, False, False]
    assert answer["candidates"][0]["seed"] == 11
    picture = client.get(answer["candidates"][1]["picture"], headers=headers)
    assert (picture.status_code, picture.mimetype) == (200, "image/webp")
    chosen = {"prompt": "a lemon", "negative_prompt": "a table"} | {
        name: answer["candidates"][2][name] for name in ("seed", "scene")
    }
    walk = client.post("/api/v1/walks", json={"stops": [chosen, {"prompt": "the sun"}], "seed": 11})
    assert walk.status_code == 202
    assert db.session.scalars(select(Walk)).one().stops[0].seed == answer["candidates"][2]["seed"]


def test_before_they_are_painted_there_are_none_to_see(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, json=ASKED)
    assert (answer.json["state"], answer.json["candidates"]) == ("waiting", [])
    assert answer.json["passes"] > 0


def test_more_are_painted_when_asked_for(client: FlaskClient) -> None:
    result, headers = asked(client, count=3)
    answer = client.post(f"{ADDRESS}/{result['id']}/more", headers=headers)
    assert (answer.status_code, answer.json["state"], answer.json["wanted"]) == (202, "waiting", 7)
    again = client.post(f"{ADDRESS}/{result['id']}/more", headers=headers)
    assert again.json["wanted"] == 7, "one row at a time"


def test_same_asked_for_by_the_same_token_is_not_painted_twice(client: FlaskClient) -> None:
    answer, headers = asked(client)
    again = client.post(ADDRESS, json=ASKED, headers=headers)
    assert again.json["id"] == answer["id"]
    other = client.post(ADDRESS, json=ASKED)
    assert other.json["id"] != answer["id"]


def test_only_their_owner_sees_or_deletes_them(client: FlaskClient) -> None:
    result, headers = asked(client)
    address = f"{ADDRESS}/{result['id']}"

    def answers(**sent: Any) -> list[TestResponse]:
        return [client.get(address, **sent), client.delete(address, **sent)]

    assert [answer.status_code for answer in answers()] == [401, 401]
    assert [answer.status_code for answer in answers(headers=bearer("x" * 40))] == [403, 403]
    assert client.get(result["candidates"][0]["picture"]).status_code == 404
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get(address, headers=headers).status_code == 404
    assert db.session.query(Task).count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"stop": {"prompt": ""}}, "stop.prompt"),
        ({"stop": {}}, "stop.prompt"),
        ({"stop": 9}, "stop"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"count": 0}, "count"),
        ({"count": 17}, "count"),
        ({"count": True}, "count"),
        ({"steps": 0}, "steps"),
        ({"size": 7}, "size"),
        ({"model": "nobody"}, "model"),
        ({"frames": 9}, "frames"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_field(client: FlaskClient, wrong: dict[str, Any], field: str) -> None:
    answer = client.post(ADDRESS, json={**ASKED, **wrong})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert db.session.query(CandidateSet).count() == 0
