"""Public walks in a browser: posters first, films when asked for, nothing that moves about; and the back office."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Route, expect

from app.collection.gallery import exhibitions
from app.collection.moderation import reports
from app.storage.database import db
from app.storage.walk_models import Walk
from app.upkeep.operations import first_exhibition
from tests.conftest import make_app
from tests.support import page_clock, published, walk_rows
from tests.support.curator import HASH, PASSWORD
from tests.support.live import PATIENCE_MS
from tests.support.page_clock import run
from tests.support.visits import Open, visiting

pytestmark = pytest.mark.server

# How far anything was moved that a visitor saw, and what the largest thing painted was.
WATCH = """
window.shifted = 0; window.largest = null;
const add = (entry) => { if (!entry.hadRecentInput) shifted += entry.value; };
new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => { largest = list.getEntries().at(-1).startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
"""
SHOWN = "() => [...document.images].filter((image) => image.checkVisibility()).every((image) => image.complete)"
PLAYING = "() => [...document.querySelectorAll('video')].filter((film) => film.currentTime > 0).length === 1"
REST_MS = 1000  # before a film in the middle of the screen is loaded, in static/film.js


@pytest.fixture
def instance(instance: Path) -> Path:
    """Publish the first exhibition on the site."""
    return published.copy_to(instance)


@pytest.fixture
def walks(app: Flask) -> list[Walk]:
    """Return the walks of the first exhibition."""
    return exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))


@pytest.fixture
def house(app: Flask, instance: Path, walks: list[Walk]) -> Iterator[str]:
    """Serve the site as it is outside of tests, with a curator's room."""
    with walk_rows.served(make_app(instance, CURATOR_HASH=HASH, WTF_CSRF_ENABLED=True)) as address:
        yield address


@pytest.fixture
def visit(house: str, browser: Browser) -> Iterator[Open]:
    """Return a function that opens a page; at the end no page may have complained."""
    with visiting(browser, base_url=house, script=WATCH) as visits:
        yield visits.goto


@pytest.mark.parametrize("path", ["/gallery", "/exhibitions/the-first-exhibition", "/exhibitions", "/", "a walk"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_moved_while_a_page_arrives_and_is_read(
    visit: Open, walks: list[Walk], path: str, width: int
) -> None:
    page = visit(walks[0].url if path == "a walk" else path, viewport={"width": width, "height": 900})
    page.wait_for_load_state("networkidle")
    page.mouse.wheel(0, 3000)
    page.wait_for_function(SHOWN)  # those of what is folded are fetched when it is opened
    page.wait_for_function("() => largest !== null")
    assert page.evaluate("shifted") == 0


def test_nothing_is_moved_by_type_that_comes_late(visit: Open) -> None:
    page, held, free = visit("about:blank"), list[Route](), list[bool]()
    page.route("**/*.woff2", lambda route: route.continue_() if free else held.append(route))
    with page.expect_request("**/*.woff2"):
        page.goto("/exhibitions/the-first-exhibition", wait_until="commit")
    page.wait_for_function("() => largest !== null")  # words stand in the type that is there
    assert held
    free.append(True)
    for route in held:
        route.continue_()
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert page.evaluate("shifted") == 0


def test_first_posters_are_fetched_at_once_and_films_only_when_asked_for(visit: Open, walks: list[Walk]) -> None:
    page = visit("/gallery")
    assert page.locator(".poster img:not([loading=lazy])").count() == 4
    page.wait_for_load_state("networkidle")
    fetched = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in fetched if name.endswith((".mp4", ".webp", ".gif"))]
    poster = page.locator(".poster").first
    poster.locator(".picture").hover()
    page.wait_for_function(PLAYING)
    expect(poster.locator(".detail")).to_contain_text("Playing")
    page.locator(".poster").nth(1).locator(".picture").hover()
    page.wait_for_function(PLAYING)
    assert poster.locator("video").count() == 0
    page.mouse.move(2, 2)
    expect(page.locator("video")).to_have_count(0)


def test_film_in_the_middle_of_the_screen_plays_alone_and_stops_by_itself(visit: Open) -> None:
    page = visit("/gallery", viewport={"width": 390, "height": 844})
    page.wait_for_function(PLAYING)
    first = page.evaluate("document.querySelector('.poster:has(video) .picture').href")
    expect(page.locator("video")).to_have_count(0, timeout=PATIENCE_MS)  # after five seconds at most
    page.mouse.wheel(0, 900)
    page.wait_for_function(PLAYING)
    assert page.locator("video").count() == 1
    assert page.evaluate("document.querySelector('.poster:has(video) .picture').href") != first


@pytest.mark.parametrize("options", [{"reduced_motion": "reduce"}, {}], ids=["reduced motion", "saving data"])
def test_no_film_plays_in_the_middle_of_the_screen_where_that_is_unwanted(visit: Open, options: Any) -> None:
    page = visit("about:blank", viewport={"width": 390, "height": 844}, **options)
    page_clock.stop(page.context)
    if not options:
        page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.goto("/gallery")
    page.wait_for_load_state("networkidle")
    run(page, 2 * REST_MS)
    assert page.locator("video").count() == 0
    page.locator(".poster .picture").first.focus()
    assert page.locator("video").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_making_page_shows_a_finished_film_until_something_is_typed(visit: Open, width: int) -> None:
    page = visit("/", viewport={"width": width, "height": 844})
    example = page.locator(".example .poster")
    expect(example.locator(".picture")).to_be_in_viewport(ratio=1)
    page.wait_for_function(PLAYING)
    assert example.locator("video").count() == 1
    shown = page.locator("textarea").evaluate_all("(all) => all.map((each) => each.placeholder)")
    label = page.locator(".example").text_content() or ""
    assert shown and all(name.split()[-1] in label for name in shown)  # labels leave out articles
    page.get_by_label("From", exact=True).fill("a fox")
    expect(example).to_be_visible(visible=width < 1100)  # beside the words, not where they are written
    page.goto("/?prompt=a+fox&prompt=a+kite")
    expect(page.locator(".example")).to_have_count(0)


def test_walk_shows_its_first_picture_and_fetches_no_film_that_it_does_not_play(visit: Open, walks: list[Walk]) -> None:
    page = visit(walks[0].url)
    page.wait_for_function(PLAYING)
    fetched = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in fetched if "/still.0000" in name]
    assert not [name for name in fetched if name.endswith((".webp", ".gif"))]


def test_under_reduced_motion_nothing_plays_until_its_button_is_pressed(visit: Open) -> None:
    page = visit("/gallery", reduced_motion="reduce")
    poster = page.locator(".poster").first
    poster.locator(".picture").hover()
    poster.locator(".picture").focus()
    expect(page.locator("video")).to_have_count(0)
    button = poster.get_by_role("button", name="Play")
    button.press("Enter")
    page.wait_for_function(PLAYING)
    poster.get_by_role("button", name="Stop").press("Enter")
    expect(page.locator("video")).to_have_count(0)
    assert page.evaluate("shifted") == 0


def test_touched_poster_leads_to_its_walk(visit: Open, walks: list[Walk]) -> None:
    page = visit("/gallery", has_touch=True)
    page.locator(".poster .picture").first.tap()
    page.wait_for_url("**/walks/**")


def test_without_javascript_a_poster_leads_to_its_walk(visit: Open, walks: list[Walk]) -> None:
    page = visit("/exhibitions/the-first-exhibition", java_script_enabled=False)
    page.locator(".poster .picture").first.click()
    page.wait_for_url(f"**{walks[0].url}")


def test_walk_is_reported_and_the_curator_hides_it_without_javascript(visit: Open, walks: list[Walk]) -> None:
    page = visit(walks[0].url, java_script_enabled=False)
    page.get_by_role("link", name="Report this walk").click()
    page.get_by_role("radio", name="It is hateful").check()
    page.get_by_label("In your words").fill("It is a guitar.")
    page.get_by_role("button", name="Report this walk").click()
    expect(page.get_by_role("status")).to_contain_text("A curator will look at this walk")
    page.goto("/curator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("It is a guitar.")).to_be_visible()
    page.get_by_role("button", name="Hide it").click()
    expect(page.get_by_text("There are no open reports.")).to_be_visible()
    page.get_by_role("link", name="Log").click()
    expect(page.get_by_text(f"hid walk {walks[0].id}")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/exhibitions/the-first-exhibition")
    expect(page.get_by_text(f"{len(walks) - 1} walks")).to_be_visible()
    db.session.rollback()
    assert reports.reported_walks(9) == []
