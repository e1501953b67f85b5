"""What a walk's page says of the walk to search engines and link previews: whole addresses, nothing escapes."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.collection.moderation import curation
from app.storage.database import writing
from app.storage.walk_models import Walk
from app.walks.saved import media_urls
from tests.support.html import Elements
from tests.support.rows import Maker

NASTY = ("</script><script>alert(1)</script>", '"}]} <!-- & \u2028')


class DataBlocks(HTMLParser):
    """Collect the text of ``application/ld+json`` blocks, and count scripts of any other kind without an address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.inline = 0
        self.is_inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.is_inside = ("type", "application/ld+json") in attrs
            self.inline += not self.is_inside and "src" not in dict(attrs)

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.blocks.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.is_inside = False


def described(client: FlaskClient, walk: Walk, base: str = "http://localhost") -> dict[str, Any]:
    found = DataBlocks(client.get(walk.url, base_url=base).text)
    assert found.inline == 0
    (block,) = found.blocks
    return dict(json.loads(block))


def card(client: FlaskClient, address: str, base: str = "http://localhost") -> dict[str, str]:
    metas = Elements(client.get(address, base_url=base).text).of("meta")
    return {meta.get("property") or meta.get("name") or "": meta.get("content") or "" for meta in metas}


def test_walk_is_described_as_a_work_of_art(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite", frames=26, ending="back")
    art = described(client, walk)
    assert (art["@context"], art["@type"], art["name"]) == ("https://schema.org", "VisualArtwork", "A fox, a kite")
    assert art["url"] == "http://localhost" + walk.url
    assert art["image"] == "http://localhost" + media_urls.film_address(walk, "poster")
    assert art["keywords"] == ["a fox", "a kite"]
    film = art["associatedMedia"]
    assert film["contentUrl"] == "http://localhost" + media_urls.film_address(walk, "mp4")
    assert (film["encodingFormat"], film["duration"]) == ("video/mp4", "PT4.00S")
    with writing():
        walk.hold = 13
    assert described(client, walk)["associatedMedia"]["duration"] == "PT6.08S"
    assert client.get(film["embedUrl"].removeprefix("http://localhost")).status_code == 200


@pytest.mark.parametrize("prompt", NASTY)
def test_prompt_cannot_leave_the_description(client: FlaskClient, publish: Maker, prompt: str) -> None:
    walk = publish(prompt, "a kite")
    art = described(client, walk)
    assert art["keywords"] == [stop.prompt for stop in walk.stops]
    assert art["name"] == walk.title
    assert "alert(1)</script>" not in client.get(walk.url).text


def test_walk_that_is_not_public_is_not_described(client: FlaskClient, publish: Maker, request_walk: Maker) -> None:
    for walk in (publish(unlisted=True), request_walk()):
        assert DataBlocks(client.get(walk.url).text).blocks == []


def test_link_preview_has_the_poster_and_the_film_with_its_size(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    tags = card(client, walk.url)
    assert (tags["og:title"], tags["og:url"]) == (walk.title, "http://localhost" + walk.url)
    assert tags["og:image"] == "http://localhost" + media_urls.film_address(walk, "poster")
    assert tags["og:image:alt"] == "A fox, a kite: a still picture of a film"
    assert tags["og:video"] == "http://localhost" + media_urls.film_address(walk, "mp4")
    assert (tags["og:video:type"], tags["og:video:width"], tags["og:video:height"]) == ("video/mp4", "128", "128")
    assert "og:video:secure_url" not in tags
    assert tags["twitter:card"] == "summary"
    secure = card(client, walk.url, "https://walks.example")
    assert (
        secure["og:video:secure_url"]
        == secure["og:video"]
        == "https://walks.example" + media_urls.film_address(walk, "mp4")
    )


def test_hidden_walk_tells_link_previews_nothing(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    curation.hide(walk)
    page = client.get(f"/walks/{walk.id}")  # who asks by the slug knows it
    assert page.status_code == 410
    assert "og:" not in page.text
    assert "fox" not in page.text
