"""The page of museum mode and the films that it asks for."""

import re

import pytest
from flask.testing import FlaskClient

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.storage.walk_models import Walk
from app.walks.saved import media_urls
from tests.support import walk_rows
from tests.support.html import Elements
from tests.support.rows import change

EVEN = [0, 0.25, 0.5, 0.75, 1]


def film(prompt: str) -> Walk:
    """Publish a film."""
    walk = walk_rows.request_walk(prompt, "the sun", frames=5)
    change(walk, positions=EVEN, fps=8.0)
    walk_rows.paint(walk, EVEN, 0)
    walk_rows.finish(walk)
    return walk


def test_first_page_holds_the_first_film_and_says_where_the_next_are(client: FlaskClient) -> None:
    walks = [film("a fox"), film("a kite"), film("a boat")]
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", walks=[walk.id for walk in walks]))
    answer = client.get("/slideshow?exhibition=hall")
    assert answer.status_code == 200
    main = next(each for each in Elements(answer.text).of("main"))
    assert media_urls.film_address(walks[0], "mp4") in main["data-first"]
    result = client.get(main["data-films"]).json
    assert [each["id"] for each in result["films"]] == [walk.id for walk in walks[1:]]
    again = client.get(result["next"]).json
    assert [each["id"] for each in again["films"]] == [walk.id for walk in walks], "the order begins again"


def test_without_a_script_every_film_of_an_exhibition_is_come_to(client: FlaskClient) -> None:
    walks = [film("a fox"), film("a kite"), film("a boat")]
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", walks=[walk.id for walk in walks]))
    address, seen = "/slideshow?exhibition=hall&seconds=30", []
    for _ in walks:
        page = client.get(address).text
        seen.append(re.search(r"/media/(\w+)/poster", page)[1])  # type: ignore[index]
        refresh = re.search(r'http-equiv="refresh" content="30;url=([^"]+)"', page)
        assert refresh is not None
        address = refresh[1].replace("&amp;", "&")
    assert seen == [walk.id for walk in walks]
    assert address == "/slideshow?exhibition=hall&seconds=30"


def test_film_says_for_how_long_it_holds_its_ends_and_is_shown_whole(client: FlaskClient) -> None:
    walk = film("a fox")
    answer = client.get("/slideshow/films").json["films"][0]
    assert (answer["count"], answer["ending"], answer["hold"]) == (5, "stop", 0)
    change(walk, hold=80)
    assert client.get("/slideshow/films").json["films"][0]["hold"] == 80
    assert 'http-equiv="refresh" content="22;' in client.get("/slideshow?seconds=5").text


def test_page_may_show_the_films_that_it_keeps_and_run_no_other_script(client: FlaskClient) -> None:
    film("a fox")
    policy = client.get("/slideshow").headers["Content-Security-Policy"]
    assert "media-src 'self' blob:" in policy
    assert "img-src 'self' blob: data:" in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("query", ["seconds=0", "quiet=late", "exhibition=hall&q=sea", "at=made-up"])
def test_unusable_address_is_refused_in_the_form_it_came_in(client: FlaskClient, query: str) -> None:
    field = "q" if "q=" in query else "cursor" if "at=" in query else query.partition("=")[0]
    page = client.get(f"/slideshow?{query}")
    assert page.status_code == 422
    assert field in page.text
    answer = client.get(f"/slideshow/films?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_exhibition_that_is_none_is_not_found(client: FlaskClient) -> None:
    assert client.get("/slideshow?exhibition=none").status_code == 404
    assert client.get("/slideshow/films?exhibition=none").json["status"] == 404


def test_nothing_to_show_is_said(client: FlaskClient) -> None:
    page = client.get("/slideshow")
    assert page.status_code == 200
    assert "There are no walks to show at the moment." in page.text
    assert "<script" not in page.text
    assert client.get("/slideshow/films").json["films"] == []


def test_gallery_search_and_exhibition_lead_to_it(client: FlaskClient) -> None:
    walk = film("a fox")
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", walks=[walk.id]))
    for page, address in (
        ("/gallery", "/slideshow"), ("/gallery?q=fox", "/slideshow?q=fox"),
        ("/exhibitions/hall", "/slideshow?exhibition=hall"),
    ):  # fmt: skip
        assert f'href="{address}"' in client.get(page).text
        assert client.get(address).status_code == 200
