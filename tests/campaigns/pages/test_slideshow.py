"""The slideshow in a real browser: keys, fingers, the network lost, quiet hours, no blank frame between two films."""

import io
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.storage.walk_models import Walk
from tests.support import page_clock, walk_rows
from tests.support.live import wait_until
from tests.support.page_clock import run, run_until
from tests.support.rows import change
from tests.support.visits import Open, visiting

pytestmark = pytest.mark.server

EVEN = [0, 0.25, 0.5, 0.75, 1]
DARK = 24  # the wall is #141312


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Open]:
    """Return a function that opens a slideshow; at the end no page may have complained but of a lost network.

    Its clock stands still until a test has it go on, unless ``at`` is None.
    """
    expected = ["ERR_INTERNET_DISCONNECTED"]
    with visiting(browser, expected=expected, base_url=address, at=page_clock.NOON) as visits:
        yield visits.goto


def films(count: int) -> list[Walk]:
    """Publish films in an exhibition, ``/exhibitions/hall``."""
    made = []
    for number in range(count):
        walk = walk_rows.request_walk(f"a lemon {number}", "the sun", frames=5)
        change(walk, positions=EVEN, fps=8.0)
        walk_rows.paint(walk, EVEN, 0)
        walk_rows.finish(walk)
        made.append(walk)
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", walks=[walk.id for walk in made]))
    return made


def shown(page: Page) -> str:
    """Return the id of the film that is shown."""
    return str(page.evaluate("window.slideshow?.shown() ?? ''"))


def shows(page: Page, walk: Walk) -> None:
    """Go on until a film is shown, alone: the one before it has gone, and another may be called."""
    run_until(page, lambda: shown(page) == walk.id, what=f"{walk.title} on the screen")
    run_until(page, lambda: page.locator("#stage > .film").count() == 1, what="one film on the stage")
    start = walk.stops[0].prompt.removeprefix("a ")
    run_until(page, lambda: page.locator("#label .from").text_content() == start, what="its label")


def keeps(page: Page, count: int) -> None:
    """Go on until the page keeps so many films."""
    run_until(page, lambda: kept(page) == count, what=f"{count} films at hand")


def kept(page: Page) -> int:
    """Count the films that the page keeps."""
    return int(page.evaluate("window.slideshow?.kept().films ?? 0"))


def brightness(page: Page, *, is_faded: bool = True) -> float:
    """Measure the middle of the screen, after what fades there: no page's clock hastens that."""
    if is_faded:
        page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    height, width, _ = picture.shape
    return float(picture[height // 4 : height // 2, width * 2 // 5 : width * 3 // 5].mean())


@pytest.mark.parametrize(("onward", "back"), [("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp")])
def test_keys_of_keyboards_and_presenters_go_on_and_back(app: Flask, visit: Open, onward: str, back: str) -> None:
    walks = films(3)
    page = visit("/slideshow?exhibition=hall&seconds=3600")
    shows(page, walks[0])
    for key, walk, count in ((onward, walks[1], 2), (onward, walks[2], 3), (back, walks[1], 3)):
        keeps(page, count)
        page.keyboard.press(key)
        shows(page, walk)


def test_space_and_the_remote_controls_key_pause_and_go_on(app: Flask, visit: Open) -> None:
    walks = films(2)
    page = visit("/slideshow?exhibition=hall&seconds=5")
    shows(page, walks[0])
    page.keyboard.press(" ")
    assert page.locator("video").evaluate("video => video.paused")
    run(page, 6_000)
    assert shown(page) == walks[0].id
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'MediaPlayPause'}))")
    shows(page, walks[1])


def test_f_fills_the_screen_and_escape_leaves(app: Flask, visit: Open) -> None:
    walks = films(1)
    page = visit("/slideshow?exhibition=hall")
    shows(page, walks[0])
    page.keyboard.press("f")
    wait_until(lambda: page.evaluate("Boolean(document.fullscreenElement)"), what="the full screen")
    page.keyboard.press("f")
    wait_until(lambda: page.evaluate("!document.fullscreenElement"), what="the window again")
    page.keyboard.press("Escape")
    page.wait_for_url("**/exhibitions/hall")


def test_controls_come_when_something_moves_and_go_again(app: Flask, visit: Open) -> None:
    walks = films(1)
    page = visit("/slideshow?exhibition=hall")
    shows(page, walks[0])
    expect(page.locator("#controls")).not_to_be_visible()
    page.mouse.move(100, 100)
    page.mouse.move(200, 200)
    run(page, 2_000)
    expect(page.get_by_role("button", name="Next film")).to_be_visible()
    run(page, 2_000)
    expect(page.locator("#controls")).not_to_be_visible()


def test_swipe_goes_on_and_a_tap_brings_the_controls(app: Flask, visit: Open) -> None:
    walks = films(2)
    page = visit("/slideshow?exhibition=hall&seconds=3600", has_touch=True, viewport={"width": 390, "height": 844})
    shows(page, walks[0])
    keeps(page, 2)
    page.touchscreen.tap(195, 300)
    expect(page.get_by_role("button", name="Next film")).to_be_visible()
    swipe = """([from, to]) => {
      const at = (type, clientX) => document.getElementById("stage").dispatchEvent(
        new PointerEvent(type, { bubbles: true, pointerType: "touch", clientX, clientY: 300 }));
      at("pointerdown", from);
      at("pointerup", to);
    }"""
    page.evaluate(swipe, [300, 100])
    shows(page, walks[1])
    page.evaluate(swipe, [100, 300])
    shows(page, walks[0])


