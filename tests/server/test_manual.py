"""The examples on the page for programs, taken from the page and run as they stand."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.examples import count_pictures, run
from tests.support.live import LiveSite
from tests.support.needs import require

pytestmark = pytest.mark.server


class Examples(HTMLParser):
    """Collect what stands in each ``pre`` of a page, by its id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.inside: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin to collect."""
        if tag == "pre":
            self.inside = str(dict(attrs)["id"])
            self.found[self.inside] = ""

    def handle_endtag(self, tag: str) -> None:
        """Stop collecting."""
        if tag == "pre":
            self.inside = None

    def handle_data(self, data: str) -> None:
        """Collect."""
        if self.inside:
            self.found[self.inside] += data


@pytest.fixture
def examples(site: LiveSite) -> dict[str, str]:
    status, page = site.request("GET", "/api")
    assert status == 200
    return Examples(page.decode()).found


def test_curl_example_paints_a_walk_keeps_the_film_and_takes_it_down(
    site: LiveSite, examples: dict[str, str], tmp_path: Path
) -> None:
    require("curl")
    before = site.rows("SELECT id FROM walks")
    pasted = f"{examples['example-paint-sh']}\n{examples['example-delete-sh']}\n"
    assert site.url in pasted
    run(["bash", "-euo", "pipefail"], pasted, tmp_path)
    assert count_pictures(tmp_path / "film.gif") == 24
    ((walk_id,),) = set(site.rows("SELECT id FROM walks")) - set(before)
    assert site.request("GET", f"/api/v1/walks/{walk_id}")[0] == 410


def test_python_example_paints_a_walk_and_keeps_the_film(
    site: LiveSite, examples: dict[str, str], tmp_path: Path
) -> None:
    said = run([sys.executable, "-I", "-W", "error", "-"], examples["example-paint-py"], tmp_path)
    assert said.splitlines()[-1] == "finished 24 of 24"
    assert count_pictures(tmp_path / "film.gif") == 24
