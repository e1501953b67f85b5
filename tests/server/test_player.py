"""The film on a walk's page in a real browser: while better frames arrive, when it is finished, and as scrubber."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.models import Walk
from tests.server import easel
from tests.server.live import wait_until
from tests.test_making import deliver

pytestmark = pytest.mark.server

FRAMES = 17  # stops, middle, quarters, eighths, sixteenths
FPS = 8.0
SECONDS = (FRAMES - 1) / FPS
EVEN = [index / 16 for index in range(FRAMES)]
LEVELS = ([0.0, 1.0], [0.5], [0.25, 0.75], [0.125, 0.375, 0.625, 0.875], EVEN[1::2])

RECORD = """() => {
  window.stayed = true;
  window.record = [];
  let last = "";
  const look = () => {
    const way = document.querySelector("#walk .way[data-reel]"), image = document.querySelector("#film");
    if (way && image) {
      const reel = JSON.parse(way.dataset.reel);
      const index = reel.stills.findIndex((name) => image.src.endsWith(`${reel.base}${name}.png`));
      const shown = document.querySelector("video:not([hidden])") ? "video" : "still";
      const entry = [reel.positions[index] ?? null, reel.stills.length, shown];
      if (String(entry) !== last) record.push([...entry, performance.now()]);
      last = String(entry);
    }
    requestAnimationFrame(look);
  };
  look();
}"""

Open = Callable[..., Page]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the pages of this test's own rows."""
    with easel.served(app) as url:
        yield url


