"""The words of a stop in a real browser: marked without a shift, put right by a press, and found among the drawings."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import NARROW, check
from tests.support.visits import Open

pytestmark = pytest.mark.server

WITH_AND_WITHOUT = pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
AROUND = "#stop-0", "#stop-1", "#reading-1", "#more", "#paint"
SHIFTS = """async () => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame)
    window.shifts = []
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
        .observe({type: "layout-shift", buffered: false})
}"""
"""Collects the sizes of layout shifts, those directly after a key press as well, once a longer line has wrapped."""
LOW = "document.styleSheets[0].insertRule('#make .room { height: 160px }'); dispatchEvent(new Event('resize'))"
"""Makes the rooms of interpretations so low that these are cut."""


def line(page: Page, name: str) -> Any:
    return page.get_by_label(name, exact=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_shifts_when_an_interpretation_comes(visit: Open, width: int) -> None:
    page = visit(viewport={"width": width, "height": 900})
    rows = page.locator("#reading-0 .marks")
    for words in ("a snoman", " and a palace", " and a zorp"):
        page.locator("#stop-0").press_sequentially(words)  # a longer line may wrap
        page.evaluate(SHIFTS)
        before = [page.locator(each).bounding_box() for each in AROUND]
        expect(rows).to_contain_text(words.split()[-1])
        page.wait_for_function("() => [...document.images].every((image) => image.complete)")
        after = [page.locator(each).bounding_box() for each in AROUND]
        assert after == before
        assert page.evaluate("window.shifts") == []


@WITH_AND_WITHOUT
def test_reading_stands_under_its_field_on_a_phone(visit: Open, has_script: bool) -> None:
    query = "/?prompt=a+snowman&prompt=a+house&prompt=a+fox"
    page = visit(query, viewport={"width": 390, "height": 844}, java_script_enabled=has_script)
    order = ["#stop-0", "#reading-0", "#stop-1", "#reading-1", "#stop-2", "#reading-2", "#more"]
    tops = [page.locator(each).bounding_box()["y"] for each in order]  # type: ignore[index]
    assert tops == sorted(tops)
    lines = [page.locator(".line").nth(stop).bounding_box()["y"] for stop in (0, 1)]  # type: ignore[index]
    assert tops[1] < lines[0] < tops[2] and tops[3] < lines[1] < tops[4]


@pytest.mark.parametrize("width", [390, 700])
def test_interpretation_that_is_larger_than_its_room_is_shown_whole_by_a_press(visit: Open, width: int) -> None:
    page = visit("/?prompt=a+snoman,+a+palace+and+a+zorp&prompt=a+fox", viewport={"width": width, "height": 900})
    room, box = page.locator(".room").first, page.locator("#reading-0")
    button = page.locator(".room").first.get_by_role("button", name="Show all of it")
    page.evaluate(LOW)
    button.click()
    expect(button).to_be_hidden()
    assert box.evaluate("(each) => each.scrollHeight - each.clientHeight") <= 1
    before = room.bounding_box()["height"]  # type: ignore[index]
    page.locator("#stop-0").fill("a fox")
    expect(page.locator("#reading-0 .marks")).to_have_text("Read fox", use_inner_text=True)
    assert room.bounding_box()["height"] == before  # type: ignore[index]
    expect(button).to_be_hidden()


def test_keyboard_reaches_what_is_cut(visit: Open) -> None:
    page = visit("/?prompt=a+snoman,+a+palace+and+a+zorp&prompt=a+fox", viewport={"width": 390, "height": 844})
    box = page.locator("#reading-0")
    page.evaluate(LOW)
    expect(box).to_have_class("reading cut")
    box.locator("button, input").filter(visible=True).last.focus()
    expect(box).to_have_class("reading")


@WITH_AND_WITHOUT
def test_misspelt_word_is_put_right_by_one_press(visit: Open, has_script: bool) -> None:
    page = visit("/?prompt=a+snoman&prompt=the+sun&seed=7", java_script_enabled=has_script)
    expect(page.locator("#reading-0 .marks")).to_contain_text("snoman → snowman")
    page.get_by_role("button", name="snowman", exact=True).click()
    expect(line(page, "From")).to_have_value("a snowman")
    expect(page.locator("#reading-0 .marks")).to_have_text("Read snowman", use_inner_text=True)
    expect(line(page, "To")).to_have_value("the sun")
    if has_script:
        expect(line(page, "From")).to_be_focused()


@WITH_AND_WITHOUT
def test_drawing_is_found_in_the_form_for_the_word_that_was_not_read(visit: Open, has_script: bool) -> None:
    page = visit(java_script_enabled=has_script)
    line(page, "From").fill("the sun")
    line(page, "To").fill("a zorp on a house")
    if not has_script:
        page.get_by_role("button", name="Show the drawings").click()
    page.get_by_role("button", name="“zorp”").click()
    search = page.get_by_role("searchbox")
    expect(search).to_have_value("zorp")
    if has_script:
        expect(search).to_be_focused()
    search.fill("fuchs")
    search.press("Enter")
    page.locator("#finder").get_by_role("button", name="fox").first.click()
    expect(line(page, "To")).to_have_value("a fox on a house")
    expect(line(page, "From")).to_have_value("the sun")
    expect(page.locator("#finder")).to_have_count(0)
    expect(page.locator("#reading-1").get_by_role("radio", name="fox", exact=True).first).to_be_checked()


def test_thing_without_a_drawing_of_its_own_is_drawn_by_the_visitor(visit: Open) -> None:
    page = visit("/?prompt=a+palace+and+the+sun&prompt=a+fox")
    page.get_by_role("link", name="Draw it yourself").click()
    expect(page.get_by_role("dialog", name="Draw a picture")).to_be_visible()


def test_marks_differ_without_colour(visit: Open) -> None:
    page = visit("/?prompt=a+snoman,+a+palace+and+a+zorp&prompt=a+fox")
    styles = [
        page.locator(f"#reading-0 .{kind} bdi").first.evaluate(
            "(each) => { const {textDecorationLine: line, textDecorationStyle: style} = getComputedStyle(each); "
            "return `${line} ${style}` }"
        )
        for kind in ("read", "approximated", "unread")
    ]
    assert styles == ["underline solid", "underline dotted", "line-through solid"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, 390, 1280])
def test_marks_and_search_are_accessible(visit: Open, width: int, scheme: str, language: str) -> None:
    page = visit(
        "/?prompt=a+snoman,+a+palace+and+a+zorp&prompt=a+fox", locale=language, color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    page.locator("#reading-0 [value^=seek-]").first.click()
    expect(page.locator("#finder")).to_be_visible()
    check(page, width)
