"""The feed, read by a feed reader; oEmbed; the word to robots. What is hidden shows in none of them."""

import re
import urllib.robotparser
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import feedparser
import pytest
from flask.testing import FlaskClient

from app.site.publishing.feed import ENTRIES
from app.storage.walk_models import PAINTING, Walk
from app.walks.saved import lifecycle, media_urls
from tests.support.html import Elements
from tests.support.rows import Maker, change

ATOM = "{http://www.w3.org/2005/Atom}"


def read(client: FlaskClient, address: str = "/feed.xml") -> Any:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    feed = feedparser.parse(answer.data, response_headers={"content-type": answer.content_type})
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    return feed


def ask(client: FlaskClient, url: str | None, **parameters: object) -> Any:
    return client.get("/oembed?" + urlencode({"url": url, **parameters} if url is not None else parameters))


@pytest.fixture
def hidden(client: FlaskClient, publish: Maker, request_walk: Maker) -> list[Walk]:
    """Make walks that must not show: unlisted, deleted, waiting, being painted, cancelled."""
    unlisted, deleted, painting = publish(unlisted=True), publish(), publish()
    lifecycle.delete_walk(deleted)
    change(painting, state=PAINTING)
    cancelled = request_walk()
    lifecycle.cancel(cancelled)
    return [unlisted, deleted, painting, cancelled, request_walk()]


def test_feed_reader_accepts_the_feed_and_finds_the_newest_walks_first(client: FlaskClient, publish: Maker) -> None:
    publish("an old boot", "a kite", minutes_ago=5)
    walk = publish("a <fox> & friends", "a kite")
    feed = read(client)
    assert [entry.title for entry in feed.entries] == ["A <fox> & friends, a kite", "An old boot, a kite"]
    entry = feed.entries[0]
    assert entry.link == "http://localhost" + walk.url
    assert entry.media_thumbnail[0]["url"] == "http://localhost" + media_urls.film_address(walk, "poster")
    (enclosure,) = entry.enclosures
    assert (enclosure.type, enclosure.href) == ("video/mp4", "http://localhost" + media_urls.film_address(walk, "mp4"))
    assert entry.published_parsed[:6] == walk.finished_at.timetuple()[:6]
    picture = Elements(entry.content[0].value).of("img")[0]
    assert picture["src"] == "http://localhost" + media_urls.film_address(walk, "poster")
    assert f"Seed {walk.seed}" in entry.content[0].value
    assert client.get(enclosure.href.removeprefix("http://localhost")).data == b"mp4"


def test_feed_has_what_rfc_4287_asks_for(client: FlaskClient, walk: Walk) -> None:
    root = ElementTree.fromstring(client.get("/feed.xml").data)  # noqa: S314, our own
    for element in (root, root.find(f"{ATOM}entry")):
        assert element is not None
        for name in ("id", "title", "updated"):
            assert (element.findtext(f"{ATOM}{name}") or "").strip()
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "MoMA Lisa"
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"self": "http://localhost/feed.xml", "alternate": "http://localhost/gallery"}


def test_length_is_that_of_the_film_as_it_is_shown(client: FlaskClient, publish: Maker) -> None:
    publish(frames=26, ending="back")
    assert "26 frames, 4 seconds" in read(client).entries[0].content[0].value


def test_entry_keeps_its_name_when_the_site_moves(client: FlaskClient, walk: Walk) -> None:
    names = [
        feedparser.parse(client.get("/feed.xml", base_url=base).data).entries[0].id
        for base in ("http://localhost", "https://walks.example")
    ]
    assert names[0] == names[1]
    assert names[0].startswith("urn:uuid:")


def test_feed_of_a_search_holds_what_it_finds(client: FlaskClient, publish: Maker) -> None:
    publish("a bear", "a lamp")
    publish("a fox", "a kite")
    feed = read(client, "/feed.xml?q=bear")
    assert [entry.title for entry in feed.entries] == ["A bear, a lamp"]
    assert feed.feed.title == "MoMA Lisa: bear"
    assert feed.feed.id == "http://localhost/feed.xml?q=bear"


@pytest.mark.parametrize("query", ["", "?q=zeppelin", "?q=%26%3C%3E%22", "?q=%00%0b%EF%BF%BF"])
def test_feed_without_walks_is_a_feed(client: FlaskClient, query: str) -> None:
    assert read(client, "/feed.xml" + query).entries == []


def test_feed_refuses_what_the_search_refuses(client: FlaskClient) -> None:
    assert client.get("/feed.xml?q=" + "x" * 5000).status_code == client.get("/gallery?q=" + "x" * 5000).status_code


def test_prompt_with_characters_that_xml_forbids_breaks_no_feed(client: FlaskClient, publish: Maker) -> None:
    publish("a fox \uffff\ufffe", "]]> \U0001f43b \x9d".strip("\x9d "))
    assert read(client).entries[0].title == "A fox \ufffd\ufffd, ]]> \U0001f43b"


@pytest.mark.slow
def test_feed_ends_after_the_newest(client: FlaskClient, publish: Maker) -> None:
    for minutes in range(ENTRIES + 2):
        publish(minutes_ago=minutes)
    assert len(read(client).entries) == ENTRIES


