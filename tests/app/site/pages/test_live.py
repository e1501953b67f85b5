"""The part of a page that changes while its walk waits or is painted: written only where something changed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.site.pages import walk as walk_pages
from app.storage.database import db
from app.storage.walk_models import FINISHED, PAINTING, Medium, Walk
from app.walks.queue import fair_queue
from app.walks.saved import lifecycle
from app.walks.saved.lookup import walk_at_address
from tests.support.rows import Maker, change, store


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what templates are rendered."""
    names: list[str] = []
    render = walk_pages.render_template
    monkeypatch.setattr(
        walk_pages, "render_template", lambda name, **context: names.append(name) or render(name, **context)
    )
    return names


def look(client: FlaskClient, walk: Walk, before: TestResponse | None = None, **headers: str) -> TestResponse:
    """Look at the live part, with what the look before returned."""
    if before is not None:
        headers["If-None-Match"] = before.headers["ETag"]
    return client.get(f"/walks/{walk.id}/live", headers=headers)


@pytest.mark.databases
def test_unchanged_live_part_is_not_rendered(client: FlaskClient, request_walk: Maker, written: list[str]) -> None:
    walk = request_walk()
    first = look(client, walk)
    assert (first.status_code, len(written)) == (200, 1)
    again = look(client, walk, first)
    assert (again.status_code, again.data, len(written)) == (304, b"", 1)
    assert again.headers["Cache-Control"] == "no-cache"
    weak = look(client, walk, **{"If-None-Match": f"W/{first.headers['ETag']}"})  # as nginx makes it when it compresses
    assert weak.status_code == 304


def test_page_brings_along_what_its_live_part_knows(client: FlaskClient, request_walk: Maker) -> None:
    walk = request_walk()
    known = re.findall(r'data-known="([0-9a-f]{32})"', client.get(walk.url).text)
    assert known == [look(client, walk).headers["ETag"].strip('"')]
    assert look(client, walk, **{"If-None-Match": f'"{known[0]}"'}).status_code == 304


@pytest.mark.parametrize(
    "happened",
    [
        {"state": PAINTING},
        {"state": PAINTING, "painted_count": 1},
        {"state": PAINTING, "attempt": 7},
        {"state": PAINTING, "positions": [0.0, 1.0]},
        {"given_title": "Another"},
        {"unlisted": True},
        {"state": FINISHED},
    ],
)
def test_each_change_of_a_walk_is_shown(client: FlaskClient, request_walk: Maker, happened: dict[str, Any]) -> None:
    walk = request_walk()
    first = look(client, walk)
    change(walk, **happened)
    assert look(client, walk, first).status_code == 200


def test_a_film_that_grew_is_shown(client: FlaskClient, request_walk: Maker) -> None:
    walk = request_walk()
    first = look(client, walk)
    store(Medium(walk_number=walk.number, kind="gif", path="walks/x/y", bytes=1, etag="1" * 32))
    second = look(client, walk, first)
    assert second.status_code == 200
    change(Medium, Medium.walk_number == walk.number, etag="2" * 32)
    assert look(client, walk, second).status_code == 200


@pytest.mark.databases
@pytest.mark.usefixtures("living")
def test_a_line_that_moved_is_shown(client: FlaskClient, request_walk: Maker, publish: Maker) -> None:
    publish()
    before, walk = request_walk(visitor="ben"), request_walk(visitor="ann")
    first = look(client, walk)
    assert "Second" in first.text
    lifecycle.cancel(before)
    second = look(client, walk, first)
    assert second.status_code == 200
    assert "Second" not in second.text


@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(("seen", "left"), [("4.0", "seconds left"), ("1.0", "Nearly done"), ("0.0", "Nearly done")])
def test_used_up_estimate_is_nearly(
    client: FlaskClient, request_walk: Maker, publish: Maker, seen: str, left: str
) -> None:
    publish()
    walk = request_walk()
    change(walk, state=PAINTING)
    page = client.get(f"{walk.url}/live?seen={seen}").text
    assert [each in page for each in ("seconds left", "Nearly done")] == [left == "seconds left", left == "Nearly done"]


def test_owners_strangers_and_languages_have_answers_of_their_own(app: Flask, request_walk: Maker) -> None:
    owner, stranger = app.test_client(), app.test_client()
    owner.get("/")
    answer = owner.post("/walks", data={"prompt": ["a fox", "a kite"]})
    walk = walk_at_address(answer.headers["Location"].removeprefix("/walks/"))
    asked = [look(owner, walk), look(stranger, walk), look(stranger, walk, **{"Accept-Language": "de"})]
    assert len({each.headers["ETag"] for each in asked}) == 3
    assert ["/cancel" in each.text for each in asked] == [True, False, False]


@pytest.mark.parametrize("gone", [lifecycle.cancel, lifecycle.delete_walk])
def test_ended_walk_is_never_unchanged(client: FlaskClient, request_walk: Maker, gone: Callable[[Walk], None]) -> None:
    walk = request_walk()
    first = look(client, walk)
    gone(walk)
    db.session.rollback()
    assert look(client, walk, first).status_code == (200 if gone is lifecycle.cancel else 410)


@pytest.mark.parametrize("address", ["x", "%00", "a" * 16, "a" * 17, "-", "a" * 16 + "-a-fox"])
def test_address_of_nothing_has_no_live_part(client: FlaskClient, address: str) -> None:
    assert client.get(f"/walks/{address}/live", headers={"If-None-Match": "*"}).status_code == 404


def test_page_without_scripts_polls(client: FlaskClient, request_walk: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    far = fair_queue.QueueEstimate(4000, 7200.0, workers=1, wait=7200.0)
    monkeypatch.setattr(fair_queue, "find_estimate", lambda _walk: far)
    page = client.get(request_walk().url).text
    assert '<noscript><meta http-equiv="refresh" content="60;' in page
    assert 'data-again="60000"' in page
