"""The button of the form, and the time the walk takes: in view whatever is written and opened."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.visits import Open, visiting

pytestmark = pytest.mark.server

LONG = "a fox in the snow under a red moon beside an old house with many windows and a garden of roses"
HIDES = """() => {
    const own = document.activeElement, box = own.getBoundingClientRect()
    const bar = document.querySelector(".press").getBoundingClientRect()
    const isOther = own !== document.body && !own.closest(".press")
    return isOther && box.bottom > bar.top + 1 && box.top < bar.bottom - 1 ? own.outerHTML.slice(0, 99) : ""
}"""
"""What has the focus and is behind the bar."""
WRITTEN = "&".join([f"prompt={LONG.replace(' ', '+')}"] * 4)


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Open]:
    """Return a function that opens the form, filled in as an address says, in a window."""
    with visiting(browser, base_url=address) as visits:
        yield lambda query, **options: visits.goto(f"/?{query}", **options)


def is_in_view(page: Page, selector: str) -> bool:
    box, window = page.locator(selector).bounding_box(), page.viewport_size
    assert box is not None and window is not None
    return box["y"] >= 0 and box["y"] + box["height"] <= window["height"] and box["x"] + box["width"] <= window["width"]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_button_and_time_stay_in_view(visit: Open, width: int, height: int, has_script: bool) -> None:
    for query in ("", WRITTEN, f"{WRITTEN}&steps=0"):
        page = visit(query, viewport={"width": width, "height": height}, java_script_enabled=has_script)
        for _ in range(2):
            assert is_in_view(page, "#paint")
            assert is_in_view(page, "#style") and is_in_view(page, "#time")
            page.locator("#more summary").click()  # everything that "More" holds opens or shuts above the bar


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_bar_leads_to_length_and_size(visit: Open, has_script: bool) -> None:
    page = visit(WRITTEN, viewport={"width": 390, "height": 844}, java_script_enabled=has_script, has_touch=True)
    page.get_by_role("link", name="Length").tap()
    expect(page.get_by_role("radio", name="120 frames")).to_be_in_viewport()
    page.get_by_role("radio", name="120 frames").check()
    if not has_script:
        page.locator("#film-size").get_by_role("button", name="Update the time").tap()
    expect(page.get_by_role("radio", name="120 frames")).to_be_checked()
    expect(page.get_by_role("radio", name="120 frames")).to_be_in_viewport()
    expect(page.locator("#film-size")).to_contain_text("seconds, with a second’s rest at each end")


def test_field_that_has_the_focus_is_not_behind_the_bar(visit: Open) -> None:
    page = visit(WRITTEN, viewport={"width": 390, "height": 844})
    page.locator("#more summary").click()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(HIDES) == ""


def test_shorter_choice_moves_nothing(visit: Open) -> None:
    page = visit(f"{WRITTEN}&frames=240&preset=exact&steps=100", viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator("#more summary").click()
    page.locator("#stops-name").evaluate("(title) => title.scrollIntoView({ block: 'center' })")
    before, box = page.evaluate("scrollY"), page.locator(".shorter button[value^=set-frames]").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 9, box["y"] + 9)  # tap() of a locator would scroll by itself
    expect(page.locator("[name=frames][value='240']")).not_to_be_checked()
    expect(page.locator("#paint")).to_be_focused()
    assert page.evaluate("scrollY") == before


def test_nothing_is_seen_beside_the_bar(visit: Open) -> None:
    for width, height in ((390, 844), (1280, 900)):
        page = visit("", viewport={"width": width, "height": height})
        bar = page.locator(".press").bounding_box()
        assert bar is not None and (bar["x"], bar["width"]) == (0, width)
