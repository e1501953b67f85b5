"""A visitor's way through the site in a real browser, with JavaScript and without."""

import io
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect

from tests.support.examples import served
from tests.support.live import LiveSite, wait_until
from tests.support.pictures import two_halves, written
from tests.support.visits import Open, Visits, visiting

pytestmark = pytest.mark.server

SHORT = "/?frames=6"  # an address can fill the form in
SIDE = 32  # pixels, of the small model
WALK = re.compile(r"/walks/[a-z2-9]{16}")

both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.fixture
def visit(site: LiveSite, browser: Browser) -> Iterator[Open]:
    """Return a function that opens the site in a browser of a visitor's own.

    At the end no page may have complained (which a breach of the Content-Security-Policy does too), or have asked
    anything of another host.
    """
    with visiting(browser, base_url=site.url, within=site.url) as visits:
        yield visits.goto


@pytest.fixture
def waiting(site: LiveSite) -> Iterator[None]:
    """Keep walks waiting: the worker stands still meanwhile."""
    with site.resting():
        yield


def write(page: Page, *prompts: str, frames: int = 24) -> None:
    """Fill the form in."""
    for line, prompt in zip(("From", "To"), prompts, strict=True):
        page.get_by_label(line, exact=True).fill(prompt)
    if frames != 24:
        page.get_by_text("More", exact=True).click()
        page.get_by_role("radio", name=f"{frames} frames", exact=True).check()


def paint(page: Page) -> str:
    """Press the button; return the walk's id from the address that one comes to."""
    page.get_by_role("button", name="Paint this walk").click()
    try:
        page.wait_for_url(WALK)
    except Error as error:
        error.add_note(page.locator("main").inner_text())  # why it was refused
        raise
    return walk_id(page)


def walk_id(page: Page) -> str:
    """Read a walk's id from its page's address."""
    return urlsplit(page.url).path.removeprefix("/walks/").partition("-")[0]


def wait_finished(page: Page) -> None:
    """Wait until the page shows the finished walk."""
    expect(page.get_by_role("heading", name="Download")).to_be_visible()


@both_ways
def test_two_prompts_become_a_film_on_its_page_and_in_the_gallery(
    site: LiveSite, visit: Open, javascript: bool
) -> None:
    word = "marzipan" if javascript else "porcelain"
    page = visit(java_script_enabled=javascript)
    write(page, f"a {word} fox", "a kite")
    with site.resting():
        number = paint(page)
        assert f"/walks/{number}-a-{word}-fox-a-kite" in page.url
        expect(page.get_by_role("status").first).to_have_text("Waiting to be painted")
        if javascript:
            page.evaluate("window.stayed = true")
    film = page.locator("img#film[src*='/still.']" if javascript else "img#film[src*='.gif']")
    expect(film).to_be_visible()
    wait_finished(page)
    if javascript:
        assert page.evaluate("window.stayed") is True  # the page was never reloaded
    address = page.get_by_role("link", name="GIF").get_attribute("href")
    with Image.open(io.BytesIO(page.request.get(str(address)).body())) as film:
        assert getattr(film, "n_frames", 1) == 24
    page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Gallery").click()
    page.get_by_role("searchbox").fill(word)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(re.compile(rf"/gallery\?q={word}"))
    expect(page.get_by_role("status")).to_have_text("1 walk.")
    page.get_by_role("main").get_by_role("link", name=re.compile(f"a {word} fox", re.IGNORECASE)).first.click()
    page.wait_for_url(WALK)
    assert walk_id(page) == number


def test_film_grows_on_the_page_while_it_is_generated(planted_site: LiveSite, visit: Open) -> None:
    site = planted_site
    expected = ["404 (NOT FOUND)"]  # pictures that are deleted with the cancelled walk
    page = visit(base_url=site.url, within=site.url, expected=expected)
    write(page, "a green bottle", "a hat", frames=240)
    site.plant("frames")
    number = paint(page)
    way = page.locator("#walk .way[data-reel]")
    expect(way).to_be_visible()
    assert site.walk(number)["state"] == "painting"

    def stills() -> int:
        return len(json.loads(str(way.get_attribute("data-reel")))["stills"])

    wait_until(site.ground.standing, what="a worker that stands still")
    first = stills()
    site.plant("frames", passed=1)
    site.ground.let_go()
    wait_until(lambda: stills() > first, what="a better film")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Cancel this walk").click()
    expect(page.get_by_text("You cancelled this walk.")).to_be_visible()
    assert site.walk(number)["state"] == "cancelled"
    site.ground.let_go()


