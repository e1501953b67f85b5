"""Hostile words in every column that takes words, and every page in a real browser: they are shown, and do nothing."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from app.storage.database import db
from tests.support import hostile, walk_rows
from tests.support.live import SLOW
from tests.support.rooms import House, Room, build, furnish

pytestmark = pytest.mark.server

PHONE, DESK = 390, 1280
ALIVE = """() => [...document.querySelectorAll('*')].flatMap((each) => [...each.attributes]
  .filter(({ name, value }) => name.startsWith('on') || /^\\s*(javascript|data:text)/i.test(value)
    && ['href', 'src', 'action', 'formaction', 'xlink:href', 'data'].includes(name))
  .map(({ name, value }) => `${each.tagName} ${name}=${value}`.slice(0, 120)))"""


LOOK = f"""(root, width) => {{
  document.querySelectorAll("details").forEach((each) => {{ each.open = true; }});
  const found = ({ALIVE})();
  if (window.ran) found.push("a script ran");
  if (root.outerHTML.includes("{7919 * 104729}")) found.push("worked out");
  if (root.scrollWidth > width) found.push(`${{root.scrollWidth}} wide`);
  return found;
}}"""
TYPED = {DESK: hostile.SCRIPTS + hostile.LOADS + hostile.TEMPLATES, PHONE: hostile.LETTERS}
"""What is typed into addresses: at the desk, where escaping alone stands between words and scripts; what is long where
there is least room."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = build(tmp_path_factory.mktemp("house"))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def house(app: Flask) -> Iterator[House]:
    """Serve a furnished house, whose words are then overwritten."""
    with app.app_context():
        rooms = furnish(app)
        db.session.remove()
    with walk_rows.served(app) as address:
        yield House(address, rooms)


@pytest.fixture
def contexts(house: House, browser: Browser) -> Iterator[list[tuple[int, BrowserContext]]]:
    """Open two browsers: one in which only our escaping stands between words and scripts, one a phone, with all."""
    both = [
        (DESK, house.visitor(browser, viewport={"width": DESK, "height": 900}, bypass_csp=True)),
        (PHONE, house.visitor(browser, viewport={"width": PHONE, "height": 844})),
    ]
    yield both
    for _, context in both:
        context.close()


def typed(words: tuple[str, ...]) -> dict[str, Room]:
    """Name the pages that show what stands in their address."""
    found = {}
    for number, word in enumerate(words):
        said = quote(word.encode("utf-8", "surrogatepass"))
        for name, path in (
            ("form", f"/?prompt={said}&prompt={said}&hand={said}&negative_prompt={said}&model=led&seed={said}"),
            ("gallery", f"/gallery?q={said}&model={said}&hand={said}&since={said}&colour={said}&sort={said}"),
            ("drawings", f"/drawings?q={said}"), ("styles", f"/styles?prompt={said}"),
            ("nowhere", f"/nowhere/{said.replace('%2F', '-').replace('/', '-')}"),
            ("curator", f"/curator/walks?walk={said}"),
        ):  # fmt: skip
            found[f"{name} {number}"] = Room(path)
    return found


class Watch:
    """What a page does that it should not."""

    def __init__(self, page: Any, own: str) -> None:
        self.found: list[str] = []
        page.on("dialog", lambda dialog: (self.found.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("popup", lambda other: self.found.append(f"popup: {other.url}"))
        page.on("download", lambda sent: self.found.append(f"download: {sent.url}"))
        page.on("console", lambda said: self._listen(said))
        page.on("request", lambda asked: self._look(asked.url, own))

    def _listen(self, said: Any) -> None:
        if said.type in ("error", "warning") and SLOW not in said.text and "Failed to load resource" not in said.text:
            self.found.append(f"console: {said.text}")

    def _look(self, address: str, own: str) -> None:
        if not address.startswith((own + "/", "blob:" + own, "data:image/")):
            self.found.append(f"request: {address}")


def test_hostile_words_do_nothing_on_any_page(
    app: Flask, house: House, contexts: list[tuple[int, BrowserContext]]
) -> None:
    with app.app_context():
        places = hostile.overwrite(hostile.MIXED)
        db.session.remove()
    assert set(places) == {word for words in hostile.SETS.values() for word in words}
    assert places.total() > 400
    wrong: dict[str, list[str]] = {}
    visited = 0
    for width, context in contexts:
        page = context.new_page()
        watch = Watch(page, house.url)
        for room in House(house.url, house.rooms | typed(TYPED[width])).go(page):
            found = [*watch.found, *page.locator(":root").evaluate(LOOK, width)]  # a live page may turn at this moment
            watch.found.clear()
            found += ["led away"] if not page.url.startswith(house.url + "/") else []
            visited += 1
            if found:
                wrong[f"{room} at {width}"] = found
        page.close()
    assert wrong == {}
    assert visited > 280


def test_what_words_could_do_would_be_seen(house: House, contexts: list[tuple[int, BrowserContext]]) -> None:
    page = contexts[0][1].new_page()
    watch = Watch(page, house.url)
    for word in hostile.SCRIPTS[:3] + hostile.LOADS[:1]:
        page.goto(f"{house.url}/healthz")
        page.evaluate(
            '(word) => { document.open(); document.write(`<p title="${word}">${word}`); document.close(); }', word
        )
        page.wait_for_timeout(200)
        seen = [*watch.found, *page.evaluate(ALIVE)] + (["ran"] if page.evaluate("window.ran") else [])
        watch.found.clear()
        assert seen, word


def test_columns_of_words_here_are_those_of_all_tables(app: Flask) -> None:
    with app.app_context():
        tables = db.metadata.tables
        for name, columns in hostile.NO_WORDS.items():
            assert columns <= {column.name for column in tables[name].columns}, name
        known = {f"{table.name}.{column}" for table in tables.values() for column in hostile.word_columns(table)}
    assert known >= {
        "stops.prompt", "stops.negative_prompt", "stops.hand", "walks.given_title", "walks.error", "walks.drawings",
        "walks.model_title", "exhibitions.title", "exhibitions.text", "reports.words", "banned_words.word",
        "allowed_words.word", "deeds.about", "drawings.name", "drawings.artist", "drawings.licence", "drawings.source",
    }  # fmt: skip
