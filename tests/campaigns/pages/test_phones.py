"""A phone in front of a wall, in a real browser: it writes, draws, sees where its words are, and loses nothing."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from app.storage.database import db, now, writing
from app.storage.wall_models import Wall, WallLeg, WallWords
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.conftest import inside, make_app
from tests.support import page_clock
from tests.support.page_clock import run, run_until
from tests.support.pictures import two_halves, written
from tests.support.visits import Open, visiting_site

pytestmark = pytest.mark.server

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SAY = "/wall/lobby/say"


@pytest.fixture
def app(instance: Path) -> Iterator[Flask]:
    with inside(make_app(instance, WTF_CSRF_ENABLED=True)) as app:
        walls.open_wall(WallRequest("lobby", "The lobby", banned=["cat"]))
        yield app


@pytest.fixture
def visit(app: Flask, browser: Browser) -> Iterator[Open]:
    """Return a function that opens the form on a phone; at the end no page may have complained.

    With scripts, its clock stands still until a test has it go on.
    """
    with visiting_site(app, browser, at=page_clock.NOON, **PHONE) as visit:
        yield partial(visit, "/w/lobby")


def send(page: Page, text: str) -> None:
    page.get_by_label("Write the next stop").fill(text)
    page.get_by_role("button", name="Send it to the wall").click()


def comes(page: Page, words: str) -> None:
    """Wait until the standing of a page's words says this, with a script."""
    standing = page.locator("#standing")
    run_until(page, lambda: standing.count() and re.search(words, standing.text_content() or ""), what=words)


def said() -> WallWords:
    """Return what was written last."""
    db.session.rollback()
    row = db.session.scalars(select(WallWords).order_by(WallWords.number.desc())).first()
    assert row is not None
    return row


def lead_to(row: WallWords, *, lead: int) -> None:
    """Make the wall's first leg lead to what was written, and walk the leg ``lead``."""
    with writing() as session:
        if session.get(WallLeg, (row.wall_number, 1)) is None:
            session.add(WallLeg(wall_number=row.wall_number, number=1, words_number=row.number, shown_at=now()))
            words.assign(session, row, 1)
        session.execute(update(Wall).values(lead=lead, lead_at=now()))
    db.session.expire_all()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with a script", "without"])
def test_phone_writes_and_sees_where_its_words_are(visit: Open, java_script_enabled: bool) -> None:
    page = visit(java_script_enabled=java_script_enabled)
    send(page, "a fox in a boat")
    standing = page.locator("#standing")

    def says(words: str) -> None:
        if java_script_enabled:
            comes(page, words)
        else:
            page.get_by_role("link", name="Refresh").click()
            expect(standing).to_contain_text(re.compile(words))

    expect(standing).to_contain_text("First in line")
    expect(page.get_by_label("Write the next stop")).to_have_value("")

    lead_to(said(), lead=0)
    says("Being painted")
    lead_to(said(), lead=1)
    says("On the wall now")
    lead_to(said(), lead=2)
    says(r"Walked at [0-2]\d:[0-5]\d")
    if java_script_enabled:
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]


def test_what_is_typed_survives_what_others_write_and_a_refusal(visit: Open) -> None:
    page = visit(expected=["422"])
    send(page, "a fox")
    expect(page.locator("#standing")).to_contain_text("First in line")
    line = page.get_by_label("Write the next stop")
    line.fill("a cat, half written")
    words.say(walls.at("lobby"), "a kite of somebody else", owner="somebody")
    comes(page, "a kite of somebody else")
    expect(line).to_have_value("a cat, half written")
    expect(line).to_be_focused()
    line.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("“cat” is a word that this wall does not take.")
    expect(line).to_have_value("a cat, half written")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with a script", "without"])
def test_picture_goes_along_with_what_is_typed(visit: Open, java_script_enabled: bool) -> None:
    page = visit(java_script_enabled=java_script_enabled)
    page.get_by_label("Write the next stop").fill("my boat")
    page.get_by_text("Add a photo or a drawing").click()
    if java_script_enabled:
        page.get_by_role("button", name="Draw a picture").click()
        page.locator("#sketchpad canvas").tap()
        page.get_by_role("button", name="Use this drawing").click()
    else:
        picture = {"name": "boat.png", "mimeType": "image/png", "buffer": written(two_halves())}
        page.get_by_label("A picture for this stop").set_input_files(picture)
        page.get_by_role("button", name="Upload").click()
    expect(page.get_by_alt_text("Your picture for this stop")).to_be_visible()
    expect(page.get_by_label("Write the next stop")).to_have_value("my boat")
    page.get_by_label("I may publish it, and people in it, if any, agree").check()
    page.get_by_role("button", name="Send it to the wall").click()
    expect(page.locator("#standing")).to_contain_text("First in line")
    row = said()
    assert (row.text, row.picture is not None, row.may_be_shown) == ("my boat", True, True)


def test_phone_that_slept_looks_at_once_when_it_wakes(visit: Open) -> None:
    page = visit()
    send(page, "a fox")
    expect(page.locator("#standing")).to_contain_text("First in line")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/live") else None)
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    page.evaluate(f"{hide} document.dispatchEvent(new Event('visibilitychange')); }}", True)
    run(page, 2_500)  # what was under way comes, and nothing after it
    asked.clear()
    words.say(walls.at("lobby"), "a kite of somebody else", owner="somebody")
    run(page, 3_000)
    assert asked == []
    page.evaluate(f"{hide} document.dispatchEvent(new Event('visibilitychange')); }}", False)
    comes(page, "a kite of somebody else")
