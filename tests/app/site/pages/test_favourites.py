"""The star on a walk's page, the list of favourites, and what others see of both: nothing."""

from __future__ import annotations

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

Hanger = Callable[..., Walk]
STAR = re.compile(r'name="favourite" value="(\d)" aria-pressed="(\w+)"')


def star_of(client: FlaskClient, walk: Walk) -> tuple[str, ...]:
    """Return what the star's button sends, and whether it is pressed."""
    found = STAR.search(client.get(walk.url).text)
    return found.groups() if found else ()


def mark(client: FlaskClient, walk: Walk, value: str = "1") -> None:
    answer = client.post(f"/walks/{walk.id}/favourite", data={"favourite": value})
    assert (answer.status_code, answer.location) == (303, f"{walk.url}#favourite")


def shown(page: str) -> list[str]:
    return re.findall(r'class="picture" href="/walks/([a-z0-9]{16})', page)


def test_star_is_pressed_and_released_by_a_form(client: FlaskClient, hung: Hanger) -> None:
    walk = hung()
    client.get(f"/walks/{walk.id}/favourite")
    assert star_of(client, walk) == ("1", "false")
    mark(client, walk)
    assert star_of(client, walk) == ("0", "true")
    assert shown(client.get("/mine/favourites").text) == [walk.id]
    mark(client, walk, "0")
    assert star_of(client, walk) == ("1", "false")
    assert "No walk has your star." in client.get("/mine/favourites").text


def test_visitor_without_a_cookie_gets_one_on_the_page_of_the_star_only(client: FlaskClient, hung: Hanger) -> None:
    walk = hung()
    answer = client.get(walk.url)
    assert "Set-Cookie" not in answer.headers
    assert not STAR.search(answer.text)
    assert f'href="/walks/{walk.id}/favourite"' in answer.text
    answer = client.get(f"/walks/{walk.id}/favourite")
    assert "moma_visitor" in answer.headers["Set-Cookie"]
    assert STAR.search(answer.text)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_favourites_of_others_are_not_shown(app: Flask, client: FlaskClient, hung: Hanger) -> None:
    walk, other = hung(), app.test_client()
    mark(client, walk)
    other.get(f"/walks/{walk.id}/favourite")
    assert star_of(other, walk) == ("1", "false")
    for page in ("/mine", "/mine/favourites"):
        assert shown(other.get(page).text) == []
        assert shown(app.test_client().get(page).text) == []


def test_unfinished_walk_has_no_star(client: FlaskClient, commissioned: Hanger) -> None:
    walk = commissioned()
    client.get(f"/walks/{walk.id}/report")
    assert star_of(client, walk) == ()
    answer = client.post(f"/walks/{walk.id}/favourite")
    assert answer.status_code == 409
    assert "Only a walk that is painted can be a favourite." in answer.text


@pytest.mark.parametrize("act", [curation.hide, curation.take_down])
def test_hidden_and_deleted_walks_are_no_favourites(
    client: FlaskClient, hung: Hanger, act: Callable[[Walk], None]
) -> None:
    walk, seen = hung("a quokka", "a kite"), hung("a moth", "a star")
    mark(client, walk)
    mark(client, seen)
    act(walk)
    for page in ("/mine", "/mine/favourites"):
        text = client.get(page).text
        assert shown(text) == [seen.id]
        assert "quokka" not in text
    assert client.post(f"/walks/{walk.id}/favourite").status_code == 410
    assert client.get(f"/walks/{walk.id}/favourite").status_code == 410


def test_my_walks_shows_some_favourites_and_leads_to_all(
    app: Flask, client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_walks, "FAVOURITES_SHOWN", 2)
    app.config["PAGE_SIZE"] = 2
    walks = [hung("a fox", f"kite {number}") for number in range(3)]
    for walk in walks:
        mark(client, walk)
    page = client.get("/mine").text
    assert shown(page) == [walks[2].id, walks[1].id]
    assert '<a href="/mine/favourites">All favourites: 3</a>' in page
    assert "Nothing here is yours yet." not in page
    first = client.get("/mine/favourites").text
    assert "3 walks with your star" in first
    older = client.get(html.unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])).text
    assert shown(first) + shown(older) == [walk.id for walk in reversed(walks)]


def test_forged_cursor_is_refused(client: FlaskClient, hung: Hanger) -> None:
    mark(client, hung())
    answer = client.get("/mine/favourites?cursor=forged")
    assert answer.status_code == 422
    assert "This cursor was not made here." in answer.text


def test_deleting_all_data_takes_the_stars_along(client: FlaskClient, hung: Hanger) -> None:
    walk = hung()
    mark(client, walk)
    assert "Your favourites are gone." in client.post("/mine/delete", data={"sure": "1"}).text
    assert star_of(client, walk) == ("1", "false")
    assert "There was nothing of yours to delete." in client.post("/mine/delete", data={"sure": "1"}).text


def test_favourites_are_counted_by_the_hour(client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "FAVOURITE", replace(rate_limits.FAVOURITE, most=(1,)))
    first, second = hung("a fox", "a kite"), hung("a moth", "a star")
    mark(client, first)
    mark(client, first)
    answer = client.post(f"/walks/{second.id}/favourite")
    assert answer.status_code == 429
    assert "1 favourites within an hour are as many as we take from one visitor." in answer.text
    mark(client, first, "0")


@pytest.mark.databases
def test_stars_at_once_do_not_exceed_the_limit(
    app: Flask, client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites, "FAVOURITES_MAX", 2)
    walks = [hung("a fox", f"a kite no. {number}") for number in range(6)]
    answers = at_once(app, client, [(f"/walks/{walk.id}/favourite", {}) for walk in walks])
    assert sorted(answers) == [303] * 2 + [409] * 4
