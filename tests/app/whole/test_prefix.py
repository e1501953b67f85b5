"""The site below a path of its host: every address that it gives away begins with that path."""

import pytest
from flask.testing import FlaskClient

from app.collection.gallery import exhibitions
from tests.support import curator, led, walls
from tests.support.crawl import Answer, Crawl
from tests.support.rows import Maker

PREFIX, HOST = "/moma", "http://localhost"
BEHIND = {"X-Forwarded-Prefix": PREFIX}
pytestmark = pytest.mark.settings(MODEL=led.lay_out, PROXIES=1, CURATOR_HASH=curator.HASH)


@pytest.mark.slow
def test_every_address_begins_with_the_prefix(client: FlaskClient, publish: Maker, request_walk: Maker) -> None:
    walk, other = publish("a fox", "a house"), publish("a bat", "the sun")
    waiting = request_walk("a fox", "the sun")
    exhibitions.create(exhibitions.ExhibitionRequest("A room", "Two walks.", walks=[walk.id, other.id]))
    walls.opened()
    assert curator.enter(client, headers=BEHIND).status_code == 303
    start = ["/", "/gallery", "/feed.xml", "/sitemap.xml", "/robots.txt", "/api/v1/walks", "/curator", "/wall/lobby"]
    start += [f"{room}/{each.id}" for room in ("/walks", "/api/v1/walks") for each in (walk, waiting)]
    start += [f"/walks/{walk.id}/embed", f"/oembed?url={HOST}{PREFIX}{walk.url}", "/slideshow/films", "/w/lobby"]
    start += ["/api/v1/reading?prompt=a+fox", "/reading?prompt=a+fox", "/nowhere", "/gallery/", "/gallery?lang=de"]

    def ask(path: str) -> Answer:
        answer = client.get(path.removeprefix(PREFIX), headers=BEHIND)
        location, text = answer.headers.get("Location", ""), answer.get_data().decode(errors="replace")
        return Answer(answer.status_code, answer.mimetype, location, text)

    crawl = Crawl(ask, HOST, PREFIX).follow([PREFIX + path for path in start])
    assert crawl.outside == set()
    assert sum(status == 200 for status in crawl.seen.values()) >= 30
    assert max(crawl.seen.values()) < 500
