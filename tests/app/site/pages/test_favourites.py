"""The star on a walk's page, the list of favourites, and what others see of both: nothing."""

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.access.auth import rate_limits
from app.collection.gallery import favourites
from app.collection.moderation import curation
from app.site.pages import my_walks
from app.storage.walk_models import Walk
from tests.support.cookies import at_once
from tests.support.html import walks_on
from tests.support.rows import Maker

STAR = re.compile(r'name="favourite" value="(\d)" aria-pressed="(\w+)"')


def star_of(client: FlaskClient, walk: Walk) -> tuple[str, ...]:
    """Return what the star's button sends, and whether it is pressed."""
    found = STAR.search(client.get(walk.url).text)
    return found.groups() if found else ()


def mark(client: FlaskClient, walk: Walk, value: str = "1") -> None:
    answer = client.post(f"/walks/{walk.id}/favourite", data={"favourite": value})
    assert (answer.status_code, answer.location) == (303, f"{walk.url}#favourite")


def test_star_is_pressed_and_released_by_a_form(client: FlaskClient, walk: Walk) -> None:
    client.get(f"/walks/{walk.id}/favourite")
    assert star_of(client, walk) == ("1", "false")
    mark(client, walk)
    assert star_of(client, walk) == ("0", "true")
    assert walks_on(client.get("/mine/favourites").text) == [walk.id]
    mark(client, walk, "0")
    assert star_of(client, walk) == ("1", "false")
    assert "No walk has your star." in client.get("/mine/favourites").text


def test_visitor_without_a_cookie_gets_one_on_the_page_of_the_star_only(client: FlaskClient, walk: Walk) -> None:
    answer = client.get(walk.url)
    assert "Set-Cookie" not in answer.headers
    assert not STAR.search(answer.text)
    assert f'href="/walks/{walk.id}/favourite"' in answer.text
    answer = client.get(f"/walks/{walk.id}/favourite")
    assert "moma_visitor" in answer.headers["Set-Cookie"]
    assert STAR.search(answer.text)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_favourites_of_others_are_not_shown(app: Flask, client: FlaskClient, publish: Maker) -> None:
    walk, other = publish(), app.test_client()
    mark(client, walk)
    other.get(f"/walks/{walk.id}/favourite")
    assert star_of(other, walk) == ("1", "false")
    for page in ("/mine", "/mine/favourites"):
        assert walks_on(other.get(page).text) == []
        assert walks_on(app.test_client().get(page).text) == []


def test_unfinished_walk_has_no_star(client: FlaskClient, request_walk: Maker) -> None:
    walk = request_walk()
    client.get(f"/walks/{walk.id}/report")
    assert star_of(client, walk) == ()
    answer = client.post(f"/walks/{walk.id}/favourite")
    assert answer.status_code == 409
    assert "Only a walk that is painted can be a favourite." in answer.text


@pytest.mark.parametrize("act", [curation.hide, curation.take_down])
def test_hidden_and_deleted_walks_leave(client: FlaskClient, publish: Maker, act: Callable[[Walk], None]) -> None:
    walk, seen = publish("a quokka", "a kite"), publish("a moth", "a star")
    mark(client, walk)
    mark(client, seen)
    act(walk)
    for page in ("/mine", "/mine/favourites"):
        text = client.get(page).text
        assert walks_on(text) == [seen.id]
        assert "quokka" not in text
    assert client.post(f"/walks/{walk.id}/favourite").status_code == 410
    assert client.get(f"/walks/{walk.id}/favourite").status_code == 410


def test_my_walks_links_favourites(
    app: Flask, client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_walks, "FAVOURITES_SHOWN", 2)
    app.config["PAGE_SIZE"] = 2
    walks = [publish("a fox", f"kite {number}") for number in range(3)]
    for walk in walks:
        mark(client, walk)
    page = client.get("/mine").text
    assert walks_on(page) == [walks[2].id, walks[1].id]
    assert '<a href="/mine/favourites">All favourites: 3</a>' in page
    assert "Nothing here is yours yet." not in page
    first = client.get("/mine/favourites").text
    assert "3 walks with your star" in first
    older = client.get(html.unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])).text
    assert walks_on(first) + walks_on(older) == [walk.id for walk in reversed(walks)]


def test_deleting_all_data_takes_the_stars_along(client: FlaskClient, walk: Walk) -> None:
    mark(client, walk)
    assert "Your favourites are gone." in client.post("/mine/delete", data={"sure": "1"}).text
    assert star_of(client, walk) == ("1", "false")
    assert "There was nothing of yours to delete." in client.post("/mine/delete", data={"sure": "1"}).text


def test_favourites_are_counted_by_the_hour(
    client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "FAVOURITE", replace(rate_limits.FAVOURITE, most=(1,)))
    first, second = publish("a fox", "a kite"), publish("a moth", "a star")
    mark(client, first)
    mark(client, first)
    answer = client.post(f"/walks/{second.id}/favourite")
    assert answer.status_code == 429
    assert "1 favourites within an hour are as many as we take from one visitor." in answer.text
    mark(client, first, "0")


@pytest.mark.databases
def test_limit_holds_at_once(app: Flask, client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favourites, "FAVOURITES_MAX", 2)
    walks = [publish("a fox", f"a kite no. {number}") for number in range(6)]
    answers = at_once(app, client, [(f"/walks/{walk.id}/favourite", {}) for walk in walks])
    assert sorted(answers) == [303] * 2 + [409] * 4
