"""A site that the code of release 1.0.0 made, upgraded with a stop: its walks and films stay, and it goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.core.config import ROOT
from tests.campaigns.upgrades import commands, earlier
from tests.conftest import inside, make_app
from tests.support.live import LONG, PATIENCE, LiveSite, stop, wait_until

pytestmark = pytest.mark.server

MOMENT = 0.1  # seconds
FILES = ("gif", "webp", "mp4", "png", "json")
FAIL = "UPDATE walks SET state = 'failed', error = 'The model broke.', finished_at = created_at WHERE id = ?"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code of release 1.0.0."""
    return earlier.check_out(earlier.RELEASES["1.0.0"], tmp_path_factory.mktemp("first"))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_site_of_1_0_0_keeps_films_and_generates_what_waits(site: LiveSite, tmp_path: Path) -> None:
    site.start()
    listed = site.finished(site.commission("a bear", "the sun", seed=7, frames=4)["id"])["id"]
    unlisted = site.finished(site.commission("a lemon", "a bear", seed=8, frames=3, unlisted=True)["id"])["id"]
    before = {walk: files_of(site, walk) for walk in (listed, unlisted)}
    begun = half_generated(site)
    waiting = site.commission("a lemon", "the sun", seed=9, frames=3)["id"]
    gone = cancelled(site)
    broken = site.commission("a red bear", "the sun", seed=12, frames=3)["id"]
    site.stop()
    with closing(sqlite3.connect(site.instance / "moma.sqlite")) as database, database:
        database.execute(FAIL, (broken,))

    site.root = ROOT
    assert site.launch().wait(PATIENCE) == 1
    assert "The database is at revision 0022, the code at" in site.output()
    assert "Run: flask --app wsgi db upgrade" in site.output()
    commands.upgrade(site)
    site.start()

    after = {walk: files_of(site, walk) for walk in before}
    for files in before.values():
        assert b"colr" not in files.pop("mp4")
    for files in after.values():
        assert b"colr" in files.pop("mp4")  # `media mend` tagged the colours
    assert after == before
    for walk, frames in ((begun, LONG), (waiting, 3)):
        assert site.finished(walk)["frames_painted"] == frames
        assert site.request("GET", f"/walks/{walk}.gif")[1].startswith(b"GIF89a")
    assert [site.walk(walk)["state"] for walk in (gone, broken)] == ["cancelled", "failed"]
    for walk in (listed, unlisted, begun, waiting, gone, broken):
        status, page = site.request("GET", f"/walks/{walk}")
        assert (status, b"</html>" in page) == (200, True)
    for path in ("/gallery", "/feed.xml", "/sitemap.xml", "/about", "/mine", "/"):
        assert site.request("GET", path)[0] == 200, path
    found = {walk["id"] for walk in site.request("GET", "/api/v1/walks?q=bear")[1]["walks"]}
    assert found == {listed, begun}
    recipe_repaints(site, listed)
    assert "Traceback" not in site.output()
    site.stop()
    goes_back_and_forth(site, tmp_path / "before.tar")


def test_page_names_the_commands_that_are_run_here() -> None:
    page = (ROOT / "docs/how-to/operators/upgrading.md").read_text("utf-8")
    assert re.findall(r"^flask --app wsgi (.+)$", page, re.MULTILINE) == [
        "backup create before.tar",
        *commands.COMMANDS,
    ]


def cancelled(site: LiveSite) -> str:
    """Cancel a walk that waits, and return its ID."""
    walk = site.commission("a red bear", "the sun", seed=11, frames=3)
    owner = {"Authorization": f"Bearer {walk['owner_token']}"}
    assert site.request("DELETE", f"/api/v1/walks/{walk['id']}", headers=owner)[0] in (200, 204)
    return str(walk["id"])


def recipe_repaints(site: LiveSite, walk: str) -> None:
    """Generate a recipe of before again: the pictures are those of before, but for what another processor rounds."""
    file = site.instance / f"{walk}.recipe"
    file.write_text(json.dumps(site.request("GET", f"/walks/{walk}.json")[1]), "utf-8")
    done = commands.run(site, f"walks create --recipe {file} --anew --wait --json")
    assert done.returncode == 0, done.stderr
    again, before = pictures(site, json.loads(done.stdout)["id"]), pictures(site, walk)
    assert again.shape == before.shape
    assert np.abs(again - before).mean() < 1


def pictures(site: LiveSite, walk: str) -> np.ndarray:
    """Read the frames of a walk."""
    paths = sorted(
        site.rows("SELECT position, frames.path FROM frames JOIN walks ON number = walk_number WHERE id = ?", walk)
    )
    files = [site.instance / "media" / path for _, path in paths]
    return np.stack([np.asarray(Image.open(file).convert("RGB"), np.float32) for file in files])


def goes_back_and_forth(site: LiveSite, backup: Path) -> None:
    """Keep a backup, go back to the schema of 1.0.0 and forward again, and put the backup back."""
    lines = (f"backup create {backup}", "db downgrade 0022", "db upgrade", f"backup restore {backup} --force")
    with inside(make_app(site.instance, MODEL=site.environment["MOMA_MODEL"])) as app:  # within one process: sooner
        for line in (*lines, f"backup verify {backup}", "media verify"):
            done = app.test_cli_runner().invoke(args=line.split())
            assert done.exit_code == 0, (line, done.output)


def files_of(site: LiveSite, walk: str) -> dict[str, Any]:
    """Return the walk's films, poster and recipe as the site serves them."""
    answers = {ending: site.request("GET", f"/walks/{walk}.{ending}") for ending in FILES}
    assert {status for status, _ in answers.values()} == {200}
    return {ending: body for ending, (_, body) in answers.items()}


def half_generated(site: LiveSite) -> str:
    """Stop the worker while it generates a walk, some of whose frames are there, and return the walk's ID.

    The worker runs for moments only: on a busy machine it would finish the walk before anybody looks.
    """
    worker = site.worker_pid()

    def is_at_rest() -> bool:
        os.kill(worker, signal.SIGCONT)
        time.sleep(MOMENT)
        stop(worker)
        return not is_locked(site.instance / "moma.sqlite")

    wait_until(is_at_rest, what="a worker at rest")
    walk = str(site.commission("a red bear", "the sun", seed=10, frames=LONG)["id"])
    wait_until(lambda: is_at_rest() and site.walk(walk)["frames_painted"], what="a walk half generated")
    assert site.walk(walk)["frames_painted"] < LONG
    return walk


def is_locked(file: Path) -> bool:
    """Return whether the database in the file, if there is one, is locked by a process that was stopped."""
    if not file.exists():
        return False
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False
