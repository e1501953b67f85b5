"""Every room, with something in it, is for all: for axe, by keyboard, narrow, spaced out, still, and in German."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.storage.database import db
from tests.support import walk_rows
from tests.support.accessibility import ALL, NARROW, VIOLATIONS, axe
from tests.support.rooms import House, add_odd_walks, build, furnish

pytestmark = pytest.mark.server

EYES = Path(__file__).with_name("eyes.js").read_text("utf-8")
COLOURS = VIOLATIONS | {"runOnly": ["color-contrast"]}  # all that night can change
SIZES = VIOLATIONS | {"runOnly": ["target-size", "scrollable-region-focusable"]}  # all that a width can change
VISITORS_ROOMS = (
    "entrance", "gallery", "no result", "about", "mine", "favourites", "own collection", "collections",
    "code entry", "code refused", "code shown", "join",
    "exhibitions", "programs", "nowhere", "odd words",
    "odd words, long", "odd words, report", "odd words, stages", "odd words, embedded", "odd words typed",
    "long word searched", "arabic searched",
)  # fmt: skip
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""  # WCAG 2.2, 1.4.12
MOVING = """() => [...document.querySelectorAll("video, img")].filter((each) => each.checkVisibility())
  .map((each) => each.currentSrc).filter((address) => /\\.(gif|webp|mp4)$/.test(address))"""
PHONE, DESK = 390, 1280
ENGLISH, GERMAN = "en-GB", "de"
OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


@dataclass
class Survey:
    """What is wrong with each room, under each head; empty where nothing is."""

    found: dict[str, dict[str, object]] = field(default_factory=dict)

    def note(self, head: str, room: str, wrong: object) -> None:
        """Write down what is wrong, if anything is."""
        if wrong:
            self.found.setdefault(head, {})[room] = wrong


class LateBody:
    """Sends the head of an answer so many seconds before its body, where the request asks for that (``X-Late``)."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer."""
        answer = self.app(environ, start_response)
        late = environ.get("HTTP_X_LATE")
        return _after(float(late), answer) if late and environ["HTTP_ACCEPT"].startswith("text/html") else answer


def _after(seconds: float, answer: Any) -> Iterator[bytes]:
    yield b""  # Werkzeug's server sends the head with it
    time.sleep(seconds)
    try:
        yield from answer
    finally:
        answer.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve a furnished house."""
    app = build(tmp_path_factory.mktemp("house"))
    app.wsgi_app = LateBody(app.wsgi_app)  # type: ignore[method-assign]
    with app.app_context():
        rooms = furnish(app) | add_odd_walks()
        db.session.remove()
    with walk_rows.served(app) as address:
        yield House(address, rooms)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def survey(house: House, browser: Browser) -> Iterator[Survey]:
    """Go through all rooms once, and look at each in every way."""
    found = Survey()
    context = house.visitor(browser, viewport={"width": DESK, "height": 900}, bypass_csp=True, locale=ENGLISH)
    page = context.new_page()
    for room in house.go(page):
        note_language(page, room, found, ENGLISH)
        page.evaluate(OPEN)
        page.evaluate(EYES)
        found.note("axe", room, judged(page, ALL))
        page.emulate_media(color_scheme="dark")
        found.note("axe at night", room, axe(page, COLOURS))
        page.emulate_media(color_scheme="light")
        look_for_focus(page, room, found)
        look_narrowly(page, room, found)
        page.set_viewport_size({"width": DESK, "height": 900})
    yield found
    context.close()


def judged(page: Page, rules: object) -> list[str]:
    """Return what axe finds at the end of a page, where the form's bar covers nothing that is scrolled behind it."""
    page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    found = axe(page, rules)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    return found


def note_language(page: Page, room: str, found: Survey, wanted: str) -> None:
    """Note where a page is in another language than the visitor's."""
    language = page.evaluate("document.documentElement.lang")
    found.note("language", room, language != wanted and language)


def look_for_focus(page: Page, room: str, found: Survey) -> None:
    """Press Tab until the page ends."""
    for _ in range(page.evaluate("beginTabbing()")):
        page.keyboard.press("Tab")
    result = page.evaluate("endTabbing()")
    found.note("not reached", room, result["missed"])
    found.note("focus not seen", room, result["unseen"])


def look_narrowly(page: Page, room: str, found: Survey) -> None:
    """Make the window narrow, and then set words further apart."""
    for width in (PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 844})
        found.note("too wide", f"{room} at {width}", overflow(page, width))
        if width == PHONE:
            found.note("axe on a phone", room, judged(page, SIZES))
    cut = page.evaluate("cutOff()")
    page.add_style_tag(content=SPACED)
    found.note("cut off", room, [each for each in page.evaluate("cutOff()") if each not in cut])
    found.note("too wide", f"{room}, spaced", overflow(page, NARROW))


def overflow(page: Page, width: int) -> int:
    """Return how much wider than the window the page is."""
    return int(page.evaluate("document.documentElement.scrollWidth")) - width


HEADS = (
    "axe", "axe at night", "axe on a phone", "not reached", "focus not seen", "too wide", "cut off", "language",
)  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
def test_nothing_is_wrong_in_any_room(survey: Survey, head: str) -> None:
    assert survey.found.get(head, {}) == {}


def test_nothing_is_wrong_in_german_on_a_phone_at_night(house: House, browser: Browser) -> None:
    found = Survey()
    context = house.visitor(browser, locale=GERMAN, color_scheme="dark", bypass_csp=True)
    page = context.new_page()
    page.set_viewport_size({"width": PHONE, "height": 844})
    for room in house.go(page, *VISITORS_ROOMS):
        note_language(page, room, found, GERMAN)
        page.evaluate(OPEN)
        found.note("axe", room, judged(page, ALL))
        page.set_viewport_size({"width": NARROW, "height": 844})
        found.note("too wide", room, overflow(page, NARROW))
        page.set_viewport_size({"width": PHONE, "height": 844})
    context.close()
    assert found.found == {}


def test_films_stand_still_where_motion_is_unwanted_and_each_has_a_button(house: House, browser: Browser) -> None:
    page = house.visitor(browser, reduced_motion="reduce").new_page()
    for room in house.go(page, "entrance", "gallery", "exhibition", "mine", "alike", "own walk", "stranger's walk"):
        films = page.locator(".poster[data-film]").count() + page.locator("img#film").count()
        expect(page.get_by_role("button", name=re.compile("^Play"))).to_have_count(films)
        assert films > 0, room
        assert page.evaluate(MOVING) == [], room
    page.context.close()


def test_skip_link_leads_past_the_head(house: House, browser: Browser) -> None:
    page = house.visitor(browser).new_page()
    for _ in house.go(page, "gallery", "own walk"):
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        expect(page.locator(".skip")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.context.close()


@pytest.mark.parametrize("room", ["thanks", "form with errors", "phone that wrote nothing", "curator"])
def test_room_behind_a_form_is_loaded_when_it_is_entered(house: House, browser: Browser, room: str) -> None:
    late = {"X-Late": "0.4"}
    page = house.visitor(browser, extra_http_headers=late, bypass_csp=True).new_page()
    for _ in house.go(page, room):
        assert page.evaluate("document.readyState") == "complete"
        axe(page, ALL)  # on a document without a root element it fails
    page.context.close()