@both_ways
def test_a_double_click_makes_one_walk(site: LiveSite, visit: Open, javascript: bool) -> None:
    prompt = f"a twin, {javascript}"
    page = visit(SHORT, java_script_enabled=javascript)
    write(page, prompt, "a mirror")
    page.get_by_role("button", name="Paint this walk").dblclick()
    expect(page).to_have_url(WALK)  # which a first answer that the second one cuts off does not disturb
    wait_finished(page)
    assert site.rows("SELECT count(*) FROM stops WHERE prompt = ?", prompt) == [(1,)]


@both_ways
def test_the_time_is_asked_for_again_when_a_choice_changes(visit: Open, javascript: bool) -> None:
    page = visit("/?frames=120&steps=50", java_script_enabled=javascript)
    page.get_by_text("More", exact=True).click()
    if javascript:
        with page.expect_response("**/time**") as answered:
            page.locator("#frames [value='24']").check()
        assert answered.value.ok
    else:
        page.locator("#frames [value='24']").check()
        page.locator("#film-size").get_by_role("button", name="Update the time").click()
    expect(page.locator("#time")).to_contain_text("No one is waiting. About")
    expect(page.locator("[name=frames]:checked")).to_have_value("24")


def test_back_keeps_what_was_typed_and_forward_leads_to_the_walk(visit: Open) -> None:
    page = visit(SHORT)
    write(page, "a lighthouse", "a seal")
    number = paint(page)
    page.go_back()
    expect(page.get_by_label("From", exact=True)).to_have_value("a lighthouse")
    expect(page.get_by_label("To", exact=True)).to_have_value("a seal")
    page.go_forward()
    page.wait_for_url(WALK)
    assert walk_id(page) == number
    wait_finished(page)


@both_ways
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(visit: Open, javascript: bool) -> None:
    page = visit(SHORT, java_script_enabled=javascript, expected=["422"])
    write(page, "a harp", "")
    page.get_by_role("button", name="Paint this walk").click()
    expect(page.get_by_role("alert")).to_contain_text("is empty. Write at least one word.")
    expect(page.locator("textarea[name=prompt]").first).to_have_value("a harp")
    page.locator("textarea[name=prompt]").last.fill("a wave")
    paint(page)
    wait_finished(page)


