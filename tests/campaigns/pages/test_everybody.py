"""Words that are hard to set, and German: axe finds nothing, nothing overflows a phone, all works without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import ALL, AXE, NARROW, axe
from tests.support.live import PATIENCE_MS, LiveSite

pytestmark = pytest.mark.server

ARABIC = "ثعلب أحمر يركض في حديقة تحت المطر"
LONG = "Donau" + "dampfschiff" * 26 + "fahrt"
EMOJI = "🦜👩🏽‍🚀🏳️‍🌈" * 12
PAGES = ("/", "/gallery", "/gallery?q=nothing+at+all", "/about", "/mine", "/exhibitions", "/api", "/nowhere")
ENGLISH, GERMAN = "en-GB", "de"
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def odd_walks(shared_site: LiveSite) -> list[str]:
    """Paint walks whose words are hard to set: right to left, endless, pictographs; return their addresses."""
    site = shared_site.start()
    asked = [site.commission(one, other, frames=4) for one, other in ((ARABIC, "a kite"), (LONG[:290], EMOJI))]
    return [str(site.finished(walk["id"])["url"]) for walk in asked]


@pytest.fixture
def pages(site: LiveSite, browser: Browser) -> Iterator[Any]:
    """Return a function that opens a visitor's browser."""
    contexts = []

    def visit(**options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    yield visit
    for context in contexts:
        context.close()


def all_pages(odd_walks: list[str]) -> list[str]:
    """List one address of every kind of page."""
    ids = [urlsplit(url).path.split("/")[2].partition("-")[0] for url in odd_walks]
    return [*PAGES, *odd_walks, f"/walks/{ids[0]}/report", f"/walks/{ids[1]}/stages", f"/walks/{ids[1]}/embed"]


@pytest.mark.parametrize("locale", [ENGLISH, GERMAN])
def test_axe_finds_nothing_in_either_language_at_both_widths_by_day_and_night(
    pages: Any, odd_walks: list[str], locale: str
) -> None:
    page = pages(locale=locale, bypass_csp=True)
    found = {}
    for path in all_pages(odd_walks):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", locale)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.evaluate(AXE)
        for width, scheme in product(WIDTHS, ("light", "dark")):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            found |= {(path, width, scheme): what} if (what := axe(page, ALL)) else {}
    assert found == {}


@pytest.mark.parametrize("locale", [ENGLISH, GERMAN])
def test_nothing_overflows_a_small_phone(pages: Any, odd_walks: list[str], locale: str) -> None:
    page = pages(locale=locale, viewport={"width": NARROW, "height": 844})
    typed = f"/?prompt={quote(ARABIC)}&prompt={quote(LONG[:290])}&prompt={quote(EMOJI)}"
    wide = {}
    for path in (*all_pages(odd_walks), typed, f"/gallery?q={quote(LONG[:290])}", f"/gallery?q={quote(ARABIC)}"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW:
            wide[path] = width
    assert wide == {}


def test_everything_works_without_javascript(pages: Any) -> None:
    page = pages(java_script_enabled=False, locale=GERMAN)
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
    expect(page.locator("html")).to_have_attribute("lang", ENGLISH)