@pytest.fixture
def look(address: str, browser: Browser) -> Iterator[Open]:
    """Return a function that opens a walk's page; at the end no page may have complained."""
    complaints: list[str] = []
    contexts = []

    def visit(walk: Walk, path: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=address, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{walk.url}{path}")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def walk(app: Flask) -> Walk:
    """Commission a walk that plays for about two seconds."""
    made = easel.commissioned("a lemon", "the sun", frames=FRAMES)
    easel.settle(made, fps=FPS)
    return made


@pytest.fixture
def hangs(app: Flask) -> Callable[..., Walk]:
    """Return a function that hangs a finished walk with frames at these positions."""

    def make(*prompts: str, positions: list[float], **values: Any) -> Walk:
        made = easel.commissioned(*prompts, frames=len(positions))
        easel.settle(made, positions=positions, **{"fps": 12.5, **values})
        easel.paint(made, [place for place in positions if place % 1 == 0], 0)
        easel.paint(made, [place for place in positions if place % 1], 1)
        easel.finish(made)
        return made

    return make


def stills(page: Page) -> int:
    """Count the pictures that the page knows."""
    reel = page.locator("#walk .way").get_attribute("data-reel")
    return len(json.loads(str(reel))["stills"]) if reel else 0


def wait_for_stills(page: Page, count: int) -> None:
    """Wait until the page knows so many pictures, and has had time to show them."""
    until(
        page,
        """count => {
          const reel = document.querySelector("#walk .way").dataset.reel;
          return reel && JSON.parse(reel).stills.length === count;
        }""",
        count,
    )
    page.wait_for_timeout(200)


def until(page: Page, condition: str, arg: object = None) -> None:
    """Wait for a condition in the page, whose policy forbids what Playwright's own waiting does."""
    wait_until(lambda: page.evaluate(condition, arg), seconds=15, what=condition)


def text_of_value(page: Page) -> str:
    """Read what the slider says."""
    return str(page.get_by_role("slider").get_attribute("aria-valuetext"))


def test_better_frames_come_without_a_reload_a_jump_or_a_lost_playhead(walk: Walk, look: Open) -> None:
    page = look(walk)
    page.evaluate(RECORD)
    known = 0
    for rank, level in enumerate(LEVELS):
        easel.paint(walk, level, rank, **({"positions": EVEN} if rank == 1 else {}))
        known += len(level)
        expect(page.locator("#walk .label")).to_contain_text(f"{known} of 17 frames")
        page.wait_for_timeout(600)
    assert page.evaluate("window.stayed") is True
    record = [entry for entry in page.evaluate("record") if entry[0] is not None]
    assert {count for _, count, *_ in record} == {2, 3, 5, 9, 17}
    assert all(shown == "still" for _, _, shown, _ in record)
    # From picture to picture the film goes forwards by no more than the widest gap there was, or begins anew;
    # where a busy machine showed nothing for a while, by no more than the film plays in that time besides.
    for (before, few, _, left), (after, many, _, came) in pairwise(record):
        reach = 1 / (min(few, many) - 1) + (came - left) / 1000 / SECONDS
        assert -1e-6 <= after - before <= reach or (before > 1 - reach and after < reach), record
    assert len({place for place, *_ in record}) > 9


def test_first_film_is_on_the_page_at_its_next_poll(walk: Walk, look: Open) -> None:
    page = look(walk)
    page.evaluate(RECORD)
    page.wait_for_timeout(700)
    began = page.evaluate("performance.now()")
    easel.paint(walk, [0.0, 1.0], 0)
    published = page.evaluate("performance.now()")
    until(page, "record.length > 0")
    (_, count, _, seen) = page.evaluate("record[0]")
    assert count == 2
    assert began < seen < published + 500 + 400  # the poll, and what a busy machine takes to answer it
    expect(page.get_by_text("Finding the way between them.")).to_be_visible()


def test_pause_stays_pause_while_better_frames_come(walk: Walk, look: Open) -> None:
    easel.paint(walk, [0.0, 1.0], 0)
    page = look(walk)
    page.get_by_role("button", name="Pause").click()
    shown = page.locator("#film").get_attribute("src")
    for rank, level in enumerate(LEVELS[1:], start=1):
        easel.paint(walk, level, rank, positions=EVEN)
        wait_for_stills(page, sum(map(len, LEVELS[: rank + 1])))
        assert page.locator("#film").get_attribute("src") == shown
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    easel.finish(walk)
    expect(page.get_by_role("heading", name="Take it home")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.locator("#film").get_attribute("src") == shown
    assert page.locator("video:not([hidden])").count() == 0
    page.get_by_role("button", name="Play").click()
    expect(page.locator("video:not([hidden])")).to_be_visible()


def test_finished_film_goes_on_where_the_pictures_were(walk: Walk, look: Open) -> None:
    easel.settle(walk, fps=4.0)
    for rank, level in enumerate(LEVELS):
        easel.paint(walk, level, rank, positions=EVEN)
    page = look(walk)
    page.evaluate(RECORD)
    until(page, "record.some(([place]) => place >= 0.3)")
    easel.finish(walk)
    until(page, "record.some(([, , shown]) => shown === 'video')")
    assert page.evaluate("window.stayed") is True
    time = page.evaluate("document.querySelector('video').currentTime")
    last = [place for place, _, shown, _ in page.evaluate("record") if shown == "still"][-1]
    assert abs(time * 4 / 16 - last) <= 2.5 / 16
    slider = page.get_by_role("slider")
    expect(slider).to_be_attached()
    expect(page.get_by_text("Playing the frames there are.")).to_have_count(0)


def test_reduced_motion_stays_still_before_and_after(walk: Walk, look: Open) -> None:
    easel.paint(walk, [0.0, 1.0], 0)
    page = look(walk, reduced_motion="reduce")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.evaluate(RECORD)
    easel.paint(walk, [0.5], 1, positions=EVEN)
    wait_for_stills(page, 3)
    page.wait_for_timeout(500)
    easel.paint(walk, [place for place in EVEN if place not in (0, 0.5, 1)], 2)
    easel.finish(walk)
    expect(page.get_by_role("heading", name="Take it home")).to_be_visible()
    page.wait_for_timeout(500)
    assert {place for place, *_ in page.evaluate("record")} == {0.0}
    assert page.locator("video:not([hidden])").count() == 0


def test_without_javascript_the_page_is_asked_for_again_and_shows_the_film(walk: Walk, look: Open) -> None:
    easel.paint(walk, [0.0, 1.0], 0)
    page = look(walk, java_script_enabled=False)
    assert 'http-equiv="refresh"' in page.content()
    expect(page.locator("img#film[src*='.gif']")).to_be_visible()
    assert page.get_by_role("button").count() == 0
    easel.paint(walk, EVEN[1:-1], 1, positions=EVEN)
    easel.finish(walk)
    expect(page.get_by_role("heading", name="Take it home")).to_be_visible(timeout=5000)


def test_without_javascript_reduced_motion_shows_a_still_while_it_is_painted(walk: Walk, look: Open) -> None:
    easel.paint(walk, [0.0, 0.5, 1.0], 0, positions=EVEN)
    page = look(walk, java_script_enabled=False, reduced_motion="reduce")
    page.wait_for_load_state("networkidle")
    assert "/still.0.5000." in page.locator("#film").evaluate("image => image.currentSrc")


@pytest.mark.parametrize(
    ("key", "value"),
    [("ArrowRight", "73 % lemon · 27 % sun, frame 3 of 7"), ("ArrowLeft", "100 % lemon, frame 1 of 7"),
     ("ArrowUp", "73 % lemon · 27 % sun, frame 3 of 7"), ("PageUp", "100 % sun, frame 5 of 7"),
     ("PageDown", "100 % lemon, frame 1 of 7"), ("Home", "100 % lemon, frame 1 of 7"),
     ("End", "100 % castle, frame 7 of 7")],
)  # fmt: skip
def test_keys_step_through_frames_and_stops(hangs: Callable[..., Walk], look: Open, key: str, value: str) -> None:
    page = look(hangs("a lemon", "the sun", "a castle", positions=[0.0, 0.09, 0.27, 0.8, 1.0, 1.6, 2.0]))
    slider = page.get_by_role("slider")
    slider.press("Home")
    slider.press("ArrowRight")
    assert text_of_value(page) == "91 % lemon · 9 % sun, frame 2 of 7"
    slider.press(key)
    assert text_of_value(page) == value
    expect(page.get_by_text(value.partition(",")[0], exact=True)).to_be_visible()
    assert slider.input_value() == str(int(value.split()[-3]) - 1)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_page_keys_go_from_stop_to_stop(hangs: Callable[..., Walk], look: Open) -> None:
    page = look(hangs("a lemon", "the sun", "a castle", positions=[0.0, 0.4, 1.0, 1.2, 1.4, 2.0]))
    slider = page.get_by_role("slider")
    said = []
    for key in ("Home", "PageUp", "PageUp", "PageUp", "ArrowLeft", "PageDown", "PageDown", "PageDown"):
        slider.press(key)
        said.append(text_of_value(page).partition(",")[0])
    assert said == ["100 % lemon", "100 % sun", "100 % castle", "100 % castle", "60 % sun · 40 % castle",
                    "100 % sun", "100 % lemon", "100 % lemon"]  # fmt: skip


def test_round_walk_names_its_last_and_first_stop_on_the_last_leg(hangs: Callable[..., Walk], look: Open) -> None:
    page = look(hangs("a lemon", "the sun", positions=[0.0, 0.5, 1.0, 1.25, 1.5, 1.75], ending="round"))
    slider = page.get_by_role("slider")
    slider.press("End")
    assert text_of_value(page) == "25 % sun · 75 % lemon, frame 6 of 6"
    slider.press("PageDown")
    assert text_of_value(page) == "100 % sun, frame 3 of 6"
    assert page.locator("#walk .stop").all_inner_texts() == ["a lemon", "the sun", "a lemon"]


def test_film_that_comes_back_has_a_slider_for_its_distinct_frames(hangs: Callable[..., Walk], look: Open) -> None:
    page = look(hangs("a lemon", "the sun", positions=[index / 4 for index in range(5)], ending="back", fps=6.0))
    slider = page.get_by_role("slider")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", "4")
    page.evaluate(
        """() => {
          window.turns = [];
          const slider = document.querySelector("input[type=range]");
          const look = () => {
            if (turns[turns.length - 1] !== slider.value) turns.push(slider.value);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    until(page, "turns.length > 9")
    turns = [int(turn) for turn in page.evaluate("turns")]
    assert all(abs(after - before) == 1 for before, after in pairwise(turns[1:])), turns  # no jump at either end
    assert set(turns) == {0, 1, 2, 3, 4}


def test_pointer_goes_to_the_frame_that_lies_under_it(hangs: Callable[..., Walk], look: Open) -> None:
    page = look(hangs("a lemon", "the sun", positions=[0.0, 0.05, 0.1, 0.6, 1.0]))
    page.get_by_role("slider").scroll_into_view_if_needed()
    box = page.get_by_role("slider").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.58 * box["width"], box["y"] + 20)
    page.mouse.down()
    assert text_of_value(page) == "40 % lemon · 60 % sun, frame 4 of 5"
    page.mouse.move(box["x"] + 0.11 * box["width"], box["y"] + 20)
    assert text_of_value(page) == "90 % lemon · 10 % sun, frame 3 of 5"
    page.mouse.up()
    assert text_of_value(page) == "90 % lemon · 10 % sun, frame 3 of 5"
    assert page.get_by_role("slider").input_value() == "2"
    still = page.locator("#film")
    expect(still).to_have_attribute("src", re.compile(r"/still\.0\.1000\."))
    assert page.locator("#alone").get_attribute("href") == still.get_attribute("src")


def test_space_plays_and_pauses(hangs: Callable[..., Walk], look: Open) -> None:
    page = look(hangs("a lemon", "the sun", positions=EVEN))
    expect(page.locator("video:not([hidden])")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_stages_arrive_on_their_page_without_a_reload(hangs: Callable[..., Walk], look: Open) -> None:
    walk = hangs("a lemon", "the sun", positions=[0.0, 0.4, 1.0])
    page = look(walk)
    page.get_by_role("slider").press("Home")
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_role("link", name="How this picture was made").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("60 % lemon · 40 % sun")
    page.get_by_role("button", name="Show me how").click()
    expect(page.get_by_text("On its way.")).to_be_visible()
    page.evaluate("window.stayed = true")
    deliver(walk, 1, steps=9)
    expect(page.get_by_text("As it hangs")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    assert page.get_by_role("img", name=re.compile("After step")).count() == 9
    expect(page.get_by_role("status")).to_have_text("The stages are there")


def test_stages_are_reached_without_javascript(hangs: Callable[..., Walk], look: Open) -> None:
    walk = hangs("a lemon", "the sun", positions=[0.0, 0.4, 1.0])
    page = look(walk, java_script_enabled=False)
    page.get_by_role("link", name="How this picture was made").click()
    page.get_by_role("button", name="Show me how").click()
    deliver(walk, 1, steps=3)
    expect(page.get_by_text("As it hangs")).to_be_visible(timeout=5000)  # the page asks again by itself


def test_going_on_keeps_the_joint_and_the_choices_are_said_when_more_is_shut(
    hangs: Callable[..., Walk], look: Open
) -> None:
    walk = hangs("a lemon", "the sun", positions=[0.0, 0.4, 1.0])
    page = look(walk)
    page.get_by_role("textbox", name=re.compile("where next")).fill("a kite")
    page.get_by_role("button", name="Paint").click()
    assert f"continues={walk.id}" in page.url
    expect(page.get_by_label("To", exact=True)).to_have_value("a kite")
    assert page.get_by_role("textbox", name="From").count() == 0
    page.get_by_text("More", exact=True).click()
    for choice in ("there and back", "slower at the stops", "sketch"):
        page.get_by_role("radio", name=choice).check()
    page.get_by_role("button", name="Add a stop").click()
    expect(page.get_by_label("By way of")).to_be_focused()
    expect(page.get_by_role("radio", name="sketch")).to_be_checked()
    page.get_by_text("Less", exact=True).click()
    expect(page.locator("#values")).to_contain_text("there and back, slower at the stops, sketch, seed 11")
    page.get_by_role("button", name="Begin anew").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("the sun")
