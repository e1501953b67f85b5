"""The examples of docs/how-to/developers/api.md, run as they stand against a site."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.core.config import ROOT
from tests.support.examples import check_curl, count_pictures, run, served
from tests.support.live import LiveSite

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs/how-to/developers/api.md").read_text("utf-8")
HOST = "http://127.0.0.1:8000"


def example(language: str, site: LiveSite) -> str:
    """Return the page's example in a language, for the site that runs."""
    found = re.search(rf"^```{language}\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None and HOST in found[1]
    return found[1].replace(HOST, site.url)


def test_curl_example_fetches_the_film_and_deletes_the_walk(site: LiveSite, tmp_path: Path) -> None:
    check_curl(site, example("sh", site), tmp_path)


def test_python_example_fetches_the_film(site: LiveSite, tmp_path: Path) -> None:
    run([sys.executable, "-I", "-W", "error", "-"], example("python", site), tmp_path)
    assert count_pictures(tmp_path / "film.gif") == 24


def test_javascript_example_prints_the_address_of_the_film(site: LiveSite, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT RUN: the JavaScript example needs Node 20 or later")
    address = run([node, "--input-type=module", "-"], example("js", site), tmp_path).strip()
    assert address.startswith(f"{site.url}/walks/")
    assert site.request("GET", address.removeprefix(site.url))[0] == 200


@pytest.mark.parametrize("is_allowed", [True, False])
def test_page_of_another_origin_paints_a_walk_and_shows_its_film_if_it_may(
    new_site: Callable[..., LiveSite], browser: Browser, tmp_path: Path, is_allowed: bool
) -> None:
    complaints: list[str] = []
    (tmp_path / "page").mkdir()
    with served(tmp_path / "page") as origin, browser.new_context() as context:
        site = new_site(CORS_ORIGINS=origin if is_allowed else "https://example.org").start()
        (tmp_path / "page/index.html").write_text(example("html", site), "utf-8")
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{origin}/")
        page.get_by_role("button", name="Paint a walk").click()
        state = page.get_by_role("status")
        expect(state).to_have_text(re.compile("Finished|fetch"))
        assert state.text_content() == ("Finished." if is_allowed else "Failed to fetch"), complaints
        assert bool(site.rows("SELECT id FROM walks")) == is_allowed
        if is_allowed:
            expect(page.locator("#film")).to_have_js_property("readyState", 4)
            assert context.cookies() == []
