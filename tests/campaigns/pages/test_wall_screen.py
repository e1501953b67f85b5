"""The screen of a wall in a real browser, before a programme that a test writes: pictures are known by their pixels."""

import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from app.wall import screen_keys, walls
from app.wall.walls import WallRequest, open_wall
from tests.support import page_clock
from tests.support.page_clock import run, run_until
from tests.support.visits import Open, visiting_site

pytestmark = pytest.mark.server

COUNT = 12  # pictures of a leg

# Writes down which picture the film shows whenever it changes: the leg is in its red, the picture in its green.
RECORD = """() => {
  window.seen = [];
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (...drawn) {
    drawImage.apply(this, drawn);
    const [red, green] = this.getImageData(0, 0, 1, 1).data;
    seen.push([red / 10, green / 10, performance.now()]);
  };
}"""


class Programme:
    """What a site would say: legs with so many pictures painted, and how it behaves."""

    def __init__(self) -> None:
        self.painted: dict[int, int] = {}
        self.skipped: set[int] = set()
        self.state = "open"
        self.queue: list[str] = []
        self.asked: list[int] = []
        self.answer: Callable[[Route], None] | None = None

    def tell(self, route: Route) -> None:
        """Answer what a screen asks."""
        self.asked.append(int(parse_qs(urlsplit(route.request.url).query)["at"][0]))
        if self.answer:
            self.answer(route)
            return
        lead = max(self.asked)
        wall = {"name": "lobby", "title": "Lobby", "state": self.state, "say": "", "shown": "", "lead": lead}
        legs = [self.leg(number) for number in sorted(self.painted) if number >= lead - 1]
        programme = {"wall": wall, "legs": legs, "queue": [{"words": each} for each in self.queue], "waiting": 9}
        route.fulfill(json=programme)

    def leg(self, number: int) -> dict[str, Any]:
        """Write down a leg."""
        frames = [f"/picture/{number}/{index}.png" for index in range(self.painted[number])]
        ways = {
            "from": f"stop {number}",
            "to": f"stop {number + 1}",
            "by": "visitor",
            "note": "Nothing in it was recognised." if number % 2 else "",
            "credits": "After drawings by Ann",
        }
        return ways | {
            "number": number, "count": COUNT, "frames": frames, "skipped": number in self.skipped,
            "finished": len(frames) == COUNT,
        }  # fmt: skip

    @staticmethod
    def send(route: Route) -> None:
        """Send a picture: two legs join at the same one."""
        leg, index = map(int, urlsplit(route.request.url).path.removesuffix(".png").split("/")[-2:])
        picture = io.BytesIO()
        Image.new("RGB", (8, 8), (10 * leg, 10 * index, 0)).save(picture, "png")
        route.fulfill(body=picture.getvalue(), content_type="image/png")


@pytest.fixture
def programme() -> Programme:
    return Programme()


@pytest.fixture
def screen(app: Flask, browser: Browser, programme: Programme) -> Iterator[Open]:
    """Return a function that opens the screen of a wall; no script may fail on it."""
    open_wall(WallRequest("lobby"))
    expected = ["Failed to load resource", "willReadFrequently"]  # of which the latter is about what a test reads
    with visiting_site(app, browser, at=page_clock.NOON, script=f"({RECORD})()", expected=expected) as visit:

        def open_page(**options: Any) -> Page:
            page = visit("about:blank", **options)
            page.route("**/programme?*", programme.tell)
            page.route("**/picture/**", programme.send)
            with app.test_request_context():
                page.goto(screen_keys.screen_address(walls.at("lobby")))
            return page

        yield open_page


def seen(page: Page) -> list[tuple[int, int]]:
    return [(round(leg), round(index)) for leg, index, _ in page.evaluate("seen")]


def gaps(page: Page) -> list[float]:
    times = [at for _, _, at in page.evaluate("seen")]
    return [later - earlier for earlier, later in pairwise(times)]


def whole(*legs: int) -> list[tuple[int, int]]:
    """List the pictures of some legs as they are walked: where they join, the picture comes once."""
    return [(leg, index) for leg in legs for index in range(COUNT) if index or leg == legs[0]]


def until(page: Page, shown: tuple[int, int]) -> None:
    run_until(page, lambda: shown in seen(page), what=f"{shown} on the wall")


