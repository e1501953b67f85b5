"""Two worker processes on one database: they share a walk, and one goes on without the other."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from tests.server.live import ROOT, START_SECONDS, LiveSite, wait_until

pytestmark = pytest.mark.server

FRAMES = 24
HELD = """SELECT pieces.lease_holder, kind FROM pieces JOIN walks ON walks.number = walk_number
    WHERE id = ? AND pieces.state = 'taken'"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A site with its own worker, and a second one beside it."""

    site: LiveSite
    second: subprocess.Popen[bytes]

    def commission(self, *prompts: str) -> dict[str, Any]:
        """Ask for a walk whose every frame takes its time."""
        return self.site.commission(*prompts, frames=FRAMES, preset="exact", steps=20)

    def wait_for_both(self, walk_id: str, kind: str) -> None:
        """Wait until each of the two holds a piece of a walk, both of this kind."""
        both = {self.second.pid: kind, self.site.worker_pid(): kind}
        wait_until(lambda: self._at(walk_id) == both, seconds=60, what=f"{kind} painted by both")

    def _at(self, walk_id: str) -> dict[int, str]:
        return {int(holder.split(":")[-2]): kind for holder, kind in self.site.rows(HELD, walk_id)}


@pytest.fixture(scope="module")
def pair(shared_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Start a second worker, and wait until each knows of the other."""
    site, log = shared_site.start(), tmp_path_factory.mktemp("second") / "log"
    with log.open("wb") as out:
        second = subprocess.Popen(
            [sys.executable, "-m", "worker"], cwd=ROOT, env=site.environment, stdout=out, stderr=out
        )
    logs = (site.log, log)
    try:
        wait_until(lambda: all(map(living, map(_text, logs))), seconds=START_SECONDS, what="two workers")
        yield Pair(site, second)
    finally:
        if second.poll() is None:
            second.terminate()
            second.wait(30)


def _text(log: Any) -> str:
    return str(log.read_text("utf-8", "replace"))


def living(log: str) -> bool:
    """Tell whether a worker that says this counts two of them."""
    return re.findall(r"(\d+) workers live", log)[-1:] == ["2"]


def assert_whole(site: LiveSite, walk: dict[str, Any]) -> None:
    """Check that every frame of a walk was recorded once and shown once, and that nothing else is left of it."""
    frames = site.rows(
        'SELECT "index", position, path FROM frames JOIN walks ON number = walk_number WHERE id = ? ORDER BY 1',
        walk["id"],
    )
    assert [index for index, _, _ in frames] == list(range(FRAMES))
    positions = [position for _, position, _ in frames]
    assert positions == sorted(set(positions))
    folder = site.folder(walk["id"])
    assert {path.name for path in folder.glob("frames/*")} == {path.rpartition("/")[2] for _, _, path in frames}
    wait_until(lambda: not (folder / "knots").exists(), what="the end of the knots")  # after the film hangs
    assert site.rows("SELECT painted_count FROM walks WHERE id = ?", walk["id"]) == [(FRAMES,)]
    assert site.rows("SELECT * FROM pieces JOIN walks ON walks.number = walk_number WHERE id = ?", walk["id"]) == []
    with Image.open(io.BytesIO(site.request("GET", walk["media"]["gif"])[1])) as film:
        assert getattr(film, "n_frames", 1) == FRAMES


def test_two_workers_paint_one_walk_together(pair: Pair) -> None:
    walk = pair.commission("a whale", "a boat")
    pair.wait_for_both(walk["id"], "knots")
    pair.wait_for_both(walk["id"], "frames")
    assert_whole(pair.site, pair.site.finished(walk["id"]))


def test_a_walk_one_of_whose_two_workers_is_killed_is_finished_by_the_other(pair: Pair) -> None:
    other = pair.site.worker_pid()
    walk = pair.commission("a cup", "a lamp")
    pair.wait_for_both(walk["id"], "frames")
    kept = pair.site.frames_kept(walk["id"])
    os.kill(pair.second.pid, signal.SIGKILL)
    pair.second.wait()
    walk = pair.site.finished(walk["id"])
    assert len(kept) >= 2
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert pair.site.rows("SELECT lost FROM walks WHERE id = ?", walk["id"]) == [(1,)]
    assert pair.site.worker_pid() == other
    assert_whole(pair.site, walk)
