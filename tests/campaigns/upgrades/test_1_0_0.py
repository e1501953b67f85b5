"""A site that the code of release 1.0.0 made, upgraded at once to today's: its walks and films stay, and it goes on."""

import re
from pathlib import Path

import numpy as np
import pytest

from app.core.config import ROOT
from tests.campaigns.upgrades import commands, contents, earlier
from tests.support.live import LONG, PATIENCE, LiveSite

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code of release 1.0.0."""
    return earlier.check_out(earlier.RELEASES["1.0.0"], tmp_path_factory.mktemp("first"))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_site_of_1_0_0_keeps_films_and_generates_what_waits(site: LiveSite) -> None:
    site.start()
    walk = site.finished(site.request_walk("a bear", "the sun", seed=7, frames=4)["id"])["id"]
    before, painted = contents.films(site, walk), contents.pictures(site, walk)
    begun = contents.half_generated(site)
    site.stop()

    site.root = ROOT
    assert site.launch().wait(PATIENCE) == 1
    assert "The database is at revision 0022, the code at" in site.output()
    assert "Run: flask --app wsgi db upgrade" in site.output()
    commands.upgrade(site)
    site.start()

    after = contents.films(site, walk)
    assert [b"colr" in films.pop("mp4") for films in (before, after)] == [False, True]  # `media mend` tagged it
    assert after == before
    assert site.finished(begun)["frames_painted"] == LONG
    for path in (f"/walks/{walk}", f"/walks/{begun}", "/gallery?q=bear"):
        assert site.request("GET", path)[0] == 200, path
    again = contents.repainted(site, walk)
    assert again.shape == painted.shape
    assert np.abs(again - painted).mean() < 1  # but for what another processor rounds
    assert "Traceback" not in site.output()


def test_page_names_the_commands_that_are_run_here() -> None:
    page = (ROOT / "docs/how-to/operators/upgrading.md").read_text("utf-8")
    assert re.findall(r"^flask --app wsgi (.+)$", page, re.MULTILINE) == [
        "backup create before.tar",
        *commands.COMMANDS,
    ]
