"""Back and forward in a real browser, from its memory of whole pages (the back-forward cache) and without it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, expect

from app.storage.database import writing
from app.storage.walk_models import PAINTING, Walk
from tests.conftest import Maker
from tests.support import walk_rows
from tests.support.commands import count
from tests.support.live import PATIENCE_MS
from tests.support.needs import require
from tests.support.rows import change

pytestmark = pytest.mark.server


COUNT = """() => {
  const { fetch } = window;
  window.asked = 0;
  window.fetch = (...all) => { window.asked += 1; return fetch(...all); };
  addEventListener("pageshow", ({ persisted }) => { window.cameBack = persisted; });
}"""


@pytest.fixture(params=["kept in memory", "loaded again"])
def page(
    request: pytest.FixtureRequest, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Page]:
    """Open a browser that keeps whole pages for the way back, as visitors' do, or one that does not."""
    options = browser_type_launch_args
    if request.param == "kept in memory":  # which a Chromium that never has a window cannot
        options = options | {
            "executable_path": require("chromium"),
            "ignore_default_args": ["--disable-back-forward-cache"],
        }
    browser = browser_type.launch(**options)
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(f"({COUNT})()")
        yield context.new_page()
    browser.close()


def go(page: Page, way: str, there: str) -> bool:
    """Go back or forward to where this can be seen; return whether the page came out of the browser's memory.

    Playwright's own ``go_back`` waits for a loading that does not happen then.
    """
    page.evaluate(f"setTimeout(() => history.{way}(), 0)")
    expect(page.locator(there)).to_be_attached()
    return bool(page.evaluate("window.cameBack ?? false"))


def request_walk(page: Page, address: str, *prompts: str) -> None:
    page.goto(address)
    for line, prompt in zip(("From", "To"), prompts, strict=True):
        page.get_by_label(line, exact=True).fill(prompt)
    page.locator("#paint").click()
    expect(page.locator("#walk")).to_be_attached()


def test_form_that_one_comes_back_to_is_filled_and_sent_again_is_the_same_walk(address: str, page: Page) -> None:
    request_walk(page, address, "a lighthouse", "a seal")
    first = page.url
    go(page, "back", "#make")
    expect(page.get_by_label("From", exact=True)).to_have_value("a lighthouse")
    expect(page.get_by_label("To", exact=True)).to_have_value("a seal")
    page.locator("#paint").click()
    expect(page.locator("#walk")).to_be_attached()
    assert (page.url, count()) == (first, 1)
    go(page, "back", "#make")
    page.get_by_label("To", exact=True).fill("a whale")
    page.locator("#paint").click()
    expect(page.locator("#walk")).to_be_attached()
    assert count() == 2  # another walk is another walk


def test_refused_form_can_be_come_back_to_once_it_is_mended(address: str, page: Page) -> None:
    page.goto(address)
    page.get_by_label("From", exact=True).fill("a harp")
    page.locator("#paint").click()
    expect(page.get_by_role("alert")).to_contain_text("is empty")
    page.locator("#stop-1").fill("a wave")
    page.locator("#paint").click()
    expect(page.locator("#walk")).to_be_attached()
    first = page.url
    go(page, "back", "#make")
    expect(page.locator("#stop-0")).to_have_value("a harp")
    page.locator("#stop-1").fill("a wave")
    page.locator("#paint").click()
    expect(page.locator("#walk")).to_be_attached()
    assert (page.url, count()) == (first, 1)


def test_waiting_page_looks_again_when_one_comes_back_to_it(address: str, page: Page, request_walk: Maker) -> None:
    walk = request_walk("a fox", "a kite")
    page.goto(address + walk.url)
    page.wait_for_function("() => asked > 0")
    page.goto(f"{address}/about")
    with writing() as session:
        session.get(Walk, walk.number).state = PAINTING
    go(page, "back", "#walk")
    expect(page.locator("#walk.painting")).to_be_attached()
    looked = page.evaluate("asked")
    page.wait_for_function(f"() => asked > {looked}")  # and goes on


def test_film_plays_on_when_one_comes_back_to_it(address: str, page: Page) -> None:
    walk = walk_rows.request_walk("a lemon", "the sun", frames=5)
    change(walk, fps=12.5, positions=[0.0, 0.25, 0.5, 0.75, 1.0])
    walk_rows.paint(walk, [0.0, 0.25, 0.5, 0.75, 1.0], 0)
    walk_rows.finish(walk)
    page.goto(address + walk.url)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.goto(f"{address}/about")
    go(page, "back", "#walk")
    place = page.get_by_role("slider")
    before = place.get_attribute("aria-valuetext")
    expect(place).not_to_have_attribute("aria-valuetext", str(before))


@pytest.mark.parametrize("page", ["kept in memory"], indirect=True)
def test_browser_keeps_these_pages_for_the_way_back(address: str, page: Page, request_walk: Maker) -> None:
    for path, there in (("/", "#make"), (request_walk("a fox", "a kite").url, "#walk")):
        page.goto(address + path)
        page.goto(f"{address}/about")
        assert go(page, "back", there), f"{path} is loaded again, and what was done on it is lost"
