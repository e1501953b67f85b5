"""Earlier prompts in a real browser: chosen for the stop that asked, and forgotten, with JavaScript and without."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import check
from tests.support.visits import Open

pytestmark = pytest.mark.server


def open_form(visit: Open, **options: object) -> Page:
    """Request a walk and open the empty form."""
    page = visit("/?prompt=a+fox&prompt=a+kite+at+night", **options)
    page.get_by_role("button", name="Paint this walk").click()
    page.wait_for_url("**/walks/**")
    page.goto("/")
    return page


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without"])
def test_prompt_is_chosen_for_the_stop_that_asked_and_forgotten(visit: Open, has_script: bool) -> None:
    page = open_form(visit, java_script_enabled=has_script)
    page.get_by_label("From", exact=True).fill("a lemon")
    button = page.get_by_role("button", name="Earlier prompts")
    button.last.click()
    choices = page.get_by_role("region", name="Earlier prompts")
    if has_script:
        expect(choices).to_be_focused()
    choices.get_by_role("button", name="a kite at night").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("a kite at night")
    expect(page.get_by_label("From", exact=True)).to_have_value("a lemon")
    expect(choices).to_have_count(0)
    button.first.click()
    choices.get_by_role("button", name="Forget them").click()
    expect(choices.get_by_role("status")).to_have_text("They are forgotten in this browser. Your walks stay.")
    expect(button).to_have_count(0)
    expect(page.get_by_label("From", exact=True)).to_have_value("a lemon")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_list_is_accessible_and_below_the_stop(visit: Open, width: int, scheme: str) -> None:
    page = open_form(visit, color_scheme=scheme, viewport={"width": width, "height": 844})
    for place in (0, 1):
        page.get_by_role("button", name="Earlier prompts").nth(place).click()
        expect(page.locator(f".brought[data-stop='{place}'] #earlier")).to_be_in_viewport()
        check(page, width)
        page.locator("#earlier").get_by_role("button", name="Close").click()
        expect(page.locator("#earlier")).to_have_count(0)
