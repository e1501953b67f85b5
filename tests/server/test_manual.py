"""The examples on the page for programs, taken from the page and run as they stand."""

import html
import re
import sys
from pathlib import Path

import pytest

from tests.support.examples import check_curl, count_pictures, run
from tests.support.live import LiveSite

pytestmark = pytest.mark.server


@pytest.fixture
def examples(site: LiveSite) -> dict[str, str]:
    status, page = site.request("GET", "/api")
    assert status == 200
    found = re.findall(r'<pre id="([^"]+)"[^>]*><code>(.*?)</code></pre>', page.decode(), re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


def test_curl_example_paints_a_walk_keeps_the_film_and_takes_it_down(
    site: LiveSite, examples: dict[str, str], tmp_path: Path
) -> None:
    pasted = f"{examples['example-paint-sh']}\n{examples['example-delete-sh']}\n"
    assert site.url in pasted
    check_curl(site, pasted, tmp_path)


def test_python_example_paints_a_walk_and_keeps_the_film(
    site: LiveSite, examples: dict[str, str], tmp_path: Path
) -> None:
    said = run([sys.executable, "-I", "-W", "error", "-"], examples["example-paint-py"], tmp_path)
    assert said.splitlines()[-1] == "finished 24 of 24"
    assert count_pictures(tmp_path / "film.gif") == 24