@both_ways
def test_stranger_sees_the_walk_and_no_controls_of_its_owner(visit: Open, javascript: bool, waiting: None) -> None:
    page = visit(SHORT, java_script_enabled=javascript)
    write(page, "a red tent", "a moon")
    paint(page)
    stranger = visit(urlsplit(page.url).path, java_script_enabled=javascript)
    expect(stranger.get_by_text("a red tent").first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel this walk")).to_be_visible()
    assert set(stranger.get_by_role("button").all_inner_texts()) <= {"Pause"}
    assert stranger.locator("form").count() == 0
    page.get_by_role("button", name="Cancel this walk").click()
    expect(page.get_by_text("You cancelled this walk.")).to_be_visible()
    stranger.reload()
    expect(stranger.get_by_text("This walk was cancelled before it was painted.")).to_be_visible()
    assert stranger.locator("form").count() == 0


def test_a_walk_taken_down_is_gone_for_everybody(site: LiveSite, visit: Open) -> None:
    page = visit(SHORT, expected=["410"])
    write(page, "a paper crane", "a stove")
    number = paint(page)
    wait_finished(page)
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete this walk").click()
    page.wait_for_url(re.compile(r"/mine\?deleted=1"))
    answer = page.goto(f"/walks/{number}")
    assert answer is not None
    assert answer.status == 410
    assert not site.folder(number).exists()


@pytest.fixture
def elsewhere(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Return a function that puts this HTML on another site, and opens it there."""
    with served(tmp_path) as origin:
        visits = Visits(browser, base_url=origin)

        def open_page(body: str, **options: Any) -> Page:
            (tmp_path / "index.html").write_text(body)
            return visits.goto(**options)

        yield open_page
        visits.close()


@pytest.fixture
def frame_code(site: LiveSite) -> str:
    """Paint a walk, and return the code that shows it elsewhere, as oEmbed gives it."""
    walk = site.finished(site.request_walk("a marble cat", "a kite", frames=4)["id"])
    status, described = site.request("GET", f"/oembed?url={site.url}/walks/{walk['id']}")
    assert status == 200
    return str(described["html"])


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_film_shows_on_another_site_and_stands_still_where_asked(elsewhere: Open, frame_code: str, motion: str) -> None:
    frame = elsewhere(frame_code, reduced_motion=motion, java_script_enabled=False).frame_locator("iframe")
    film, still = frame.locator(".moving img"), frame.locator(".still")
    shown, other = (still, film) if motion == "reduce" else (film, still)
    expect(shown).to_be_visible()
    expect(other).to_be_hidden()
    expect(shown).to_have_js_property("naturalWidth", SIDE)
    box = frame.get_by_role("checkbox", name="Play" if motion == "reduce" else "Pause")
    box.press("Space")
    expect(other).to_be_visible()
    expect(shown).to_be_hidden()
    expect(frame.get_by_role("link", name="A marble cat, a kite")).to_be_visible()


def test_other_pages_of_the_site_are_not_shown_on_another(elsewhere: Open, site: LiveSite) -> None:
    frames = "".join(f'<iframe src="{site.url}{path}"></iframe>' for path in ("/walks/never/embed", "/about"))
    page = elsewhere(frames)
    expect(page.frame_locator("iframe >> nth=0").get_by_text("There is nothing at this address.")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert all("Every picture here" not in frame.content() for frame in page.frames)


@both_ways
def test_owner_retitles_a_walk_and_the_gallery_says_so(site: LiveSite, visit: Open, javascript: bool) -> None:
    title = "Breakfast in July" if javascript else "Supper in May"
    page = visit(SHORT, java_script_enabled=javascript)
    write(page, "a teapot", "a stove")
    number = paint(page)
    wait_finished(page)
    page.get_by_text("Rename", exact=True).click()
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_role("button", name="Save title").click()
    page.wait_for_url(re.compile(f"{number}-{title.lower().replace(' ', '-')}"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    page.goto("/gallery")
    expect(page.get_by_text(title, exact=True).first).to_be_visible()
    page.goto(f"/walks/{number}-a-teapot-a-stove")
    page.wait_for_url(re.compile("-in-"))


@both_ways
def test_film_brought_to_the_form_fills_it_and_its_remix_names_its_original(
    site: LiveSite, visit: Open, tmp_path: Path, javascript: bool
) -> None:
    page = visit("/?frames=6&seed=11", java_script_enabled=javascript)
    write(page, "a comet", "a barn")
    number = paint(page)
    wait_finished(page)
    for kind in ("gif", "webp", "mp4"):
        film = tmp_path / f"film.{kind}"
        film.write_bytes(page.request.get(f"/walks/{number}.{kind}").body())
        page.goto("/")
        page.get_by_text("More", exact=True).click()
        page.get_by_label("Load settings from a file").set_input_files(film)
        if not javascript:
            page.get_by_role("button", name="Load settings", exact=True).click()
        page.wait_for_url(re.compile("/recipe$"))
        expect(page.get_by_label("From", exact=True)).to_have_value("a comet")
        expect(page.locator("#seed")).to_have_value("11")
    page.goto(f"/walks/{number}")
    page.get_by_role("link", name="Make a variation").click()
    page.get_by_label("To", exact=True).fill("a lighthouse")
    paint(page)
    wait_finished(page)
    page.get_by_role("link", name="A comet, a barn").first.click()
    expect(page.get_by_text("Remixed as")).to_be_visible()


DROP = """([selector, name, data]) => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0))], name, { type: "image/gif" }));
  const drop = new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true });
  document.querySelector(selector).dispatchEvent(drop);
}"""


def test_film_dropped_on_the_page_is_read_and_what_is_none_leaves_what_was_typed(visit: Open) -> None:
    page = visit("/", expected=["422"])
    page.get_by_label("From", exact=True).fill("kept words")
    page.evaluate(DROP, ["body", "foreign.gif", b64encode(b"GIF89a and no more").decode()])
    page.wait_for_url(re.compile("/recipe$"))
    expect(page.get_by_role("alert").first).to_contain_text("this GIF contains none of ours")
    expect(page.get_by_label("From", exact=True)).to_have_value("kept words")


def test_gif_dropped_on_a_stop_is_its_picture(visit: Open) -> None:
    page = visit("/")
    page.evaluate(DROP, ["#stop-1", "mine.gif", b64encode(written(two_halves(), "GIF")).decode()])
    expect(page.locator("#shown-1 img")).to_be_visible()
