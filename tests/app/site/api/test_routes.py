"""The JSON API, rule by rule, as a program that means well or ill would meet it."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.storage.walk_models import ID
from tests.support.bearer import bearer
from tests.support.commands import count
from tests.support.rows import Maker
from tests.support.statements import sent_statements

ASKED = {"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}], "seed": 11, "frames": 24}


def post(client: FlaskClient, body: bytes | str, **options: Any) -> TestResponse:
    return client.post("/api/v1/walks", data=body, content_type="application/json", **options)


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """Check that ``answer`` is a problem document (RFC 9457), and return it."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert {"type", "title", "detail"} <= set(answer.json)
    return answer.json


def fields(answer: TestResponse) -> list[str]:
    return [error["field"] for error in problem(answer, 422)["errors"]]


# Requests for walks


@pytest.mark.databases
def test_walk_is_accepted_with_its_address_and_token(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks", json=ASKED)
    walk = answer.json
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/walks/{walk['id']}"
    assert ID.fullmatch(walk["id"])
    assert (walk["state"], walk["seed"], walk["frames"], walk["progress"]) == ("queued", 11, 24, 0)
    assert (walk["queue_position"], walk["error"], walk["finished_at"]) == (1, None, None)
    assert [stop["prompt"] for stop in walk["stops"]] == ["a lemon", "the sun"]
    assert walk["url"] == f"/walks/{walk['id']}-a-lemon-the-sun"
    assert len(walk["owner_token"]) == 64


def test_description_holds_what_programs_rely_on(client: FlaskClient, publish: Maker) -> None:
    walk = client.get(f"/api/v1/walks/{publish().id}").json
    assert set(walk) >= {
        "id", "state", "stops", "seed", "frames", "progress", "queue_position", "eta_seconds", "smoothness", "media",
        "recipe", "url", "created_at", "finished_at", "error",
    }  # fmt: skip
    assert "owner_token" not in walk
    assert walk["progress"] == 1
    assert walk["smoothness"] == {
        "evenness": 0.91,
        "jump": 1.3,
        "morph": 0.42,
        "perceptual_step": None,
        "steps": None,
    }
    assert walk["media"]["gif"] == f"/walks/{walk['id']}.gif"
    assert set(walk["media"]) == {"gif", "mp4", "webm", "webp", "poster"}
    assert client.get(walk["media"]["mp4"]).data == b"mp4"


def test_cookies_are_neither_read_nor_set(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks", json=ASKED)
    assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in client.get(answer.headers["Location"]).headers


def test_null_seed_and_frames_mean_not_given(client: FlaskClient) -> None:
    walk = client.post("/api/v1/walks", json=ASKED | {"seed": None, "frames": None}).json
    assert 0 <= walk["seed"] < 2**32
    assert walk["frames"] == 24


@pytest.mark.parametrize("prompt", [None, 7, True, [], {}, "", " ", "\u200b", "\u0000", "x" * 301, "\ufffd"])
def test_unusable_prompt_is_refused_by_name_and_pointer(client: FlaskClient, prompt: Any) -> None:
    answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "a"}, {"prompt": prompt}]})
    assert fields(answer) == ["stops.1.prompt"]
    error = answer.json["errors"][0]
    assert error["pointer"] == "#/stops/1/prompt"
    assert error["message"]
    assert count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"nonsense", b'{"stops":', b"{}{}", b"{'stops': 1}", b'{"seed": NaN}', b'{"seed": Infinity}',
        b'{"seed": 01}', b'{"stops": "\xff"}', b'{"stops": "\xed\xa0\x80"}', b'{"stops": "\\ud800"}',
        b'{"stops": "\\udc00x"}', b'{"stops": "\x00"}', b"\xef\xbb\xbf\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000, b'{"a":' * 100_000, b'{"seed": ' + b"1" * 5000 + b"}",
    ],
)  # fmt: skip
def test_body_that_is_not_json_is_malformed(client: FlaskClient, body: bytes) -> None:
    problem(post(client, body), 400)
    assert count() == 0


def test_last_of_two_equal_keys_counts(client: FlaskClient) -> None:
    answer = post(client, '{"stops":[{"prompt":"a"},{"prompt":"b","prompt":"c"}],"seed":1,"seed":2}')
    assert answer.json["seed"] == 2
    assert answer.json["stops"][1]["prompt"] == "c"


