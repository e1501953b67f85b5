"""A site that the code of commit f2cae18 left, brought to today: every page, film, recipe and row of it goes on."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.config import ROOT
from tests.campaigns.upgrades.commands import COMMANDS, run, upgrade
from tests.campaigns.upgrades.make_site import ARCHIVE, SETTINGS
from tests.conftest import inside, make_app
from tests.support import tiny
from tests.support.live import LiveSite
from tests.support.needs import require

pytestmark = pytest.mark.server

STATES = {"finished": 3, "queued": 1, "failed": 1, "cancelled": 1}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> LiveSite:
    """Lay out the site of before, with the model that painted it; it does not run yet."""
    require("redis-server")
    folder = tmp_path_factory.mktemp("f2cae18")
    (folder / "models").mkdir()
    model = tiny.save(folder / "models", "bert")["bert"]
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder / "instance", filter="data")
    return LiveSite(folder / "instance", MODEL=model, **SETTINGS)


def test_site_is_refused_until_it_is_upgraded_then_goes_on(site: LiveSite, tmp_path: Path) -> None:
    old = dict(site.rows("SELECT id, state FROM walks"))
    assert {state: list(old.values()).count(state) for state in STATES} == STATES
    assert site.launch().wait(300) == 1
    assert "The database is at revision 0011, the code at" in site.output()
    assert "Run: flask --app wsgi db upgrade" in site.output()

    upgrade(site)
    try:
        site.start()
        _walks_go_on(site, old)
        _films_are_those_of_before(site, old)
        _recipes_repaint(site, old)
    finally:
        site.stop()
    _goes_back_and_forth(site, tmp_path / "before.tar")


def test_page_names_the_commands_that_are_run_here() -> None:
    page = (ROOT / "docs/how-to/operators/upgrading.md").read_text("utf-8")
    assert re.findall(r"^flask --app wsgi (.+)$", page, re.MULTILINE) == ["backup create before.tar", *COMMANDS]


def _walks_go_on(site: LiveSite, old: dict[str, str]) -> None:
    (queued,) = (walk for walk, state in old.items() if state == "queued")
    site.finished(queued)
    for walk, state in old.items():
        status, page = site.request("GET", f"/walks/{walk}")
        assert (status, b"</html>" in page) == (200, True), walk
        assert site.walk(walk)["state"] == ("finished" if walk == queued else state)
    ((unlisted,),) = site.rows("SELECT id FROM walks WHERE unlisted")
    for words in ("bear", "lemon", "sun"):
        found = {walk["id"] for walk in site.request("GET", f"/api/v1/walks?q={words}")[1]["walks"]}
        assert found
        assert unlisted not in found
    for path in ("/gallery", "/feed.xml", "/sitemap.xml", "/about", "/mine", "/"):
        assert site.request("GET", path)[0] == 200, path


def _films_are_those_of_before(site: LiveSite, old: dict[str, str]) -> None:
    for walk in (walk for walk, state in old.items() if state == "finished"):
        for kind, path in site.rows(
            "SELECT kind, media.path FROM media JOIN walks ON number = walk_number WHERE id = ?", walk
        ):
            ending = "png" if kind == "poster" else kind
            status, data = site.request("GET", f"/walks/{walk}.{ending}")
            assert status == 200, (walk, kind)
            assert data == (site.instance / "media" / path).read_bytes()


def _goes_back_and_forth(site: LiveSite, backup: Path) -> None:
    """Keep a backup, go back to the schema of an older release and forward again, and put the backup back."""
    lines = (f"backup create {backup}", "db downgrade 0020", "db upgrade", f"backup restore {backup} --force")
    with inside(make_app(site.instance, MODEL=site.environment["MOMA_MODEL"])) as app:  # within one process: sooner
        for line in (*lines, f"backup verify {backup}", "media verify"):
            done = app.test_cli_runner().invoke(args=line.split())
            assert done.exit_code == 0, (line, done.output)


def _recipes_repaint(site: LiveSite, old: dict[str, str]) -> None:
    """Paint each recipe of before again: the pictures are those that hang, but for what another processor rounds."""
    for walk in (walk for walk, state in old.items() if state == "finished"):
        status, recipe = site.request("GET", f"/walks/{walk}.json")
        assert status == 200
        file = site.instance / f"{walk}.recipe"
        file.write_text(json.dumps(recipe), "utf-8")
        done = run(site, f"walks create --recipe {file} --anew --wait --json")
        assert done.returncode == 0, done.stderr
        painted, hanging = _pictures(site, json.loads(done.stdout)["id"]), _pictures(site, walk)
        assert painted.shape == hanging.shape
        assert np.abs(painted - hanging).mean() < 1


def _pictures(site: LiveSite, walk: str) -> np.ndarray:
    query = "SELECT frames.path FROM frames JOIN walks ON number = walk_number WHERE id = ? ORDER BY position"
    paths = [site.instance / "media" / path for (path,) in site.rows(query, walk)]
    return np.stack([np.asarray(Image.open(path).convert("RGB"), np.float32) for path in paths])
