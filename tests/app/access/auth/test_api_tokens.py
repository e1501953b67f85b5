"""API tokens: shown once, kept as hashes, good for what their scopes say and for as much as they are allowed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from app.access.auth import api_tokens, visitors
from app.access.auth.api_tokens import CREATE, CURATE, EDIT, READ, SCOPES
from app.collection.moderation import audit_log, reports
from app.storage.database import db, now
from app.storage.house_models import ApiToken
from app.storage.walk_models import Walk
from tests.support.bearer import bearer
from tests.support.commands import run, run_json
from tests.support.rows import Maker, change

ASKED = {"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}]}
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def make(name: str = "press", *scopes: str, **options: Any) -> dict[str, str]:
    """Make a token; return the headers of a program that has it."""
    return bearer(api_tokens.create(name, scopes=scopes or tuple(SCOPES), **options)[1])


def logged() -> list[tuple[str, str, str]]:
    return [(entry.who, entry.what, entry.about) for entry in audit_log.latest(50)][::-1]


def test_token_is_shown_once_and_only_its_hash_is_kept(runner: FlaskCliRunner) -> None:
    made = run(runner, "tokens", "create", "press")
    secret = made.stdout.strip()
    assert re.fullmatch("moma_[0-9a-f]{64}", secret)
    assert "shown this once" in made.stderr
    row = db.session.scalars(select(ApiToken)).one()
    assert row.secret_hash == visitors.digest(secret)
    assert secret not in str(vars(row))
    assert secret not in run(runner, "tokens", "list").output
    assert secret not in str(logged())


@pytest.mark.databases
def test_command_makes_lists_and_revokes_and_the_log_tells(runner: FlaskCliRunner, client: FlaskClient) -> None:
    made = run_json(
        runner, "tokens", "create", "press", "--scope", CREATE, "--allowance", "7", "--expires", "2999-12-31"
    )
    (answer,) = run_json(runner, "tokens", "list")
    secret = made.pop("token")
    assert made == answer
    assert answer == {
        "name": "press",
        "scopes": [CREATE],
        "allowance": 7,
        "created_at": answer["created_at"],
        "expires_at": "3000-01-01T00:00:00+00:00",
        "revoked_at": None,
        "last_used_on": None,
        "good": True,
    }
    assert client.post("/api/v1/walks", json=ASKED, headers=bearer(secret)).status_code == 202
    assert run_json(runner, "tokens", "list")[0]["last_used_on"] == now().date().isoformat()
    assert run_json(runner, "tokens", "revoke", "press") == {"name": "press", "revoked": True, "was_revoked": False}
    assert run_json(runner, "tokens", "revoke", "press")["was_revoked"] is True
    assert "(revoked)" in run(runner, "tokens", "list").output
    assert logged() == [
        ("command line", "created token", "press"),
        ("command line", "revoked token", "press"),
    ]


def test_tokens_are_listed_the_newest_first(app: Flask) -> None:
    for name in ("first", "second", "third"):
        api_tokens.create(name)
    assert [token.name for token in api_tokens.list_tokens()] == ["third", "second", "first"]


def test_token_has_all_but_the_curator_s_scope_and_a_visitor_s_allowance_where_nothing_is_said(app: Flask) -> None:
    token, _ = api_tokens.create("press")
    assert (token.scopes, token.allowance, token.expires_at) == ([READ, CREATE, EDIT], app.config["HOURLY_WALKS"], None)


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        (("two words",), "name", "1 to 60 letters, digits, dots, hyphens and underscores"),
        (("",), "name", "1 to 60 letters"),
        (("x" * 61,), "name", "1 to 60 letters"),
        (("-x", "--"), None, None),
        (("x", "--scope", "walks:paint"), "scope", "walks:curate. walks:paint is none."),
        (("x", "--allowance", "0"), "allowance", "1 to 10,000 usual walks within an hour, not 0"),
        (("x", "--allowance", "10001"), "allowance", "not 10,001"),
        (("x", "--expires", "2020-01-01"), "expires", "on a day to come, such as 2027-01-31"),
        (("x", "--expires", "0d"), "expires", "not '0d'"),
        (("x", "--expires", "99999d"), None, None),
        (("x", "--expires", "tomorrow"), "expires", "not 'tomorrow'"),
        (("x", "--expires", "9999-12-31"), "expires", "not '9999-12-31'"),
    ],
)
def test_unusable_token_is_refused_by_its_field(
    runner: FlaskCliRunner, options: tuple[str, ...], field: str | None, words: str | None
) -> None:
    if field is None:
        assert runner.invoke(args=["tokens", "create", *options]).exit_code in (0, 2)
        return
    answer = run_json(runner, "tokens", "create", *options, status=1)
    (error,) = answer["errors"]
    assert error["field"] == field
    assert words in error["message"]
    assert db.session.scalar(select(ApiToken)) is None


@pytest.mark.databases
def test_name_stands_for_one_token_for_ever(runner: FlaskCliRunner) -> None:
    run(runner, "tokens", "create", "press")
    run(runner, "tokens", "revoke", "press")
    answer = run_json(runner, "tokens", "create", "press", status=1)
    assert answer["errors"][0]["field"] == "name"
    assert "There is a token press already" in answer["error"]
    assert run_json(runner, "tokens", "revoke", "nobody", status=1)["errors"][0]["field"] == "name"


@pytest.mark.databases
def test_last_day_of_a_token_is_good_and_days_are_counted_from_now(app: Flask) -> None:
    assert api_tokens.expiry("2999-01-31") == datetime(2999, 2, 1, tzinfo=UTC)
    assert timedelta(days=89, hours=23) < api_tokens.expiry("90d") - now() <= timedelta(days=90)
    today = now().date().isoformat()
    assert api_tokens.expiry(today) > now()


def test_walk_made_with_a_token_is_that_token_s(client: FlaskClient, request_walk: Maker) -> None:
    press, other = make("press"), make("other")
    made = client.post("/api/v1/walks", json=ASKED, headers=press)
    assert (made.status_code, made.json["owner_token"]) == (202, None)
    address = made.headers["Location"]
    refused = client.patch(address, json={"title": "Mine"}, headers=other)
    assert (refused.status_code, refused.json["detail"]) == (403, "This token is not that of the walk's owner.")
    assert client.patch(address, json={"title": "Breakfast"}, headers=press).json["title"] == "Breakfast"
    assert client.delete(address, headers=press).status_code == 204
    assert client.get(address).json["state"] == "cancelled"


@pytest.mark.databases
def test_token_lists_its_own_walks_of_every_state_and_no_others(client: FlaskClient, publish: Maker) -> None:
    press = make()
    publish()
    ids = [
        client.post("/api/v1/walks", json={**ASKED, "unlisted": index == 1}, headers=press).json["id"]
        for index in range(3)
    ]
    client.delete(f"/api/v1/walks/{ids[0]}", headers=press)
    client.post("/api/v1/walks", json=ASKED)
    first = client.get("/api/v1/mine?limit=2", headers=press)
    assert [walk["id"] for walk in first.json["walks"]] == ids[:0:-1]
    assert first.json["found"] == 3
    assert first.headers["Cache-Control"] == "no-store"
    rest = client.get("/api/v1/mine", query_string={"cursor": first.json["next_cursor"]}, headers=press)
    assert [(walk["id"], walk["state"]) for walk in rest.json["walks"]] == [(ids[0], "cancelled")]
    foreign = client.get("/api/v1/mine", query_string={"cursor": first.json["next_cursor"]}, headers=make("other"))
    assert foreign.status_code == 422
    assert client.get("/api/v1/mine", headers=make("third")).json["walks"] == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda: api_tokens.revoke("press"), "This API token is revoked."),
        (lambda: change(ApiToken, expires_at=now() - timedelta(seconds=1)), "This API token is expired."),
        (lambda: change(ApiToken, secret_hash="0" * 64), "This API token is not known here."),
    ],
)
def test_bad_token_is_refused_and_owns_nothing(client: FlaskClient, spoil: Callable[[], object], words: str) -> None:
    press = make()
    address = client.post("/api/v1/walks", json=ASKED, headers=press).headers["Location"]
    spoil()
    count = len(db.session.scalars(select(Walk)).all())
    for answer in (
        client.post("/api/v1/walks", json=ASKED, headers=press),
        client.patch(address, json={"title": "Mine"}, headers=press),
        client.patch(f"{address}/curation", json={"hidden": True}, headers=press),
        client.delete(address, headers=press),
        client.get("/api/v1/mine", headers=press),
    ):
        assert (answer.status_code, answer.json["detail"]) == (401, words)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="walks", error="invalid_token"'
    assert len(db.session.scalars(select(Walk)).all()) == count, "it was not taken for a token to own the walk by"
    assert client.get(address, headers=press).json["state"] == "queued", "reading looks at no token"


@pytest.mark.parametrize(
    ("lacking", "method", "path", "body"),
    [
        (CREATE, "POST", "/api/v1/walks", ASKED),
        (READ, "GET", "/api/v1/mine", None),
        (EDIT, "PATCH", "{walk}", {"title": "Mine"}),
        (EDIT, "DELETE", "{walk}", None),
        (CURATE, "PATCH", "{walk}/curation", {"hidden": True}),
    ],
)
def test_missing_scope_is_named(
    client: FlaskClient, request_walk: Maker, lacking: str, method: str, path: str, body: Any
) -> None:
    secret = make("press", *(scope for scope in SCOPES if scope not in (lacking, CURATE)))
    walk = request_walk()
    change(Walk, owner_hash=db.session.scalar(select(ApiToken.secret_hash)))
    path = path.format(walk=f"/api/v1/walks/{walk.id}")
    answer = client.open(path, method=method, json=body, headers=secret)
    assert (answer.status_code, answer.json["title"]) == (403, "Not with this token")
    assert answer.json["detail"] == f"This API token lacks the scope {lacking}."
    message = f'Bearer realm="walks", error="insufficient_scope", scope="{lacking}"'
    assert answer.headers["WWW-Authenticate"] == message
    db.session.refresh(walk)
    assert (walk.given_title, walk.hidden_at, walk.deleted_at, walk.state) == (None, None, None, "queued")


def test_curator_s_acts_by_token_are_logged_under_its_name(client: FlaskClient, publish: Maker) -> None:
    curator, walk = make("house-tools", CURATE), publish()
    reports.submit(walk, reason="hate", words="", reporter="ann", admit=lambda: None)
    address = f"/api/v1/walks/{walk.id}"
    assert client.patch(f"{address}/curation", json={"featured": True}, headers=curator).json["featured"] is True
    assert client.patch(f"{address}/curation", json={"hidden": True}, headers=curator).json["hidden"] is True
    assert client.get(address).status_code == 410
    assert reports.count() == 0
    shown = client.patch(f"{address}/curation", json={"hidden": False, "featured": False}, headers=curator)
    assert shown.json == {"id": walk.id, "hidden": False, "featured": False}
    assert client.delete(address, headers=curator).status_code == 204
    assert client.get(address).json["detail"] == "The operator of this site deleted it."
    acts = ("featured walk", "hid walk", "unhid walk", "unfeatured walk", "deleted walk")
    assert logged()[1:] == [("token house-tools", act, walk.id) for act in acts]


def test_curator_token_deletes_hidden_and_waiting_walks(
    client: FlaskClient, publish: Maker, request_walk: Maker
) -> None:
    curator, hidden, waiting = make("tools", CURATE, CREATE, EDIT), publish(), request_walk()
    client.patch(f"/api/v1/walks/{hidden.id}/curation", json={"hidden": True}, headers=curator)
    for walk in (hidden, waiting):
        assert client.delete(f"/api/v1/walks/{walk.id}", headers=curator).status_code == 204
        db.session.refresh(walk)
        assert walk.deleted_at is not None
    own = client.post("/api/v1/walks", json=ASKED, headers=curator).headers["Location"]
    count = len(logged())
    assert client.delete(own, headers=curator).status_code == 204
    assert client.get(own).json["state"] == "cancelled"
    assert len(logged()) == count


@pytest.mark.parametrize("body", [{"hidden": None}, {"hidden": 1}, {"hide": True}, [], {"featured": "yes"}])
def test_unusable_decision_is_refused_and_changes_nothing(client: FlaskClient, walk: Walk, body: Any) -> None:
    answer = client.patch(f"/api/v1/walks/{walk.id}/curation", json=body, headers=make())
    assert answer.status_code == 422
    assert answer.json["errors"][0]["message"]
    db.session.refresh(walk)
    assert (walk.hidden_at, walk.featured_at) == (None, None)


def test_walk_that_is_not_public_is_not_featured_and_nothing_else_is_done(client: FlaskClient, walk: Walk) -> None:
    answer = client.patch(f"/api/v1/walks/{walk.id}/curation", json={"hidden": True, "featured": True}, headers=make())
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "featured")
    db.session.refresh(walk)
    assert walk.hidden_at is None


@pytest.mark.databases
@pytest.mark.slow
@pytest.mark.settings(HOURLY_WALKS=2, HOURLY_WALKS_ADDRESS=2)
def test_allowance_of_a_token_is_counted_in_work_and_apart_from_its_address(client: FlaskClient) -> None:
    press, other = make("press", allowance=3), make("other", allowance=1)

    def ask(headers: dict[str, str] | None = None, **where: Any) -> int:
        return client.post("/api/v1/walks", json=ASKED, headers=headers, **where).status_code

    assert [ask() for _ in range(3)] == [202, 202, 429]
    assert [ask(press) for _ in range(2)] == [202, 202], "its address is full"
    assert ask(press, environ_base=ELSEWHERE) == 202
    refused = client.post("/api/v1/walks", json=ASKED, headers=press, environ_base=ELSEWHERE)
    assert refused.status_code == 429
    assert "The work of 3 usual walks within an hour is as much as we take with this token." in refused.json["detail"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 3601
    largest = {**ASKED, "frames": 240, "preset": "exact"}
    assert client.post("/api/v1/walks", json=largest, headers=other).status_code == 202
    assert ask(other) == 429
    assert ask(environ_base=ELSEWHERE) == 202, "what tokens ask for is not their address's"


def test_repeat_with_the_same_key_is_the_same_walk_from_wherever_it_is_sent(client: FlaskClient) -> None:
    headers = make() | {"Idempotency-Key": "sixteen characters, or more"}
    one = client.post("/api/v1/walks", json=ASKED, headers=headers).json["id"]
    assert client.post("/api/v1/walks", json=ASKED, headers=headers, environ_base=ELSEWHERE).json["id"] == one
    other = make("other") | {"Idempotency-Key": "sixteen characters, or more"}
    assert client.post("/api/v1/walks", json=ASKED, headers=other).json["id"] != one


def test_tokens_take_turns_of_their_own(client: FlaskClient) -> None:
    press = make()
    for _ in range(3):
        client.post("/api/v1/walks", json=ASKED)
    first = client.post("/api/v1/walks", json=ASKED, headers=press).json["id"]
    second = client.post("/api/v1/walks", json=ASKED, headers=press).json["id"]
    turns = {walk.id: walk.turn for walk in db.session.scalars(select(Walk))}
    assert (turns[first], turns[second]) == (0, 1)