@pytest.mark.parametrize(("body", "status"), [(b" " * 1_000_001, 413), (json.dumps(ASKED).encode(), 202)])
def test_body_without_length_is_read_up_to_the_limit(client: FlaskClient, body: bytes, status: int) -> None:
    answer = client.open(
        "/api/v1/walks",
        method="POST",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code == status
    assert answer.mimetype == ("application/json" if status == 202 else "application/problem+json")


@pytest.mark.slow
def test_hostile_megabyte_is_answered_in_a_few_kilobytes(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks", json={f"f{index}": 1 for index in range(40_000)})
    assert len(problem(answer, 422)["errors"]) == 20
    assert len(answer.data) < 20_000


@pytest.mark.databases
@pytest.mark.slow
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps({"stops": [text]}).encode()))
def test_no_body_breaks_anything(app: Flask, body: bytes) -> None:
    answer = post(app.test_client(), body)
    assert answer.status_code in (202, 400, 422)
    assert answer.is_json


# A key that makes a repeat harmless

KEY = {"Idempotency-Key": "0b1e6a52-7c2f-4f3e-9d61-5a8c3f70e214"}
OWN = "a secret of the caller's own, drawn at random"


def ask(client: FlaskClient, *, address: str = "203.0.113.7", token: str | None = None, **fields: object) -> Any:
    headers = KEY | ({} if token is None else bearer(token))
    return client.post("/api/v1/walks", json=ASKED | fields, headers=headers, environ_base={"REMOTE_ADDR": address})


def test_token_is_shown_once_so_that_a_neighbour_with_the_same_key_and_body_never_gets_it(client: FlaskClient) -> None:
    mine, neighbours = ask(client), ask(client)
    token = mine.json["owner_token"]
    assert neighbours.json["owner_token"] is None
    assert token not in neighbours.text
    assert client.delete(f"/api/v1/walks/{mine.json['id']}", headers=bearer(token)).status_code == 204


def test_token_of_ones_own_survives_a_lost_answer(client: FlaskClient) -> None:
    ask(client, token=OWN)  # and the answer is lost
    again = ask(client, token=OWN)
    assert again.json["owner_token"] == OWN
    assert count() == 1
    assert client.delete(f"/api/v1/walks/{again.json['id']}", headers=bearer(OWN)).status_code == 204


def test_same_key_under_another_token_is_another_key(client: FlaskClient) -> None:
    walks = [ask(client, token=token).json for token in (OWN, OWN[::-1], None)]
    assert len({walk["id"] for walk in walks}) == count() == 3
    for walk in walks[1:]:
        problem(client.delete(f"/api/v1/walks/{walk['id']}", headers=bearer(OWN)), 403)


@pytest.mark.parametrize(
    ("header", "value", "limit"),
    [
        *(("Authorization", f"Bearer {token}", "32 to 200") for token in ("x" * 31, "x" * 201)),
        *(("Idempotency-Key", key, "16 to 200") for key in ("", "lemon-sun-1", "x" * 15, "x" * 201)),
    ],
)
def test_token_and_key_of_unusable_length_are_refused(client: FlaskClient, header: str, value: str, limit: str) -> None:
    answer = client.post("/api/v1/walks", json=ASKED, headers=KEY | {header: value})
    assert fields(answer) == [header]
    assert f"{limit} characters" in answer.json["detail"]
    assert count() == 0


def test_same_key_with_another_body_is_refused(client: FlaskClient) -> None:
    ask(client)
    assert fields(ask(client, seed=12)) == ["Idempotency-Key"]
    assert count() == 1


@pytest.mark.parametrize(
    ("one", "other", "walks"),
    [
        ("203.0.113.7", "203.0.113.8", 2),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", 2),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::9", 1),  # one household, or one machine that changes its address
    ],
)
def test_key_holds_within_a_network(client: FlaskClient, one: str, other: str, walks: int) -> None:
    assert len({ask(client, address=address).json["id"] for address in (one, other)}) == walks


def test_refused_walk_does_not_use_its_key_up(client: FlaskClient) -> None:
    client.post("/api/v1/walks", json={"stops": []}, headers=KEY)
    assert ask(client).status_code == 202


# Looking


