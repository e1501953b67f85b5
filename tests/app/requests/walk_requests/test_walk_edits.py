"""Retitled and unlisted walks: what is shown of them then, and to whom."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.collection.gallery import catalogue
from app.collection.moderation import curation
from app.collection.search import reindexing
from app.core.errors import InvalidInput, WalkGone
from app.requests.walk_requests import walk_edits
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle, lookup
from tests.conftest import Maker

TITLE = "Breakfast in July"
CONTROL = "The title contains control characters. Use letters, digits and punctuation only."
WRONG = [
    ({"title": ""}, "title", "The title is empty. Write at least one word."),
    ({"title": " \u200b "}, "title", "The title is empty. Write at least one word."),
    ({"title": "a" * 301}, "title", "The title is 301 characters long; at most 300 are read."),
    ({"title": "a\x00b"}, "title", CONTROL),
    ({"title": 7}, "title", "The title must be a text of 1 to 300 characters, or null."),
    ({"unlisted": None}, "unlisted", "unlisted must be true or false."),
    ({"unlisted": 1}, "unlisted", "unlisted must be true or false."),
    ({"seed": 7}, "seed", "seed is not a field of a walk."),
    ([], "", 'A change must be an object such as {"title": "Breakfast in July"}.'),
]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def change(walk: Walk, **fields: Any) -> None:
    walk_edits.apply(walk, walk_edits.validate(fields))


@pytest.mark.parametrize(("data", "field", "message"), WRONG)
def test_unusable_change_names_field_and_limit(client: FlaskClient, data: Any, field: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        walk_edits.validate(data)
    assert [(error.field, error.message) for error in refused.value.errors] == [(field, message)]


def test_title_is_shown_wherever_the_walk_is(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    change(walk, title="  Breakfast \n in July ")
    assert walk.url == f"/walks/{walk.id}-breakfast-in-july"
    for address in (
        walk.url,
        "/gallery",
        "/feed.xml",
        f"/walks/{walk.id}/embed",
        f"/oembed?url=http://localhost{walk.url}",
    ):
        assert TITLE in client.get(address).text, address
    described = client.get(f"/api/v1/walks/{walk.id}").json
    assert (described["title"], described["url"]) == (TITLE, walk.url)


@pytest.mark.databases
def test_search_finds_title_and_stops(publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    change(walk, title=TITLE)
    for words in ("breakfast", "july fox", "kite"):
        assert [found.id for found in catalogue.page(words).walks] == [walk.id]
    list(reindexing.reindex())
    walk = lookup.walk_at_address(walk.id)
    assert [found.id for found in catalogue.page("breakfast").walks] == [walk.id]
    change(walk, title=None)
    assert catalogue.page("breakfast").walks == []
    assert walk.title == "A fox, a kite"


@pytest.mark.databases
@pytest.mark.slow
def test_slug_of_before_leads_to_that_of_today(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    old = walk.url
    change(walk, title=TITLE)
    for address in (old, f"/walks/{walk.id}-", f"/walks/{walk.id}-x?seen=3.0"):
        answer = client.get(address)
        _, _, query = address.partition("?")
        assert (answer.status_code, answer.headers["Location"]) == (302, walk.url + (f"?{query}" if query else ""))
        assert answer.headers["Cache-Control"] == "no-cache"
    for address in (walk.url, f"/walks/{walk.id}"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert f'<link rel="canonical" href="http://localhost{walk.url}">' in answer.text


def test_title_in_another_script_has_no_slug_and_an_address(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    change(walk, title="七月の朝食")
    assert walk.url == f"/walks/{walk.id}"
    assert "七月の朝食" in client.get(f"/walks/{walk.id}-a-fox-a-kite", follow_redirects=True).text


def test_title_is_text_and_nothing_else(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    change(walk, title="<script>alert(1)</script>")
    for address in (walk.url, "/gallery", "/feed.xml", f"/walks/{walk.id}/embed"):
        assert "<script>alert" not in client.get(address).text


@pytest.mark.databases
def test_unlisted_walk_leaves_the_gallery_and_comes_back_to_its_place(client: FlaskClient, publish: Maker) -> None:
    walks = [publish("a fox", name, minutes_ago=minutes) for minutes, name in enumerate(("a kite", "a boat", "a sun"))]
    change(walks[1], unlisted=True)
    assert [walk.id for walk in catalogue.page().walks] == [walks[0].id, walks[2].id]
    for address in ("/gallery?q=boat", "/feed.xml", "/api/v1/walks"):
        assert walks[1].id not in client.get(address).text
    assert client.get(f"/oembed?url=http://localhost{walks[1].url}").status_code == 404
    assert client.get(walks[1].url).headers["X-Robots-Tag"] == "noindex"
    change(walks[1], unlisted=False)
    assert [walk.id for walk in catalogue.page().walks] == [walk.id for walk in walks]


@pytest.mark.databases
def test_walk_that_was_taken_down_meanwhile_is_not_retitled(publish: Maker) -> None:
    walk = publish()
    change(walk, title=TITLE)
    wanted = walk_edits.validate({"title": "Supper"})
    lifecycle.delete_walk(walk)
    assert (walk.given_title, walk.first_stop_key, walk.last_stop_key) == (None, None, None)
    with pytest.raises(WalkGone):
        walk_edits.apply(walk, wanted)


# For programs


@pytest.mark.databases
def test_owner_changes_a_walk_by_its_token(client: FlaskClient, publish: Maker) -> None:
    address = f"/api/v1/walks/{publish(visitor='ann').id}"
    answer = client.patch(address, json={"title": TITLE, "unlisted": True}, headers=bearer("secret of ann"))
    assert (answer.status_code, answer.json["title"], answer.json["unlisted"]) == (200, TITLE, True)
    answer = client.patch(address, json={"title": None}, headers=bearer("secret of ann"))
    assert (answer.json["title"], answer.json["unlisted"]) == ("A fox, a kite", True)
    answer = client.patch(address, json={}, headers=bearer("secret of ann"))
    assert (answer.status_code, answer.json["unlisted"]) == (200, True)


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (bearer("wrong"), 403), (bearer("secret of ben"), 403)])
def test_other_visitors_do_not_change_it(
    client: FlaskClient, publish: Maker, headers: dict[str, str], status: int
) -> None:
    walk = publish(visitor="ann")
    answer = client.patch(f"/api/v1/walks/{walk.id}", json={"title": TITLE}, headers=headers)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert client.get(f"/api/v1/walks/{walk.id}").json["title"] == "A fox, a kite"


def test_unusable_title_is_a_problem_that_names_it(client: FlaskClient, publish: Maker) -> None:
    walk = publish(visitor="ann")
    answer = client.patch(f"/api/v1/walks/{walk.id}", json={"title": "a" * 301}, headers=bearer("secret of ann"))
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"field": "title", "pointer": "#/title", "message": "The title is 301 characters long; at most 300 are read."}
    ]


@pytest.mark.parametrize("take_down", [lifecycle.delete_walk, curation.hide])
def test_deleted_walk_cannot_be_changed(client: FlaskClient, publish: Maker, take_down: Callable[[Walk], None]) -> None:
    walk = publish(visitor="ann")
    take_down(walk)
    answer = client.patch(f"/api/v1/walks/{walk.id}", json={"title": TITLE}, headers=bearer("secret of ann"))
    assert answer.status_code == 410
