"""A draft in a real browser: it survives going away, back and reloading, and gets what is chosen elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests.support import led
from tests.support.accessibility import NARROW, check
from tests.support.visits import Open

pytestmark = pytest.mark.server

HEIGHTS = (
    "() => [...document.querySelectorAll('.words')].map((each) => Math.round(each.getBoundingClientRect().height))"
)


def write(page: Page, *prompts: str) -> None:
    for number, prompt in enumerate(prompts):
        page.locator(f"#stop-{number}").fill(prompt)
    page.locator(f"#stop-{len(prompts) - 1}").blur()


def expect_draft(page: Page, *prompts: str) -> None:
    for number, prompt in enumerate(prompts):
        expect(page.locator(f"#stop-{number}")).to_have_value(prompt)


def test_draft_survives_reload_back_and_another_page(visit: Open) -> None:
    page = visit()
    write(page, "a fox", "a bat at night")
    page.wait_for_url("**/?prompt=a+fox&prompt=a+bat+at+night&**")
    page.reload()
    expect_draft(page, "a fox", "a bat at night")
    page.locator("#more summary").click()
    page.get_by_role("button", name="Add a stop").click()
    page.wait_for_selector("#stop-2")
    page.locator("#stop-1").fill("a house")
    page.get_by_role("link", name="Gallery", exact=True).click()
    page.wait_for_url("**/gallery")
    page.go_back()
    expect_draft(page, "a fox", "a house", "a bat at night")
    page.get_by_role("link", name="Gallery", exact=True).click()
    page.wait_for_url("**/gallery")
    page.get_by_role("link", name="Make", exact=True).click()
    expect_draft(page, "a fox", "a house", "a bat at night")


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_draft_survives_a_change_of_language(visit: Open, has_script: bool) -> None:
    page = visit(java_script_enabled=has_script)
    page.locator("#stop-0").fill("a fox")
    page.locator("#stop-1").fill("a bat at night")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("button", name="English")).to_be_visible()
    expect_draft(page, "a fox", "a bat at night")


def test_draft_ends_where_the_form_is_started_over_or_becomes_a_walk(visit: Open) -> None:
    page = visit()
    write(page, "a fox", "a bat")
    page.get_by_role("link", name="Make", exact=True).click()
    expect_draft(page, "", "")
    write(page, "a fox", "a bat")
    page.locator("#paint").click()
    page.wait_for_selector("#walk")
    page.get_by_role("link", name="Make", exact=True).click()
    expect_draft(page, "", "")


def test_draft_survives_back_without_javascript(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    write(page, "a fox", "a bat")
    page.get_by_role("link", name="Gallery", exact=True).click()
    page.wait_for_url("**/gallery")
    page.go_back()
    expect_draft(page, "a fox", "a bat")


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_drawing_of_the_library_comes_to_the_stop_that_asked(visit: Open, has_script: bool) -> None:
    page = visit(java_script_enabled=has_script)
    write(page, "a fox", "a house")
    page.locator("[value=find-1-0]").click()
    page.locator("[value=drawings-1]").click()
    page.wait_for_url("**/drawings?**")
    expect(page.locator("[aria-current=true]").first).to_have_text("To: a house")
    page.locator(f"[value=take-1-{led.BAT}]").click()
    expect_draft(page, "a fox", "a house, bat")
    if has_script:
        page.reload()
        expect_draft(page, "a fox", "a house, bat")


def test_press_on_an_empty_form_generates_the_example(visit: Open) -> None:
    page = visit()
    before = page.evaluate(HEIGHTS)
    page.locator("#stop-0").fill("a fox")
    assert page.evaluate(HEIGHTS) == before
    page.locator("#stop-0").fill("")
    page.locator("#paint").click()
    page.wait_for_url("**/walks/*-a-lemon-the-sun")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, 390, 1280])
@pytest.mark.parametrize("path", ["/", "/drawings?stop=1&form=prompt%3Da%2Bfox%26prompt%3D"])
def test_page_is_accessible_and_no_wider_than_its_window(visit: Open, path: str, width: int, theme: str) -> None:
    page = visit(path, color_scheme=theme, viewport={"width": width, "height": 900}, bypass_csp=True)
    check(page, width)