def test_unchanged_walk_is_not_sent_again(client: FlaskClient, publish: Maker) -> None:
    address = f"/api/v1/walks/{publish().id}"
    etag = client.get(address).headers["ETag"]
    answer = client.get(address, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.databases
def test_list_holds_the_gallery_newest_first(client: FlaskClient, publish: Maker) -> None:
    older, newer = publish(minutes_ago=3), publish()
    publish(unlisted=True)
    body = client.get("/api/v1/walks").json
    assert [walk["id"] for walk in body["walks"]] == [newer.id, older.id]
    assert (body["next_cursor"], body["previous_cursor"], body["found"]) == (None, None, None)


@pytest.mark.databases
def test_list_is_searched_and_turned_page_by_page(client: FlaskClient, publish: Maker) -> None:
    foxes = [publish("a fox", f"kite {index}", minutes_ago=index).id for index in range(3)]
    publish("a bear", "the sea")
    first = client.get("/api/v1/walks?q=FOX&limit=2").json
    second = client.get("/api/v1/walks", query_string={"q": "fox", "limit": 2, "cursor": first["next_cursor"]}).json
    assert [walk["id"] for walk in first["walks"] + second["walks"]] == foxes
    assert first["found"] == second["found"] == 3
    assert second["next_cursor"] is None
    back = client.get("/api/v1/walks", query_string={"q": "fox", "limit": 2, "cursor": second["previous_cursor"]}).json
    assert back["walks"] == first["walks"]


def test_unlisted_walk_is_described_to_who_knows_its_address(client: FlaskClient, publish: Maker) -> None:
    assert client.get(f"/api/v1/walks/{publish(unlisted=True).id}").json["unlisted"] is True


LIMITS = ["0", "101", "-1", "abc", "1.5", "", " 5", "+5", "٣", "1e2", "9" * 5000, "5\x00"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("limit", value) for value in LIMITS),
        *(("cursor", value) for value in ("x", "W10.x", "../..", "\0", "a" * 5000)),
        ("q", "x" * 10_000),
        ("page", "2"),
    ],
)
def test_unusable_parameter_is_refused_by_its_name(client: FlaskClient, field: str, value: str) -> None:
    assert fields(client.get("/api/v1/walks", query_string={field: value})) == [field]


@pytest.mark.parametrize("limit", ["1", "100"])
def test_limits_themselves_are_accepted(client: FlaskClient, limit: str) -> None:
    assert client.get(f"/api/v1/walks?limit={limit}").status_code == 200


@pytest.mark.parametrize("query", ["%ff", "%ed%a0%80", "%00", "' OR 1=1", "%25", '"(NEAR"', "%F0%9F%A6%8A"])
def test_odd_searches_find_nothing(client: FlaskClient, publish: Maker, query: str) -> None:
    publish("a fox", "a kite")
    assert client.get(f"/api/v1/walks?q={query}").json["walks"] == []


@pytest.mark.databases
def test_long_list_asks_the_database_a_fixed_number_of_times(client: FlaskClient, publish: Maker) -> None:
    asked = []
    for _ in range(2):
        publish()
        with sent_statements() as sent:
            client.get("/api/v1/walks")
        asked.append(len(sent))
    assert asked[0] == asked[1]


# Taking down


def test_waiting_walk_is_cancelled_by_its_owner(client: FlaskClient) -> None:
    walk = client.post("/api/v1/walks", json=ASKED).json
    answer = client.delete(f"/api/v1/walks/{walk['id']}", headers=bearer(walk["owner_token"]))
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(f"/api/v1/walks/{walk['id']}").json["state"] == "cancelled"


@pytest.mark.databases
def test_finished_walk_is_deleted_by_its_owner_and_gone(client: FlaskClient, publish: Maker) -> None:
    address = f"/api/v1/walks/{publish(visitor='ann').id}"
    assert client.delete(address, headers=bearer("secret of ann")).status_code == 204
    for answer in (client.get(address), client.delete(address, headers=bearer("secret of ann"))):
        problem(answer, 410)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        *(({"Authorization": each}, 401) for each in ("", "Bearer", "Bearer ", "Basic YTpi", "secret of ann")),
        *((bearer(token), 403) for token in ("wrong", "secret of ben", "x" * 10_000, "\xe9")),
    ],
)
def test_delete_needs_the_right_token(
    client: FlaskClient, publish: Maker, headers: dict[str, str], status: int
) -> None:
    walk = publish(visitor="ann")
    answer = client.delete(f"/api/v1/walks/{walk.id}", headers=headers)
    problem(answer, status)
    assert answer.headers.get("WWW-Authenticate", "").startswith("Bearer" if status == 401 else "")
    assert client.get(f"/api/v1/walks/{walk.id}").json["state"] == "finished"


def test_cookie_of_the_owner_takes_nothing_down(client: FlaskClient) -> None:
    """Else any page could do it for a visitor: the API knows no CSRF token."""
    client.get("/")
    address = client.post("/walks", data={"prompt": ["a fox", "a kite"]}).headers["Location"]
    problem(client.delete(f"/api/v1{address}"), 401)


# What is not there


@pytest.mark.parametrize("name", ["a" * 16, "x", "%00", "1", "' OR 1=1", "狐", "a%2Fb"])
def test_unknown_walk_is_not_found(client: FlaskClient, name: str) -> None:
    problem(client.get(f"/api/v1/walks/{name}"), 404)
    problem(client.delete(f"/api/v1/walks/{name}", headers=bearer("x")), 404)
