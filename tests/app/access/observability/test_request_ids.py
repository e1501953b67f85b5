"""The id of a request: whose word is taken for it, and where it stands."""

import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.observability import log_lines
from app.storage.database import db
from app.storage.walk_models import Task, Walk
from app.walks.saved import lifecycle

SENT = "0123456789abcdef0123456789abcdef"
FOX = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}


def test_each_request_has_an_id_of_its_own(client: FlaskClient) -> None:
    ids = [client.get(path).headers["X-Request-ID"] for path in ("/about", "/about", "/no/such/page")]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


def test_visitor_without_a_proxy_in_front_is_not_believed(client: FlaskClient) -> None:
    assert client.get("/about", headers={"X-Request-ID": SENT}).headers["X-Request-ID"] != SENT


@pytest.mark.settings(PROXIES=1)
@pytest.mark.parametrize("sent", ["", "short", SENT.upper(), SENT + "0", f"{SENT[:-1]}\u00fc", "a b"])
def test_what_no_proxy_of_ours_would_send_is_not_taken(client: FlaskClient, sent: str) -> None:
    got = client.get("/about", headers={"X-Request-ID": sent.encode()}).headers["X-Request-ID"]
    assert got != sent
    assert re.fullmatch("[0-9a-f]{32}", got)


@pytest.mark.databases
@pytest.mark.settings(PROXIES=1)
def test_proxy_id_is_on_answer_walk_and_log_lines(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, str]] = []
    handler = logging.getLogger("app.walks.queue.jobs")
    monkeypatch.setattr(handler, "warning", lambda *_: heard.append(log_lines.ids()))  # Redis is away, it says
    answer = client.post("/api/v1/walks", json=FOX, headers={"X-Request-ID": SENT})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (202, SENT)
    walk = db.session.scalars(select(Walk)).one()
    assert walk.request_id == SENT
    assert heard
    assert {each["request_id"] for each in heard} == {SENT}
    lifecycle.delete_walk(walk)
    db.session.expire_all()
    assert db.session.scalars(select(Walk)).one().request_id is None


def test_walk_of_a_command_has_none(request_walk: object) -> None:
    assert request_walk().request_id is None  # type: ignore[operator]


@pytest.mark.databases
def test_short_task_keeps_it_in_its_piece(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/api/v1/candidates", json={"stop": {"prompt": "a fox"}, "seed": 1})
    assert answer.status_code == 202, answer.text
    piece = db.session.scalars(select(Task)).one()
    assert piece.payload == {"request_id": answer.headers["X-Request-ID"]}
