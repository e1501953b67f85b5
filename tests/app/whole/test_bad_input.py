"""What a hostile visitor sends to every address: answered in words of ours, soon, and never by a mistake of ours."""

from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import audit_log
from app.requests.walk_requests import walk_edits
from app.storage.house_models import BannedWord, Report
from app.storage.walk_models import Walk
from app.storage.wall_models import WallWords
from app.walks.saved import media_urls
from app.wall import director, walls
from app.wall.walls import WallRequest
from tests.support import routes
from tests.support.curator import HASH
from tests.support.rows import Maker, change, store

pytestmark = [pytest.mark.slow, pytest.mark.settings(CURATOR_HASH=HASH, TESTING=False)]

STRANGE = ("%00", "a%00b", "%0d%0aX-Evil:1", "%ed%a0%80", "%ff", "x" * 3000, "9" * 5000, "%e2%80%ae", "'", "%25", "-")
ASKED = ("", "lang=de", "frame=%00&cursor=%00&prompt=%00&q=%00&walk=%00&before=%00&own=%5B%5B&url=http://[&since=%00")


def strange(app: Flask, walk: Walk) -> Iterator[str]:
    """Put something strange into each place of each address, the others filled as they should be."""
    name, _, digest = media_urls.still_name(walk, walk.painted[0]).partition(".")
    good = {"walk_id": walk.id, "digest": digest, "name": name, "act": "hide"}
    for rule in app.url_map.iter_rules():
        for place in rule.arguments - {"photo_id", "sound_id"}:
            for each in STRANGE:
                yield routes.fill(rule, **good | {place: each})


@pytest.mark.databases
def test_no_address_breaks_whatever_stands_in_it(curator: FlaskClient, publish: Maker) -> None:
    broken = set()
    for path in strange(curator.application, publish()):
        for asked in ASKED:
            with curator.get(f"{path}?{asked}") as answer:
                if answer.status_code >= 500:
                    broken.add((answer.status_code, path[:80], asked))
    assert broken == set()


EVIL = """<evil onx=1>"'><evil onx=1></title></textarea></script><evil onx=1>]]>--><evil onx=1>{{7919*104729}}"""
WORKED_OUT = str(7919 * 104729).encode()  # too long to stand in a seed or a token by chance


class Seen(HTMLParser):
    """What of a page would be taken for ours though a visitor wrote it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.evil: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look for elements and attributes that only a visitor writes."""
        if tag == "evil" or any(name.startswith("onx") for name, _ in attrs):
            self.evil.append(str(self.get_starttag_text()))


def html_in(answer: TestResponse) -> Iterator[str]:
    """List what of an answer is taken for HTML: all of a page, what a feed's entries hold, the code that embeds."""
    if answer.mimetype == "text/html":
        yield answer.text
    elif answer.mimetype == "application/atom+xml":
        root = ElementTree.fromstring(answer.text)  # noqa: S314 - we wrote it
        yield from (each.text or "" for each in root.iter("{http://www.w3.org/2005/Atom}content"))
    elif answer.is_json and "html" in answer.json:
        yield answer.json["html"]


@pytest.mark.databases
def test_what_is_written_by_others_stays_text_on_every_page(curator: FlaskClient, publish: Maker) -> None:
    walk, other = publish(EVIL, f"b {EVIL}", model=None), publish(f"b {EVIL}", "c", frames=2)
    walk_edits.apply(walk, walk_edits.validate({"title": EVIL}))
    change(Walk, model_title=EVIL, error=EVIL)
    store(Report(walk_number=walk.number, reason="other", text=EVIL, reporter="x"), BannedWord(word=EVIL[:80]))
    exhibitions.create(ExhibitionRequest(EVIL, EVIL, slug="x", walks=[walk.id, other.id]))
    audit_log.note(EVIL[:40], EVIL)
    wall = walls.open_wall(WallRequest("x", EVIL, banned=[EVIL]))
    director.advance(wall, 0)
    store(WallWords(wall_number=wall.number, text=EVIL, owner_hash="x"))
    filled = {"walk_id", "set_id", "collection_id", "slug", "page", "name"}
    asked = dict.fromkeys(("q", "prompt", "hand", "own", "walk", "seed", "cursor", "model", "before", "seen"), EVIL)
    assert len(Seen(EVIL).evil) == 4
    pages = 0
    for rule in curator.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments - filled or rule.endpoint == "static":
            continue
        path = routes.fill(rule, walk_id=walk.id)
        for query in ({}, asked, {"url": f"http://localhost{walk.url}"}, {"q": EVIL}):
            with curator.get(path, query_string=query) as answer:
                assert WORKED_OUT not in answer.data
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "script-src 'self'" in answer.headers["Content-Security-Policy"] or path.endswith("/embed")
                texts = [*html_in(answer)]
                assert [Seen(text).evil for text in texts] == [[]] * len(texts), (path, query)
                pages += bool(texts)
    assert pages > 60
