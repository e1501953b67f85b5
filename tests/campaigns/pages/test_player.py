"""The film on a walk's page in a real browser: while better frames arrive, when it is finished, and as scrubber."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Page, expect

from app.storage.walk_models import Walk
from tests.conftest import Maker
from tests.support import page_clock, walk_rows
from tests.support.frame_files import deliver
from tests.support.live import wait_until
from tests.support.page_clock import run, run_until
from tests.support.rows import change
from tests.support.visits import Open, visiting
from worker.film import timing

pytestmark = pytest.mark.server

FRAMES = 17  # stops, middle, quarters, eighths, sixteenths
FPS = 8.0
SECONDS = (FRAMES - 1) / FPS
EVEN = [index / 16 for index in range(FRAMES)]
LEVELS = ([0.0, 1.0], [0.5], [0.25, 0.75], [0.125, 0.375, 0.625, 0.875], EVEN[1::2])

# What the page shows, written down at each of its changes: `place` of the picture on the walk, how many the page knows,
# the places of those `there`, the film's `clock` (the time of the browser's last frame, which is all that the film
# goes by) and the time `now`; with the video its own time. Also what the page asked for, and when the video began.
RECORD = """() => {
  Object.assign(window, { stayed: true, record: [], polls: [], begun: null });
  const { fetch, requestAnimationFrame: frame } = window, { decode } = HTMLImageElement.prototype;
  const { play } = HTMLMediaElement.prototype;
  const decoded = new Set();
  let clock = 0, last = "";
  window.requestAnimationFrame = (call) => frame((now) => { clock = now; call(now); });
  HTMLImageElement.prototype.decode = function () { return decode.call(this).then(() => { decoded.add(this.src); }); };
  HTMLMediaElement.prototype.play = function () { window.begun ??= performance.now(); return play.call(this); };
  window.fetch = (...asked) => {
    const poll = { began: performance.now() };
    polls.push(poll);
    return fetch(...asked).then((answer) => {
      answer.clone().text().then((text) => { poll.text = text; });
      return answer;
    });
  };
  const look = () => {
    const way = document.querySelector("#walk .way[data-reel]"), image = document.querySelector("#film");
    if (!way || !image) return;
    const reel = JSON.parse(way.dataset.reel), video = document.querySelector("video:not([hidden])");
    const addresses = reel.stills.map((name) => `${reel.base}${name}.png`);
    const place = reel.positions[addresses.findIndex((address) => image.src.endsWith(address))];
    const there = reel.positions.filter((_, index) => decoded.has(new URL(addresses[index], location).href));
    const entry = { place, known: addresses.length, isVideo: Boolean(video) };
    if (place === undefined || JSON.stringify(entry) === last) return;
    last = JSON.stringify(entry);
    record.push({ ...entry, there, clock, now: performance.now(), videoTime: video?.currentTime });
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
}"""

# The time of each picture that the video shows, and what the slider says to it.
FOLLOW = """() => {
  window.turns = [];
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (tell) {
    return ask.call(this, (now, about) => {
      tell(now, about);
      if (!this.hidden) turns.push([about.mediaTime, document.querySelector("input[type=range]").valueAsNumber]);
    });
  };
}"""


@pytest.fixture
def look(address: str, browser: Browser) -> Iterator[Open]:
    """Return a function that opens a walk's page; at the end no page may have complained."""
    with visiting(browser, base_url=address) as visits:
        yield lambda walk, path="", **options: visits.goto(f"{walk.url}{path}", **options)


@pytest.fixture
def walk(app: Flask) -> Walk:
    """Request a walk that plays for about two seconds."""
    made = walk_rows.request_walk("a lemon", "the sun", frames=FRAMES)
    change(made, fps=FPS)
    return made


@pytest.fixture
def publish(app: Flask) -> Callable[..., Walk]:
    """Return a function that publishes a finished walk with frames at these positions."""

    def make(*prompts: str, positions: list[float], hold: int = 0, **values: Any) -> Walk:
        made = walk_rows.request_walk(*prompts, frames=len(positions))
        change(made, positions=positions, **{"fps": 12.5, **values})
        walk_rows.paint(made, [place for place in positions if place % 1 == 0], 0)
        walk_rows.paint(made, [place for place in positions if place % 1], 1)
        walk_rows.finish(made, hold=hold)
        return made

    return make


def stills(page: Page) -> int:
    """Count the pictures that the page knows."""
    reel = page.locator("#walk .way").get_attribute("data-reel")
    return len(json.loads(str(reel))["stills"]) if reel else 0


def wait_for_stills(page: Page, count: int) -> None:
    """Run the clock of a page until it knows so many pictures, and has had time to show them."""
    run_until(page, lambda: stills(page) == count, what=f"{count} pictures")
    run(page, 200)


def goes_on(page: Page, condition: str, arg: object = None) -> None:
    """Run the clock of a page until a condition is met in it."""
    run_until(page, lambda: page.evaluate(condition, arg), what=condition)


def until(page: Page, condition: str, arg: object = None) -> None:
    """Wait for a condition in the page, whose policy forbids what Playwright's own waiting does."""
    wait_until(lambda: page.evaluate(condition, arg), what=condition)


def text_of_value(page: Page) -> str:
    """Read what the slider says."""
    return str(page.get_by_role("slider").get_attribute("aria-valuetext")).replace("\xa0", " ")


def test_better_frames_come_without_a_reload_a_jump_or_a_lost_playhead(walk: Walk, look: Open) -> None:
    page = look(walk, at=page_clock.NOON)
    page.evaluate(RECORD)
    known = 0
    for rank, level in enumerate(LEVELS):
        walk_rows.paint(walk, level, rank, **({"positions": EVEN} if rank == 1 else {}))
        known += len(level)
        said, label = f"{known} of 17 frames", page.locator("#walk .label")
        run_until(page, lambda said=said, label=label: said in label.inner_text(), what=said)  # type: ignore[misc]
        goes_on(page, "known => record.some((entry) => entry.known === known)", known)
        run(page, 600)
    goes_on(page, "new Set(record.map(({ place }) => place)).size > 9")
    assert page.evaluate("window.stayed") is True
    record = page.evaluate("record")
    assert {entry["known"] for entry in record} == {2, 3, 5, 9, 17}
    assert not any(entry["isVideo"] for entry in record)
    # From picture to picture the film goes forwards by no more than the widest gap there was and than it plays in the
    # time between them, or begins again.
    for before, after in pairwise(record):
        left, came = before["place"], after["place"]
        reach = widest_gap(before["there"]) + (after["clock"] - before["clock"]) / 1000 / SECONDS + 1e-6
        assert 0 <= came - left <= reach or (left > 1 - reach and came < reach), (before, after)


def test_pictures_of_an_unfinished_film_do_not_follow_so_fast_that_they_could_flash(walk: Walk, look: Open) -> None:
    change(walk, fps=25.0)
    for rank, level in enumerate(LEVELS):
        walk_rows.paint(walk, level, rank, positions=EVEN)
    page = look(walk, at=page_clock.NOON)
    page.evaluate(RECORD)
    goes_on(page, "record.length > 16")
    times = [entry["now"] for entry in page.evaluate("record")][1:]  # the first was there when recording began
    assert all(later - now > 900 for now, later in zip(times, times[6:], strict=False))  # six changes take a second
    walk_rows.finish(walk)
    goes_on(page, "record.some(({ isVideo }) => isVideo)")


def widest_gap(places: list[float]) -> float:
    """Measure the widest piece of the way from 0 to 1 on which there is no picture."""
    return max(after - before for before, after in pairwise(sorted({0.0, *places, 1.0})))


def test_first_film_is_on_the_page_at_its_next_poll(walk: Walk, look: Open) -> None:
    page = look(walk)
    page.evaluate(RECORD)
    until(page, "polls.length > 0")
    walk_rows.paint(walk, [0.0, 1.0], 0)
    published = page.evaluate("performance.now()")
    until(page, "record.length > 0")
    assert page.evaluate("record[0].known") == 2
    until(page, "since => polls.some(({ began, text }) => began > since && text !== undefined)", published)
    polls = page.evaluate("polls")
    first = next(index for index, poll in enumerate(polls) if "data-reel" in poll.get("text", ""))
    later = next(index for index, poll in enumerate(polls) if poll["began"] > published)
    assert first <= later
    expect(page.get_by_text("Finding the way between them.")).to_be_visible()


def test_pause_stays_pause_while_better_frames_come(walk: Walk, look: Open) -> None:
    walk_rows.paint(walk, [0.0, 1.0], 0)
    page = look(walk, at=page_clock.NOON)
    still = page.locator("#film[src*='/still.']")  # before its pictures come the page shows the GIF
    run_until(page, still.is_visible, what="a picture")
    page.get_by_role("button", name="Pause").click()
    shown = page.locator("#film").get_attribute("src")
    for rank, level in enumerate(LEVELS[1:], start=1):
        walk_rows.paint(walk, level, rank, positions=EVEN)
        wait_for_stills(page, sum(map(len, LEVELS[: rank + 1])))
        assert page.locator("#film").get_attribute("src") == shown
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    walk_rows.finish(walk)
    run_until(page, page.get_by_role("heading", name="Download").is_visible, what="the finished walk")
    run(page, 300)
    assert page.locator("#film").get_attribute("src") == shown
    assert page.locator("video:not([hidden])").count() == 0
    page.get_by_role("button", name="Play").click()
    expect(page.locator("video:not([hidden])")).to_be_visible()


def test_finished_film_goes_on_where_the_pictures_were(walk: Walk, look: Open) -> None:
    change(walk, fps=4.0)
    for rank, level in enumerate(LEVELS):
        walk_rows.paint(walk, level, rank, positions=EVEN)
    page = look(walk)
    page.evaluate(RECORD)
    until(page, "record.some(({ place }) => place >= 0.3)")
    walk_rows.finish(walk)
    until(page, "record.some(({ isVideo }) => isVideo)")
    assert page.evaluate("window.stayed") is True
    record, begun = page.evaluate("record"), page.evaluate("begun")
    film = next(entry for entry in record if entry["isVideo"])
    last = [entry["place"] for entry in record if not entry["isVideo"]][-1]
    apart = abs(film["videoTime"] * 4 - last * 16)  # in pictures, of which the film shows 17 and begins again
    assert min(apart, 17 - apart) <= 2.5 + (film["now"] - begun) / 1000 * 4  # while the video begins, pictures go on
    slider = page.get_by_role("slider")
    expect(slider).to_be_attached()
    expect(page.get_by_text("Playing the frames there are.")).to_have_count(0)


PLACES = """() => ["#walk .frame", "#walk .ruler", "#walk .last", "#walk .label"].map((each) => {
    const { top, bottom } = document.querySelector(each).getBoundingClientRect()
    return each.endsWith("label") && innerWidth > 1099 ? bottom : top
}).map(Math.round)"""
"""Where the parts of a walk's page stand; of a label beside the film its end."""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_when_the_walk_is_finished(walk: Walk, look: Open, width: int) -> None:
    for rank, level in enumerate(LEVELS):
        walk_rows.paint(walk, level, rank, positions=EVEN)
    page = look(walk, viewport={"width": width, "height": 900})
    until(page, "document.querySelector('.player button') !== null")
    before = page.evaluate(PLACES)
    walk_rows.finish(walk)
    expect(page.get_by_role("heading", name="Download")).to_be_visible()
    assert page.evaluate(PLACES) == before


def test_reduced_motion_stays_still_before_and_after(walk: Walk, look: Open) -> None:
    walk_rows.paint(walk, [0.0, 1.0], 0)
    page = look(walk, at=page_clock.NOON, reduced_motion="reduce")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.evaluate(RECORD)
    walk_rows.paint(walk, [0.5], 1, positions=EVEN)
    wait_for_stills(page, 3)
    goes_on(page, "record.length > 0")
    run(page, 500)
    walk_rows.paint(walk, [place for place in EVEN if place not in (0, 0.5, 1)], 2)
    walk_rows.finish(walk)
    run_until(page, page.get_by_role("heading", name="Download").is_visible, what="the finished walk")
    run(page, 500)
    assert len({entry["place"] for entry in page.evaluate("record")}) == 1
    assert page.locator("video:not([hidden])").count() == 0


def test_without_javascript_the_page_is_asked_for_again_and_shows_the_film(walk: Walk, look: Open) -> None:
    walk_rows.paint(walk, [0.0, 1.0], 0)
    page = look(walk, java_script_enabled=False)
    assert 'http-equiv="refresh"' in page.request.get(walk.url).text()
    expect(page.locator("img#film[src*='.gif']")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    walk_rows.paint(walk, EVEN[1:-1], 1, positions=EVEN)
    walk_rows.finish(walk)
    expect(page.get_by_role("heading", name="Download")).to_be_visible()


def test_without_javascript_reduced_motion_shows_a_still_while_it_is_painted(walk: Walk, look: Open) -> None:
    walk_rows.paint(walk, [0.0, 0.5, 1.0], 0, positions=EVEN)
    page = look(walk, java_script_enabled=False, reduced_motion="reduce")

    def shown() -> str:
        with suppress(Error):  # the page was just asked for again
            return str(page.locator("#film").evaluate("image => image.currentSrc"))
        return ""

    assert "/still.0.5000." in wait_until(shown, what="a picture")


@pytest.mark.parametrize(
    ("key", "value"),
    [("ArrowRight", "73 % lemon · 27 % sun, frame 3 of 7"), ("ArrowLeft", "100 % lemon, frame 1 of 7"),
     ("ArrowUp", "73 % lemon · 27 % sun, frame 3 of 7"), ("PageUp", "100 % sun, frame 5 of 7"),
     ("PageDown", "100 % lemon, frame 1 of 7"), ("Home", "100 % lemon, frame 1 of 7"),
     ("End", "100 % castle, frame 7 of 7")],
)  # fmt: skip
def test_keys_step_through_frames_and_stops(publish: Maker, look: Open, key: str, value: str) -> None:
    page = look(publish("a lemon", "the sun", "a castle", positions=[0.0, 0.09, 0.27, 0.8, 1.0, 1.6, 2.0]))
    slider = page.get_by_role("slider")
    slider.press("Home")
    slider.press("ArrowRight")
    assert text_of_value(page) == "91 % lemon · 9 % sun, frame 2 of 7"
    slider.press(key)
    assert text_of_value(page) == value
    expect(page.get_by_text(value.partition(",")[0], exact=True)).to_be_visible()
    assert slider.input_value() == str(int(value.split()[-3]) - 1)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_page_keys_go_from_stop_to_stop(publish: Maker, look: Open) -> None:
    page = look(publish("a lemon", "the sun", "a castle", positions=[0.0, 0.4, 1.0, 1.2, 1.4, 2.0]))
    slider = page.get_by_role("slider")
    said = []
    for key in ("Home", "PageUp", "PageUp", "PageUp", "ArrowLeft", "PageDown", "PageDown", "PageDown"):
        slider.press(key)
        said.append(text_of_value(page).partition(",")[0])
    assert said == ["100 % lemon", "100 % sun", "100 % castle", "100 % castle", "60 % sun · 40 % castle",
                    "100 % sun", "100 % lemon", "100 % lemon"]  # fmt: skip


def test_round_walk_names_its_last_and_first_stop_on_the_last_leg(publish: Maker, look: Open) -> None:
    page = look(publish("a lemon", "the sun", positions=[0.0, 0.5, 1.0, 1.25, 1.5, 1.75], ending="round"))
    slider = page.get_by_role("slider")
    slider.press("End")
    assert text_of_value(page) == "25 % sun · 75 % lemon, frame 6 of 6"
    slider.press("PageDown")
    assert text_of_value(page) == "100 % sun, frame 3 of 6"
    assert page.locator("#walk .stop").all_inner_texts() == ["a lemon", "the sun", "a lemon"]


@pytest.mark.parametrize("hold", [0, 3])  # films of release 1.1 hold nothing
@pytest.mark.parametrize("ending", ["stop", "back"])
def test_slider_follows_the_film_and_stands_still_while_an_end_is_held(
    publish: Maker, look: Open, ending: str, hold: int
) -> None:
    positions = [index / 4 for index in range(5)]
    page = look(publish("a lemon", "the sun", positions=positions, ending=ending, hold=hold, fps=6.0))
    slider = page.get_by_role("slider")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", "4")
    page.evaluate(FOLLOW)
    turns = one_run(5, ending, hold)
    until(page, "all => new Set(turns.map(([time]) => Math.floor(time * 6 + 0.01))).size === all", len(turns))
    assert all(turn == turns[int(time * 6 + 0.01)] for time, turn in page.evaluate("turns"))


def one_run(count: int, ending: str, hold: int) -> list[int]:
    """Return the frame that each frame of an MP4 shows."""
    shown = zip(timing.film_order(count, ending), timing.repeats(count, ending, hold), strict=True)
    return [index for index, times in shown for _ in range(times)]


# What the film's clock says in the middle of each of its ticks: the turn, how far the cursor is, and by how much a film
# of the same pictures goes on elsewhere; and for each turn, what is shown at its first tick.
CLOCK = """async (reel) => {
  const { moved, tickOf, ticks, turnAt, walked } = await import(document.getElementById("reel").href);
  const all = Array.from({ length: ticks(reel) }, (_, tick) => tick + 0.5);
  return {
    turns: all.map((tick) => turnAt(reel, tick)), walked: all.map((tick) => walked(reel, tick / ticks(reel))),
    moved: all.map((tick) => moved(reel, reel, tick) - tick),
    found: reel.turns.map((turn) => turnAt(reel, tickOf(reel, turn))),
  };
}"""


@pytest.mark.parametrize(("ending", "hold"), [("stop", 0), ("stop", 3), ("back", 0), ("back", 3), ("round", 0)])
def test_clock_of_the_page_is_that_of_the_files(publish: Maker, look: Open, ending: str, hold: int) -> None:
    page = look(publish("a lemon", "the sun", positions=[0.0, 0.5, 1.0]))
    turns, legs = list(range(5)), 5 if ending == "round" else 4
    names = ["lemon", "sun", "lemon"][: 3 if ending == "round" else 2]
    positions = [turn / legs * (len(names) - 1) for turn in turns]
    reel = {"count": 5, "ending": ending, "hold": hold, "turns": turns, "positions": positions, "names": names}
    result = page.evaluate(CLOCK, reel)
    assert result["turns"] == one_run(5, ending, hold)
    assert result["walked"] == pytest.approx([turn / legs for turn in result["turns"]])
    assert result["moved"] == pytest.approx([0] * len(result["turns"]), abs=1e-9)
    assert result["found"] == turns


def test_ends_are_held_before_the_film_is_finished(walk: Walk, look: Open) -> None:
    for rank, level in enumerate(LEVELS):
        walk_rows.paint(walk, level, rank, positions=EVEN)
    page = look(walk, at=page_clock.NOON)
    page.evaluate(RECORD)
    run(page, 500)
    assert {entry["place"] for entry in page.evaluate("record")} == {0}
    goes_on(page, "record.at(-1).place === 1")
    run(page, 500)
    assert page.evaluate("record.at(-1).place") == 1


def test_pointer_goes_to_the_frame_that_lies_under_it(publish: Maker, look: Open) -> None:
    walk = publish("a lemon", "the sun", positions=[0.0, 0.05, 0.1, 0.6, 1.0])
    page = look(walk)
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
    expect(page.locator("#film")).to_have_attribute("src", re.compile(r"/still\.0\.1000\."))
    assert page.locator("#alone").get_attribute("href") == f"/walks/{walk.id}/frames/2.png"


def test_space_plays_and_pauses(publish: Maker, look: Open) -> None:
    page = look(publish("a lemon", "the sun", positions=EVEN))
    expect(page.locator("video:not([hidden])")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def fills(page: Page) -> bool:
    """Return whether the picture takes the window, but for the controls below it."""
    box, window = page.locator("picture.film").bounding_box(), page.viewport_size
    controls = page.locator(".player").bounding_box()
    if controls is None:  # it has no box of its own beside the picture
        return False
    assert box is not None
    assert window is not None
    above = window["height"] - controls["height"]
    return (box["x"], box["y"], box["width"], box["height"]) == (0, 0, window["width"], above)


@pytest.mark.parametrize("press", ["button", "key", "double press", "a browser without a full screen"])
def test_full_screen_is_entered_and_left(publish: Maker, look: Open, press: str) -> None:
    page = look(publish("a lemon", "the sun", positions=EVEN), viewport={"width": 390, "height": 844})
    if press.startswith("a browser"):
        page.evaluate("delete Element.prototype.requestFullscreen")

    def turn(name: str) -> None:
        if press == "key":
            page.keyboard.press("f")
        elif press == "double press":
            page.locator("picture.film").dblclick()
        else:
            page.get_by_role("button", name=name, exact=True).click()

    page.get_by_role("button", name="Full screen", exact=True).wait_for()
    assert not fills(page)
    turn("Full screen")
    wait_until(lambda: fills(page), what="the picture fills the window")
    if not press.startswith("a browser"):
        until(page, "document.fullscreenElement !== null")
    hidden = page.locator("#walk .stop, #walk .label, .head a, .foot a, [role=slider], #walk input[type=range]")
    assert not any(each.is_visible() for each in hidden.all())
    assert page.get_by_role("button", name="Leave full screen").is_visible()
    turn("Leave full screen")
    wait_until(lambda: not fills(page), what="the picture is as large as before")
    until(page, "document.fullscreenElement === null")
    assert page.get_by_role("button", name="Full screen", exact=True).is_visible()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_full_screen_shows_the_whole_caption(publish: Maker, look: Open, width: int) -> None:
    walk = publish("a pear on a kitchen table", "a lemon on a garden table", positions=EVEN)
    page = look(walk, viewport={"width": width, "height": 844})
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_role("button", name="Full screen", exact=True).click()
    wait_until(lambda: fills(page), what="the picture fills the window")
    caption = page.locator(".player span").filter(has_text="lemon").first
    assert caption.evaluate("(each) => each.scrollHeight - each.clientHeight") <= 1
    text, leave = caption.bounding_box(), page.get_by_role("button", name="Leave full screen").bounding_box()
    assert text is not None and leave is not None
    assert text["y"] + text["height"] <= leave["y"] + 17 or text["x"] + text["width"] <= leave["x"]


def test_full_screen_stays_while_the_next_and_previous_film_come(publish: Maker, look: Open) -> None:
    oldest, middle, newest = (publish(first, "the sun", positions=EVEN) for first in ("a lemon", "a fox", "a pear"))
    page = look(newest)
    page.get_by_role("button", name="Full screen", exact=True).wait_for()
    page.keyboard.press("f")
    wait_until(lambda: fills(page), what="the picture fills the window")
    for key, walk in (("n", middle), ("n", oldest), ("p", middle)):
        page.keyboard.press(key)
        page.wait_for_url(f"**{walk.url}")
        wait_until(lambda walk=walk: page.title().startswith(walk.title), what="its title")  # type: ignore[misc]
        assert fills(page)
        assert page.get_by_role("button", name="Leave full screen").is_visible()
    page.keyboard.press("Escape")
    wait_until(lambda: not fills(page), what="the picture is as large as before")
    page.go_back()
    wait_until(lambda: page.title().startswith(oldest.title), what="the page before")


def test_keys_work_anywhere_on_the_page_and_letters_can_be_turned_off(publish: Maker, look: Open) -> None:
    page = look(publish("a lemon", "the sun", positions=EVEN))
    until(page, "document.querySelector('#walk .ruler input') !== null")
    page.get_by_role("button", name="Pause").click()
    before = page.get_by_role("slider").input_value()
    page.get_by_role("link", name="Suggest words for a post").focus()
    page.keyboard.press("ArrowRight")
    assert int(page.get_by_role("slider").input_value()) == min(int(before) + 1, FRAMES - 1)
    page.locator("#keys summary").click()
    page.get_by_role("checkbox", name="Letters do this").uncheck()
    page.keyboard.press("f")
    assert not fills(page)
    page.reload()
    page.locator("#keys summary").click()
    assert not page.get_by_role("checkbox", name="Letters do this").is_checked()
    page.get_by_role("checkbox", name="Letters do this").check()
    page.locator("#keys summary").focus()
    page.keyboard.press("f")
    wait_until(lambda: fills(page), what="the picture fills the window")


SHARE = """(takesFiles) => {
  navigator.canShare = () => takesFiles;
  navigator.share = async ({ title, url, files = [] }) => {
    window.shared = { title, url, files: files.map(({ name, type, size }) => [name, type, size]) };
  };
  document.dispatchEvent(new Event("htmx:after:swap"));
}"""


@pytest.mark.parametrize("takes_files", [True, False])
def test_system_shares_the_film_where_it_takes_files_and_else_the_link(
    publish: Maker, look: Open, takes_files: bool
) -> None:
    walk = publish("a lemon", "the sun", positions=EVEN)
    page = look(walk)
    share = page.get_by_role("button", name="Share…")
    assert share.is_hidden()
    page.evaluate(SHARE, takes_files)
    film = [f"{walk.name}.mp4", "video/mp4", walk.media["mp4"].bytes]
    for press in (page.get_by_role("link", name="Share", exact=True), share):  # under the film, and in the list
        page.evaluate("window.shared = undefined")
        press.click()
        until(page, "window.shared !== undefined")
        shared = page.evaluate("window.shared")
        assert shared["title"] == walk.title
        assert shared["url"].endswith(walk.url)
        assert shared["files"] == ([film] if takes_files else [])


@pytest.mark.parametrize("width", [390, 1280])
def test_star_and_share_are_on_the_first_screen(publish: Maker, look: Open, width: int) -> None:
    page = look(publish("a lemon", "the sun", positions=EVEN), viewport={"width": width, "height": 844})
    expect(page.get_by_role("link", name="Share", exact=True)).to_be_in_viewport()
    expect(page.locator("#favourite")).to_be_in_viewport()


def test_share_copies_the_link_where_there_is_no_sheet(publish: Maker, look: Open) -> None:
    walk = publish("a lemon", "the sun", positions=EVEN)
    page = look(walk, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Share", exact=True).click()
    expect(page.locator("#share-here")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(walk.url)


def test_share_leads_to_the_link_without_javascript(publish: Maker, look: Open) -> None:
    page = look(publish("a lemon", "the sun", positions=EVEN), java_script_enabled=False)
    page.get_by_role("link", name="Share", exact=True).click()
    expect(page.locator("#link")).to_be_in_viewport()


def test_stages_arrive_on_their_page_without_a_reload(publish: Maker, look: Open) -> None:
    walk = publish("a lemon", "the sun", positions=[0.0, 0.4, 1.0])
    page = look(walk)
    page.get_by_role("slider").press("Home")
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_role("link", name="How this picture was made").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("60 % lemon · 40 % sun")
    page.get_by_role("button", name="Show the steps").click()
    expect(page.get_by_text("On its way.")).to_be_visible()
    page.evaluate("window.stayed = true")
    deliver(walk, 1, steps=9)
    expect(page.get_by_text("The finished picture")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    assert page.get_by_role("img", name=re.compile("After step")).count() == 9
    expect(page.get_by_role("status")).to_have_text("The stages are there")


def test_stages_are_reached_without_javascript(publish: Maker, look: Open) -> None:
    walk = publish("a lemon", "the sun", positions=[0.0, 0.4, 1.0])
    page = look(walk, java_script_enabled=False)
    page.get_by_role("link", name="How this picture was made").click()
    page.get_by_role("button", name="Show the steps").click()
    deliver(walk, 1, steps=3)
    expect(page.get_by_text("The finished picture")).to_be_visible()  # the page asks again by itself


def test_going_on_keeps_the_joint_and_the_choices_are_said_when_more_is_shut(publish: Maker, look: Open) -> None:
    walk = publish("a lemon", "the sun", positions=[0.0, 0.4, 1.0])
    page = look(walk)
    page.get_by_role("textbox", name=re.compile("where next")).fill("a kite")
    page.get_by_role("button", name="Continue").click()
    assert f"continues={walk.id}" in page.url
    expect(page.get_by_label("To", exact=True)).to_have_value("a kite")
    assert page.get_by_role("textbox", name="From").count() == 0
    page.get_by_text("More", exact=True).click()
    for choice in ("there and back", "slower at the stops", "sketch"):
        page.get_by_role("radio", name=choice).check()
    page.get_by_role("button", name="Add a stop").click()
    expect(page.get_by_role("textbox", name="Via")).to_be_focused()
    expect(page.get_by_role("radio", name="sketch")).to_be_checked()
    page.get_by_text("Less", exact=True).click()
    expect(page.locator("#values")).to_contain_text("there and back, slower at the stops, sketch, seed 11")
    page.get_by_role("button", name="Start from something else").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("the sun")
