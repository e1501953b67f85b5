"""The whole way through the site without scripts: ask for a walk, find it, rename it, report it, in German."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.live import PATIENCE_MS, LiveSite

pytestmark = pytest.mark.server


def test_everything_works_without_javascript(site: LiveSite, browser: Browser) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False, locale="de")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/?frames=6")
    page.get_by_label("Von", exact=True).fill("ein Fuchs aus Zinnober")
    page.get_by_label("Nach", exact=True).fill("a kite")
    page.get_by_role("button", name="Diesen Spaziergang malen").click()
    page.wait_for_url(re.compile("/walks/"))
    expect(page.get_by_role("heading", name="Herunterladen")).to_be_visible()
    address = urlsplit(page.url).path.partition("-")[0]

    page.goto("/gallery")
    page.get_by_role("searchbox").fill("Zinnober")
    page.get_by_role("button", name="Suchen").click()
    expect(page.get_by_role("status")).to_contain_text("1 Spaziergang")
    page.locator(".filters summary").click()
    page.get_by_role("checkbox", name="drei", exact=True).check()
    page.get_by_role("button", name="Anwenden").click()
    expect(page.locator(".poster")).to_have_count(0)

    page.goto(address)
    page.get_by_text("Umbenennen", exact=True).click()
    page.get_by_label("Titel", exact=True).fill("Zinnoberrot")
    page.get_by_role("button", name="Titel speichern").click()
    expect(page.get_by_role("heading", name=re.compile("^Zinnoberrot"))).to_be_visible()

    page.goto(f"{address}/report")
    page.get_by_role("radio", name="Etwas anderes").check()
    page.get_by_role("button", name="Diesen Spaziergang melden").click()
    expect(page.get_by_role("status")).to_contain_text("Dieser Spaziergang wird geprüft.")

    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    context.close()