def test_legs_are_walked_picture_by_picture_and_joined_without_a_doubled_one(
    screen: Open, programme: Programme
) -> None:
    programme.painted = {1: COUNT, 2: COUNT}
    page = screen()
    until(page, (2, COUNT - 1))
    assert seen(page)[: 2 * COUNT - 1] == whole(1, 2)


def test_while_pictures_come_in_time_none_stands_longer_than_a_fifth_of_a_second(
    screen: Open, programme: Programme
) -> None:
    programme.painted = dict.fromkeys(range(1, 5), COUNT)
    page = screen()
    until(page, (4, 6))
    walked = gaps(page)
    assert sum(gap > 240 for gap in walked[3:]) <= 1  # on a busy machine one may come late
    assert sorted(walked)[len(walked) // 2] < 200


def test_without_a_next_picture_it_walks_back_where_it_has_been(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT, 2: 4}
    page = screen()
    until(page, (2, 3))
    run_until(page, lambda: len(seen(page)) > COUNT + 3 + 6, what="a way back")
    way = seen(page)
    assert way[: COUNT + 9] == [*whole(1), (2, 1), (2, 2), (2, 3), (2, 2), (2, 1), (1, 11), (1, 10), (1, 9), (1, 8)]


def test_it_turns_again_as_soon_as_there_is_something_new(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT}
    page = screen()
    until(page, (1, COUNT - 1))
    run_until(page, lambda: seen(page)[-1][1] < COUNT - 3, what="a way back")
    programme.painted |= {2: COUNT}
    until(page, (2, COUNT - 1))
    way = seen(page)
    assert all(abs(a[1] - b[1]) == 1 for a, b in pairwise(way) if a[0] == b[0])


def test_lost_network_leaves_the_wall_walking_and_it_goes_on_when_it_is_back(
    screen: Open, programme: Programme
) -> None:
    programme.painted = {1: COUNT, 2: COUNT}
    page = screen()
    until(page, (2, 2))
    programme.answer = lambda route: route.abort()
    says = page.locator("#says")
    lost = "The site cannot be reached. We walk where we have been."
    run_until(page, lambda: says.text_content() == lost, what="what is wrong")
    before = len(seen(page))
    run_until(page, lambda: len(seen(page)) > before + 20, what="pictures without a network")
    programme.painted |= {3: COUNT}
    programme.answer = None
    until(page, (3, COUNT - 1))
    assert max(gaps(page)[1:]) < 1000
    expect(says).not_to_contain_text("reached")


@pytest.mark.parametrize("answer", [{"status": 500, "body": "x"}, {"status": 200, "body": "junk"}, {"json": [1]}])
def test_answer_that_is_none_does_not_stop_it(screen: Open, programme: Programme, answer: dict[str, Any]) -> None:
    programme.painted = {1: COUNT}
    page = screen()
    until(page, (1, 3))
    programme.answer = lambda route: route.fulfill(**answer)
    run_until(page, lambda: len(programme.asked) > 3, what="a question")
    programme.answer = None
    programme.painted |= {2: COUNT}
    until(page, (2, COUNT - 1))


def test_leg_that_is_skipped_is_walked_back_out_of(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT, 2: COUNT}
    page = screen()
    until(page, (2, 5))
    programme.skipped = {2}
    programme.painted |= {3: COUNT}
    until(page, (3, COUNT - 1))
    way = [each for each in seen(page) if each[0] > 1]
    turn = way.index(max(each for each in way if each[0] == 2))
    assert way[turn : turn + 3] == [way[turn], (2, way[turn][1] - 1), (2, way[turn][1] - 2)]
    assert (3, 1) in way and (3, 0) not in way


def test_paused_wall_walks_to_its_next_stop_and_stands_there(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT, 2: COUNT}
    page = screen()
    until(page, (1, 3))
    programme.state = "paused"
    says = page.locator("#says")
    run_until(page, lambda: says.text_content() == "The wall is having a rest.", what="a rest")
    until(page, (1, COUNT - 1))
    run(page, 1000)
    assert seen(page)[-1] in {(1, COUNT - 1), (2, COUNT - 1)}
    stood = len(seen(page))
    run(page, 600)
    assert len(seen(page)) == stood


def test_label_says_where_it_walks_and_who_is_next_without_reading_markup(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT}
    programme.queue = ["<b>a fox</b>", "two owls"]
    page = screen()
    until(page, (1, 2))
    expect(page.locator("#from")).to_have_text("stop 1")
    expect(page.locator("#to")).to_have_text("stop 2")
    expect(page.locator("#note")).to_have_text("Nothing in it was recognised.")
    expect(page.locator("#queue li")).to_have_text(["<b>a fox</b>", "two owls"])
    expect(page.locator("#more")).to_have_text("+ 7")


def test_screen_says_which_leg_it_walks(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT, 2: COUNT, 3: COUNT}
    page = screen()
    until(page, (3, 2))
    run_until(page, lambda: programme.asked[-1] == 3, what="a question")
    assert programme.asked == sorted(programme.asked)


def test_screen_that_slept_goes_on_where_the_others_are(screen: Open, programme: Programme) -> None:
    programme.painted = {1: COUNT}
    page = screen()
    until(page, (1, 4))
    programme.asked.append(20)  # another screen
    programme.painted = {19: COUNT, 20: COUNT}
    until(page, (20, COUNT - 1))


def test_walk_begins_when_a_store_lies_ahead_or_all_that_there_is(screen: Open) -> None:
    """Pictures that come late, on a slow network, do not have it turn round at its second one."""
    begun = screen().evaluate(
        """async () => {
      const { Walker } = await import("/static/wall/walker.js");
      const begins = (here, isComing) => {
        const walker = new Walker((leg, index) => index < here, () => isComing);
        walker.update([{ number: 1, count: 40, skipped: false }], 1);
        return walker.step() !== null;
      };
      return [begins(3, true), begins(30, true), begins(3, false), begins(0, false)];
    }"""
    )
    assert begun == [False, True, True, False]


def test_what_was_seen_is_walked_over_faster_once_something_new_lies_beyond_it(screen: Open) -> None:
    page = screen()
    seconds = page.evaluate(
        """async () => {
      const { KEPT, USUAL, Walker } = await import("/static/wall/walker.js");
      let newest = KEPT;
      const walker = new Walker((leg, index) => leg <= newest && index < 35);
      const learn = (leg) => walker.update([{ number: leg, count: 35, skipped: false }], 1);
      for (let leg = 1; leg <= KEPT + 1; leg += 1) learn(leg);
      const walk = (until) => {
        let time = 0;
        for (; !until(); time += 1 / walker.pace) walker.step();
        return time;
      };
      walk(() => walker.at?.leg === KEPT && walker.at.index === 34);
      const back = walk(() => walker.at.leg === 1 && walker.at.index === 0); // the network is lost
      newest = KEPT + 1;
      const returned = walk(() => walker.at.leg === KEPT);
      walk(() => walker.isNew);
      return { back, returned, pace: walker.pace, usual: USUAL };
    }"""
    )
    assert seconds["returned"] < 0.7 * seconds["back"]
    assert abs(seconds["pace"] - seconds["usual"]) < 0.5, "what is new is walked as ever"


def test_a_day_of_walking_keeps_no_more_than_an_hour_of_it_does(screen: Open, programme: Programme) -> None:
    page = screen()
    kept = page.evaluate(
        """async () => {
      const { KEPT, Walker } = await import("/static/wall/walker.js");
      const legs = new Set(), walker = new Walker((leg, index) => legs.has(leg) && index < 35);
      let most = 0, steps = 0, stood = 0;
      for (let leg = 1; leg < 24 * 60 * 10; leg += 1) {
        legs.add(leg);
        walker.update([{ number: leg, count: 35, skipped: leg % 97 === 0 }], leg).forEach((old) => legs.delete(old));
        for (let step = 0; step < 40; step += 1) { steps += 1; if (!walker.step()) stood += 1; }
        most = Math.max(most, legs.size, walker.legs.size);
      }
      return { most, limit: KEPT + 4, steps, stood };
    }"""
    )
    assert kept["most"] <= kept["limit"]
    assert kept["stood"] == 0


def test_without_javascript_it_shows_the_newest_stop_and_where_to_write(screen: Open, programme: Programme) -> None:
    page = screen(java_script_enabled=False)
    expect(page.get_by_text("/w/lobby")).to_be_visible()
    expect(page.locator(".write img")).to_be_visible()