def test_feed_answers_not_modified_until_a_walk_is_published(client: FlaskClient, publish: Maker) -> None:
    publish()
    etag = {"If-None-Match": client.get("/feed.xml").headers["ETag"]}
    assert client.get("/feed.xml", headers=etag).status_code == 304
    publish("a bear", "a lamp")
    assert client.get("/feed.xml", headers=etag).status_code == 200


def test_pages_name_the_feed(client: FlaskClient, walk: Walk) -> None:
    for address, feed in (("/", "/feed.xml"), ("/about", "/feed.xml"), ("/gallery?q=fox+kite", "/feed.xml?q=fox+kite")):
        page = Elements(client.get(address).text)
        assert [link["href"] for link in page.of("link") if link.get("type") == "application/atom+xml"] == [feed]
        assert "/feed.xml" in [link["href"] for link in page.of("a")]


def test_walks_page_leads_to_its_description_for_embedding(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox & friends", "a kite")
    page = Elements(client.get(walk.url).text)
    (address,) = [link["href"] for link in page.of("link") if link.get("type") == "application/json+oembed"]
    assert address.startswith("http://localhost/oembed?url=http")
    answer = client.get(address)
    assert answer.status_code == 200
    assert (answer.json["version"], answer.json["type"], answer.json["title"]) == ("1.0", "video", walk.title)
    (frame,) = Elements(answer.json["html"]).of("iframe")
    assert frame["src"] == f"http://localhost/walks/{walk.id}/embed"
    assert (frame["width"], frame["height"]) == (str(answer.json["width"]), str(answer.json["height"]))
    assert answer.json["thumbnail_url"] == "http://localhost" + media_urls.film_address(walk, "poster")


@pytest.mark.parametrize(
    "url",
    ["http://localhost/walks/{id}", "https://localhost/walks/{id}", "http://localhost:80/walks/{id}-a-fox-a-kite",
     "https://LOCALHOST:443/walks/{id}/", "http://localhost/walks/{id}/embed", "http://localhost/walks/{id}?utm=1#top"],
)  # fmt: skip
def test_oembed_knows_the_addresses_of_a_walk(client: FlaskClient, publish: Maker, url: str) -> None:
    assert ask(client, url.format(id=publish().id)).status_code == 200


@pytest.mark.parametrize(
    ("url", "asked", "status"),
    [
        *((url, {}, 404) for url in (
            "http://elsewhere.example/walks/{id}", "http://localhost:8080/walks/{id}", "ftp://localhost/walks/{id}",
            "//localhost/walks/{id}", "/walks/{id}", "{id}", "http://localhost/", "http://localhost/walks/",
            "http://[/", "http://localhost/walks/{id}.gif", "http://localhost/gallery",
            "http://localhost:x/walks/{id}", "http://localhost@elsewhere.example/walks/{id}",
            "http://localhost/walks/abcdefghjkmnpqrs", "\x00",
        )),
        ("http://localhost/walks/{id}", {"format": "xml"}, 501),
    ],
)  # fmt: skip
def test_oembed_knows_nothing_that_is_not_ours_and_no_xml(
    client: FlaskClient, publish: Maker, url: str, asked: dict[str, str], status: int
) -> None:
    answer = ask(client, url.format(id=publish().id), **asked)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_oembed_shows_nothing_hidden(client: FlaskClient, hidden: list[Walk]) -> None:
    assert {ask(client, f"http://localhost/walks/{walk.id}").status_code for walk in hidden} == {404}
    pages = [client.get(walk.url).text for walk in hidden if walk.stops]
    assert not any("oembed" in page for page in pages)


def test_oembed_keeps_to_the_space_that_is_given(client: FlaskClient, publish: Maker) -> None:
    url = f"http://localhost/walks/{publish().id}"
    small = ask(client, url, maxwidth=100, maxheight=90).json
    assert (small["width"], small["height"]) == (100, 90)
    assert "thumbnail_url" not in small
    assert ask(client, url, maxwidth=300).json["width"] == 300


@pytest.mark.parametrize("value", ["", "0", "-1", "2.5", "wide", "99999", "1e3", "\u0663"])
@pytest.mark.parametrize("name", ["maxwidth", "maxheight"])
def test_oembed_refuses_a_size_that_is_none(client: FlaskClient, publish: Maker, name: str, value: str) -> None:
    answer = ask(client, f"http://localhost/walks/{publish().id}", **{name: value})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == name
    assert "10,000" in answer.json["errors"][0]["message"]


def test_oembed_asks_for_the_address(client: FlaskClient) -> None:
    answer = ask(client, None)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "url")


def test_robots_may_see_walks_and_learn_of_the_sitemap(client: FlaskClient, publish: Maker) -> None:
    walk, unlisted = publish(), publish(unlisted=True)
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(answer.text.splitlines())
    assert rules.can_fetch("*", walk.url)
    assert rules.can_fetch("*", "/gallery")
    assert not rules.can_fetch("*", "/api/v1/walks")
    assert rules.site_maps() == ["http://localhost/sitemap.xml"]
    assert not re.search(unlisted.id, answer.text)
