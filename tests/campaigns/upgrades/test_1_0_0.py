"""A site that the code of release 1.0.0 made, upgraded with a stop: its walks and films stay, and it goes on."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from tests.campaigns.upgrades import commands, earlier
from tests.support.live import LONG, LiveSite, stop, wait_until

pytestmark = pytest.mark.server

MOMENT = 0.1  # seconds
FILES = ("gif", "webp", "mp4", "png", "json")


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code of release 1.0.0."""
    return earlier.check_out(earlier.RELEASES["1.0.0"], tmp_path_factory.mktemp("first"))


def test_site_of_1_0_0_keeps_films_and_generates_what_waits(site: LiveSite) -> None:
    site.start()
    listed = site.finished(site.commission("a bear", "the sun", seed=7, frames=4)["id"])["id"]
    unlisted = site.finished(site.commission("a lemon", "a bear", seed=8, frames=3, unlisted=True)["id"])["id"]
    before = {walk: files_of(site, walk) for walk in (listed, unlisted)}
    begun = half_generated(site)
    waiting = site.commission("a lemon", "the sun", seed=9, frames=3)["id"]
    site.stop()

    site.root = ROOT
    assert site.launch().wait(300) == 1
    assert "The database is at revision 0022, the code at" in site.output()
    assert "Run: flask --app wsgi db upgrade" in site.output()
    commands.upgrade(site)
    site.start()

    assert {walk: files_of(site, walk) for walk in before} == before
    for walk, frames in ((begun, LONG), (waiting, 3)):
        assert site.finished(walk)["frames_painted"] == frames
        assert site.request("GET", f"/walks/{walk}.gif")[1].startswith(b"GIF89a")
    for walk in (listed, unlisted, begun, waiting):
        status, page = site.request("GET", f"/walks/{walk}")
        assert (status, b"</html>" in page) == (200, True)
    found = {walk["id"] for walk in site.request("GET", "/api/v1/walks?q=bear")[1]["walks"]}
    assert found == {listed, begun}
    assert "Traceback" not in site.output()


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
