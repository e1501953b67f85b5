"""The page that others may frame."""

import html
import re

import pytest
from flask.testing import FlaskClient

from app.site.publishing import embed
from app.site.web.security_headers import POLICY
from app.storage.walk_models import CANCELLED, QUEUED, Walk
from app.walks.saved import lifecycle, media_urls
from tests.support.html import Elements
from tests.support.rows import Maker


def policy(header: str) -> dict[str, str]:
    return dict(directive.split(" ", 1) for directive in header.split("; "))


def test_embedded_page_may_be_framed_and_nothing_else_is_loosened(client: FlaskClient, publish: Maker) -> None:
    sent = policy(client.get(f"/walks/{publish().id}/embed").headers["Content-Security-Policy"])
    assert sent.pop("frame-ancestors") == "*"
    assert sent["default-src"] == "'none'"
    assert "script-src" not in sent
    usual = policy(POLICY)
    assert all(value in ("'none'", "'self'") and name in usual for name, value in sent.items())


def test_walks_own_page_may_not_be_framed(client: FlaskClient, publish: Maker) -> None:
    assert policy(client.get(publish().url).headers["Content-Security-Policy"])["frame-ancestors"] == "'none'"


def test_embedded_page_has_the_film_a_still_a_pause_and_a_way_back(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a <b>fox</b>", "a kite")
    answer = client.get(f"/walks/{walk.id}/embed")
    page = Elements(answer.text)
    moving, still = page.of("img")
    assert [source["srcset"] for source in page.of("source")] == [media_urls.film_address(walk, "webp")]
    assert (moving["src"], still["src"]) == (
        media_urls.film_address(walk, "gif"),
        media_urls.film_address(walk, "poster"),
    )
    assert [box["id"] for box in page.of("input")] == [label["for"] for label in page.of("label")] == ["turn"]
    link, *credited = page.of("a")
    assert (link["href"], link["target"]) == (walk.url, "_blank")
    assert {each["target"] for each in credited} == {"_blank"}
    assert all(each["href"].startswith("https://") and "noopener" in each["rel"] for each in credited)
    assert not page.of("script")
    assert not page.of("b")
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


def test_embedded_page_answers_not_modified(client: FlaskClient, publish: Maker) -> None:
    address = f"/walks/{publish().id}/embed"
    same = client.get(address, headers={"If-None-Match": client.get(address).headers["ETag"]})
    assert same.status_code == 304
    assert policy(same.headers["Content-Security-Policy"])["frame-ancestors"] == "*"


@pytest.mark.parametrize(("state", "said"), [(QUEUED, "Waiting to be painted."), (CANCELLED, "Not painted.")])
def test_embedded_page_polls_while_waiting(client: FlaskClient, request_walk: Maker, state: str, said: str) -> None:
    walk = request_walk()
    if state == CANCELLED:
        lifecycle.cancel(walk)
    page = client.get(f"/walks/{walk.id}/embed").text
    assert said in page
    assert ('<meta http-equiv="refresh" content="5">' in page) is ("refresh" in page) is (state == QUEUED)


def test_what_is_not_there_says_so_in_the_frame(client: FlaskClient, walk: Walk) -> None:
    lifecycle.delete_walk(walk)
    gone, never = client.get(f"/walks/{walk.id}/embed"), client.get("/walks/never/embed")
    assert (gone.status_code, never.status_code) == (410, 404)
    assert "This walk was deleted." in gone.text
    assert "There is nothing at this address." in never.text
    assert all(policy(answer.headers["Content-Security-Policy"])["frame-ancestors"] == "*" for answer in (gone, never))


def test_unlisted_walk_is_embedded_by_those_who_have_its_address(client: FlaskClient, publish: Maker) -> None:
    assert media_urls.film_address(walk := publish(unlisted=True), "gif") in client.get(f"/walks/{walk.id}/embed").text


@pytest.mark.slow
def test_walks_page_offers_the_code_that_frames_it(client: FlaskClient, publish: Maker) -> None:
    walk = publish('a "fox" <i>', "a kite")
    page = client.get(walk.url).text
    offered = html.unescape(re.search(r'<p class="plain" id="embed"[^>]*>(.*?)</p>', page)[1])  # type: ignore[index]
    ((tag, frame),) = Elements(offered).found
    assert tag == "iframe"
    assert frame["src"] == f"http://localhost/walks/{walk.id}/embed"
    assert frame["title"] == walk.title
    assert client.get(f"/walks/{walk.id}/embed").status_code == 200


@pytest.mark.parametrize(
    ("picture", "limits", "expected"),
    [
        ((128, 128), {}, (434, 498)),
        ((256, 128), {}, (434, 281)),
        ((128, 256), {}, (217, 498)),
        ((128, 128), {"max_width": 200}, (200, 498)),
        ((128, 128), {"max_width": 200, "max_height": 100}, (200, 100)),
        ((128, 128), {"max_width": 9000, "max_height": 9000}, (434, 498)),
    ],
)
def test_frame_is_as_large_as_film_and_caption_within_what_is_allowed(
    walk: Walk, picture: tuple[int, int], limits: dict[str, int], expected: tuple[int, int]
) -> None:
    walk.width, walk.height = picture
    walk.drawings = None  # whose credits need room beneath it
    assert embed.size(walk, **limits) == expected
