"""Pages that change while one looks, in a real browser: when they look again, and what they do when refused."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from app.storage.database import writing
from app.storage.walk_models import PAINTING, Walk
from tests.conftest import Maker
from tests.support import page_clock
from tests.support.page_clock import run_until

pytestmark = pytest.mark.server


# What the page asks for: when, what it says that it knows, and what it is answered.
RECORD = """() => {
  const { fetch } = window;
  window.looks = [];
  window.fetch = (address, options) => {
    const look = { at: performance.now(), knows: options.headers["If-None-Match"] ?? null };
    looks.push(look);
    return fetch(address, options).then((answer) => {
      look.status = answer.status;
      return answer;
    });
  };
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a browser of the test's own that notes what is asked for, and whose clock stands still."""
    with browser.new_context() as context:
        page_clock.stop(context)
        context.add_init_script(f"({RECORD})()")
        yield context.new_page()


def looks_of(page: Page, count: int) -> list[dict[str, Any]]:
    """Go on until so many looks are answered, and return them."""

    def answered() -> list[dict[str, Any]]:
        return [look for look in page.evaluate("looks") if "status" in look]

    run_until(page, lambda: len(answered()) >= count, what=f"look {count}")
    return answered()[:count]


def test_page_sends_what_it_knows_and_shows_what_is_new(address: str, page: Page, request_walk: Maker) -> None:
    walk = request_walk()
    page.goto(address + walk.url)
    looks = looks_of(page, 3)
    assert [look["status"] for look in looks] == [304, 304, 304]  # it knows what came with the page
    with writing() as session:
        session.get(Walk, walk.number).state = PAINTING
    run_until(page, lambda: page.locator("#walk.painting").count() == 1, what="what is new")
    result = page.evaluate("looks")
    new = next(at for at, look in enumerate(result) if look["status"] == 200)
    assert result[new]["knows"] == looks[0]["knows"]
    run_until(page, lambda: page.evaluate("looks.length") > new + 1, what="the next look")
    assert page.evaluate(f"looks[{new + 1}].knows") != looks[0]["knows"]


def test_refused_page_waits_as_long_as_asked_and_then_goes_on(address: str, page: Page, request_walk: Maker) -> None:
    refusals = [503, 429]

    def refuse(route: Route) -> None:
        if refusals:
            route.fulfill(status=refusals.pop(0), headers={"Retry-After": "2"}, body="<h1>No</h1>")
        else:
            route.continue_()

    page.route("**/walks/*/live*", refuse)
    page.goto(address + request_walk().url)
    looks = looks_of(page, 5)
    assert [look["status"] for look in looks[:3]] == [503, 429, 304]
    pauses = [later["at"] - earlier["at"] for earlier, later in pairwise(looks)]
    assert min(pauses[:2]) >= 2000
    assert page.locator("#walk.queued").count() == 1  # what was there stayed


def test_page_without_answers_asks_ever_more_seldom(address: str, page: Page, request_walk: Maker) -> None:
    page.route("**/walks/*/live*", lambda route: route.abort())
    page.goto(address + request_walk().url)
    run_until(page, lambda: page.evaluate("looks.length") >= 4, what="look 4")
    begun = [look["at"] for look in page.evaluate("looks")]
    pauses = [later - earlier for earlier, later in pairwise(begun)]
    assert pauses[0] >= 1000
    assert pauses[1] >= 2000
    assert pauses[2] >= 4000