def test_no_frame_is_blank_while_one_film_follows_another(app: Flask, visit: Open) -> None:
    walks = films(2)
    page = visit("/slideshow?exhibition=hall&seconds=3600", at=None)  # a fade takes its time
    wait_until(lambda: kept(page) == 2 and shown(page) == walks[0].id, what="the next film")
    expect(page.locator("#label.away")).to_have_count(0)  # the first has faded in
    page.keyboard.press("ArrowRight")
    seen = [brightness(page, is_faded=False) for _ in range(12)]
    expect(page.locator("#label .from")).to_have_text("lemon 1")
    seen += [brightness(page, is_faded=False) for _ in range(3)]
    assert min(seen) > 4 * DARK, seen


def test_lost_network_is_not_seen_and_what_is_new_comes_when_it_is_back(app: Flask, visit: Open) -> None:
    walks = films(4)
    page = visit("/slideshow?exhibition=hall&seconds=5")
    shows(page, walks[0])
    keeps(page, 2)
    page.context.set_offline(True)
    for walk in (walks[1], walks[0], walks[1]):
        shows(page, walk)
        assert brightness(page) > 4 * DARK
    page.context.set_offline(False)
    run_until(page, lambda: shown(page) == walks[2].id, what="a new film")


def test_film_that_cannot_be_had_leaves_the_present_one_where_it_is(app: Flask, visit: Open) -> None:
    walks = films(3)
    page = visit("about:blank")
    page.route(f"**/media/{walks[1].id}/**", lambda route: route.fulfill(body=b"no film", content_type="video/mp4"))
    page.goto("/slideshow?exhibition=hall&seconds=5")
    shows(page, walks[0])
    run_until(page, lambda: shown(page) == walks[2].id, what="the film after it")
    assert brightness(page) > 4 * DARK


def test_however_long_it_runs_it_keeps_twelve_films(app: Flask, visit: Open) -> None:
    walks = films(16)
    page = visit("/slideshow?exhibition=hall&seconds=3600")
    for walk in walks:
        if walk is not walks[0]:
            run(page, 600)  # the next is at hand
            page.keyboard.press("ArrowRight")
        shows(page, walk)
        assert kept(page) <= 12
    assert kept(page) == 12
    assert page.evaluate("document.querySelectorAll('video').length") == 1


def test_quiet_hours_are_dark_fetch_nothing_and_end_by_themselves(app: Flask, visit: Open) -> None:
    walks = films(3)
    page = visit("/slideshow?exhibition=hall&seconds=5&quiet=22:00-08:00", at=datetime(2026, 11, 23, 21, 59, 30))
    shows(page, walks[0])
    page.clock.pause_at(datetime(2026, 11, 23, 22, 0, 1))
    run(page, 500)
    expect(page.locator("html.asleep")).to_have_count(1)
    assert brightness(page) < 1
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.pause_at(datetime(2026, 11, 24, 7, 59, 57))
    run(page, 2_500)
    assert asked == []
    assert brightness(page) < 1
    run(page, 1_000)
    expect(page.locator("html.asleep")).to_have_count(0)
    assert brightness(page) > 4 * DARK


def test_quiet_hours_reach_across_midnight(app: Flask, visit: Open) -> None:
    films(1)
    page = visit("/slideshow?exhibition=hall")
    night, noon = "22:00-08:00", "12:00-13:00"
    asked = (
        (night, "22:00", True), (night, "21:59", False), (night, "00:00", True), (night, "07:59", True),
        (night, "08:00", False), (noon, "12:30", True), (noon, "13:00", False), ("", "03:00", False),
    )  # fmt: skip
    ask = """async ([hours, time]) => (await import(document.getElementById("quiet").href))
      .isQuiet(hours, new Date(`2026-11-23T${time}:00`))"""
    for hours, time, quiet in asked:
        assert page.evaluate(ask, [hours, time]) is quiet, (hours, time)


def test_reduced_motion_shows_stills(app: Flask, visit: Open) -> None:
    walks = films(2)
    page = visit("/slideshow?exhibition=hall&seconds=5", reduced_motion="reduce")
    shows(page, walks[0])
    shows(page, walks[1])
    assert page.locator("video").count() == 0


def test_screen_is_kept_awake_also_after_it_was_hidden(app: Flask, visit: Open) -> None:
    walks = films(1)
    page = visit("about:blank")
    page.add_init_script("""
      window.asked = [];
      Object.defineProperty(navigator, "wakeLock", { value: { request: async (kind) => {
        asked.push(kind);
        return window.held = { released: false, release: async function () { this.released = true; } };
      } } });
    """)
    page.goto("/slideshow?exhibition=hall")
    shows(page, walks[0])
    assert page.evaluate("asked") == ["screen"]
    page.evaluate("held.released = true; document.dispatchEvent(new Event('visibilitychange'))")  # as browsers do
    assert page.evaluate("asked") == ["screen", "screen"]


def test_without_javascript_one_film_is_shown_with_a_link_to_the_next(app: Flask, visit: Open) -> None:
    walks = films(2)
    page = visit("/slideshow?exhibition=hall", at=None, java_script_enabled=False)
    for walk in (*walks, walks[0]):
        expect(page.locator(f"#stage picture img[src*='{walk.id}']")).to_be_visible()
        expect(page.locator("#label")).to_contain_text("sun")
        page.get_by_role("link", name="Next film").click()
