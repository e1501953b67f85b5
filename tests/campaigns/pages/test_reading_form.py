"""The form in a real browser, where drawings lead the painter: read while it is typed, chosen from, painted."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, Route, expect

from app.core.config import ROOT
from app.storage.database import db
from app.storage.walk_models import Walk
from tests.conftest import inside, make_app
from tests.support import led, tiny
from tests.support.live import PATIENCE_MS, LiveSite
from tests.support.visits import Open, visiting_site

pytestmark = pytest.mark.server

PART = "**/reading?*"
RANDOM = (1 << 28, 2 << 28)  # two random numbers, of which each leads to another house
WALK = re.compile(r"/walks/[a-z2-9]{16}")


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    folder = led.lay_out(tmp_path / "model")
    settings = {"MODELS": [str(led.lay_out_words_alone(tmp_path / "words"))], "MEANING": str(ROOT / "models/meaning")}
    with inside(make_app(instance, MODEL=str(folder), WTF_CSRF_ENABLED=True, **settings)) as app:
        yield app


@pytest.fixture
def visit(app: Flask, browser: Browser) -> Iterator[Open]:
    """Return a function that opens the form; at the end no page may have complained."""
    with visiting_site(app, browser) as visit:
        yield visit


def asked(page: Page) -> list[str]:
    """List the prompts that are asked about from here on, as they are asked about."""
    prompts: list[str] = []

    def note(request: Any) -> None:
        if urlsplit(request.url).path == "/reading":
            prompts.extend(parse_qs(urlsplit(request.url).query)["prompt"])

    page.on("request", note)
    return prompts


def scenes(page: Page) -> list[set[str]]:
    """Return the drawings of each stop of the walk that the page shows."""
    walk_id = urlsplit(page.url).path.split("/")[2].partition("-")[0]
    db.session.rollback()
    walk = db.session.query(Walk).filter_by(id=walk_id).one()
    return [{thing["drawing"] for thing in stop.scene["things"]} for stop in walk.stops]


def radio(page: Page, name: str, stop: int = 0) -> Locator:
    """Find what a thing of a prompt may be painted after."""
    return page.locator(f"#reading-{stop}").get_by_role("radio", name=name, exact=True).first


def paint(page: Page) -> list[set[str]]:
    """Press the button; return the drawings of what was asked for."""
    page.get_by_role("button", name="Paint this walk").click()
    page.wait_for_url(WALK)
    return scenes(page)


def test_prompt_is_read_once_typing_pauses_and_said_without_being_in_the_way(visit: Open) -> None:
    page = visit()
    prompts = asked(page)
    line = page.get_by_label("From", exact=True)
    line.press_sequentially("a bat", delay=5)
    expect(radio(page, "bat")).to_be_checked()
    assert prompts[-1] == "a bat"
    expect(page.locator("#read")).to_have_text("From: drawn after bat.")
    expect(line).to_be_focused()
    own = page.locator(".brought").first
    choose = own.get_by_role("button", name="Show variations")
    for following in (own.locator("summary"), choose, page.get_by_label("To", exact=True)):
        page.keyboard.press("Tab")
        expect(following).to_be_focused()


@pytest.mark.parametrize("width", [390, 1280])
def test_line_that_is_typed_in_does_not_move_when_what_it_is_read_as_comes(visit: Open, width: int) -> None:
    page = visit(viewport={"width": width, "height": 900})
    for stop, words in enumerate(("a bat and a fox", "a house at night")):
        line = page.locator(f"#stop-{stop}")
        line.press_sequentially(words)
        before = line.bounding_box()
        expect(page.locator(f"#reading-{stop} .plate")).not_to_have_count(0)
        page.wait_for_function("() => [...document.images].every((image) => image.complete)")
        assert line.bounding_box() == before


def test_nothing_below_moves_either_where_a_thing_of_each_prompt_is_read(visit: Open) -> None:
    page = visit(viewport={"width": 1280, "height": 900})
    page.locator("#stop-0").press_sequentially("a")
    button = page.locator("#paint")
    before = button.bounding_box()
    page.locator("#stop-0").press_sequentially(" bat")
    expect(radio(page, "bat")).to_be_visible()
    assert button.bounding_box() == before


def test_what_was_read_before_is_not_asked_for_again(visit: Open) -> None:
    page = visit()
    prompts = asked(page)
    line = page.get_by_label("From", exact=True)
    for words, name in (("a bat", "bat"), ("a fox", "fox"), ("a bat", "bat")):
        line.fill(words)
        expect(radio(page, name)).to_be_checked()
        expect(page.locator("#read")).to_have_text(f"From: drawn after {name}.")
    assert prompts == ["a bat", "a fox"]


def test_late_answer_does_not_take_the_place_of_a_newer_one(visit: Open) -> None:
    page = visit()
    held: list[Route] = []
    page.route(PART, lambda route: held.append(route) if "bat" in route.request.url else route.continue_())
    line = page.get_by_label("From", exact=True)
    with page.expect_request(lambda request: "bat" in request.url):
        line.fill("a bat")
    line.fill("a fox")
    expect(radio(page, "fox")).to_be_checked()
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#reading-0")).to_contain_text("“a fox”")


def test_site_that_does_not_answer_leaves_nothing_that_is_wrong_and_paints_all_the_same(visit: Open) -> None:
    page = visit(expected=["Failed to load resource"])
    line = page.get_by_label("From", exact=True)
    line.fill("a bat")
    expect(radio(page, "bat")).to_be_checked()
    page.route(PART, lambda route: route.abort())
    line.fill("a fox")
    expect(page.locator("#reading-0 .plate")).to_have_count(0)
    page.get_by_label("To", exact=True).fill("the sun")
    assert paint(page) == [{led.FOX}, {led.SUN}]


def test_another_drawing_is_chosen_by_keyboard_kept_while_one_writes_on_and_painted(visit: Open) -> None:
    page = visit()
    page.get_by_label("From", exact=True).fill("a bat")
    page.get_by_label("To", exact=True).fill("the sun")
    bat = radio(page, "bat")
    expect(bat).to_be_checked()
    bat.focus()
    page.keyboard.press("ArrowRight")
    expect(radio(page, "cricket game")).to_be_checked()
    page.get_by_label("From", exact=True).fill("a bat and a fox")
    expect(page.locator("#reading-0")).to_contain_text("“a fox”")
    expect(radio(page, "cricket game")).to_be_checked()
    assert paint(page) == [{led.CRICKET, led.FOX}, {led.SUN}]
    page.go_back()
    expect(radio(page, "cricket game")).to_be_checked()


def test_choice_is_let_go_where_it_fits_no_longer(visit: Open) -> None:
    page = visit()
    line = page.get_by_label("From", exact=True)
    line.fill("a bat")
    radio(page, "cricket game").check()
    line.fill("a house")
    expect(page.locator("#reading-0")).to_contain_text("“a house”")
    line.fill("a bat")
    expect(radio(page, "bat")).to_be_checked()


def test_seed_that_is_shown_is_the_one_that_is_painted(visit: Open) -> None:
    page = visit()
    page.get_by_label("From", exact=True).fill("a house")
    page.get_by_label("To", exact=True).fill("a fox")
    page.get_by_text("More", exact=True).click()
    picture = page.locator("#reading-0 .plate:has(:checked) img")
    shown = set()
    for value in RANDOM:
        page.evaluate("(value) => { crypto.getRandomValues = (array) => array.fill(value); }", value)
        with page.expect_response(lambda answer: "prompt=a+house" in answer.url) as answered:
            page.get_by_role("button", name="Random").click()
        checked = re.search(r' checked>.*?src="([^"]+)"', answered.value.text())
        assert checked
        address = checked[1]
        expect(picture).to_have_attribute("src", address)
        shown.add(address)
    assert len(shown) == 2
    assert paint(page)[0] == {address.split("/")[2].partition(".")[0]}


def test_stop_that_is_added_keeps_what_was_chosen(visit: Open) -> None:
    page = visit("/?prompt=a+bat&prompt=a+fox")
    radio(page, "cricket game").check()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Add a stop").click()
    page.get_by_label("Via", exact=True).fill("the sun")
    expect(page.locator("#reading-1 .plate")).not_to_have_count(0)
    page.get_by_role("button", name="Swap").click()
    expect(radio(page, "cricket game", 2)).to_be_checked()
    assert paint(page) == [{led.FOX}, {led.SUN}, {led.CRICKET}]


def test_model_that_is_led_by_words_alone_shows_nothing(visit: Open) -> None:
    page = visit("/?prompt=a+bat&prompt=a+fox")
    section = page.locator("#readings")
    expect(section).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("radio", name="Words alone").check()
    expect(section).to_be_hidden()
    prompts = asked(page)
    page.get_by_label("From", exact=True).fill("a house")
    page.get_by_role("radio", name="led", exact=True).check()
    expect(page.locator("#reading-0")).to_contain_text("“a house”")
    assert set(prompts) == {"a house", "a fox"}


def test_without_javascript_a_button_reads_and_choices_are_painted(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_label("From", exact=True).fill("a bat")
    page.get_by_label("To", exact=True).fill("a fox and a house")
    page.get_by_role("button", name="Show the drawings").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("a bat")
    radio(page, "cricket game").check()
    page.get_by_role("button", name="Show the drawings").click()
    expect(radio(page, "cricket game")).to_be_checked()
    assert paint(page)[0] == {led.CRICKET}


def test_drawing_of_the_list_is_put_into_the_form_and_painted(visit: Open) -> None:
    page = visit("/drawings?q=Haus")
    page.get_by_role("link", name="house").nth(1).click()
    expect(page.get_by_label("From", exact=True)).to_have_value("house")
    address = str(page.locator("#reading-0 .plate:has(:checked) img").get_attribute("src"))
    page.get_by_label("To", exact=True).fill("a fox")
    assert paint(page)[0] == {address.split("/")[2].partition(".")[0]}


def test_walk_is_painted_after_what_was_chosen_and_its_page_says_so(
    new_site: Callable[..., LiveSite], browser: Browser, tmp_path: Path
) -> None:
    folder = led.lay_out(tiny.save(tmp_path, "led")["led"])
    site = new_site(MODEL=folder, STEPS=3).start()
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/?frames=4")
    page.get_by_label("From", exact=True).fill("a bat")
    page.get_by_label("To", exact=True).fill("the sun")
    radio(page, "cricket game").check()
    page.get_by_role("button", name="Paint this walk").click()
    expect(page.get_by_role("heading", name="Download")).to_be_visible()
    expect(page.get_by_text("After drawings:")).to_contain_text("cricket game")
    page.get_by_role("link", name="How this picture was made").click()
    page.get_by_role("button", name="Show the steps").click()
    expect(page.get_by_text("The sketch that leads it")).to_be_visible()
    expect(page.locator(".stages li")).to_have_count(5)
    context.close()
