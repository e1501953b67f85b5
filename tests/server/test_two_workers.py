"""Two worker processes on one database: they share a walk, and one goes on without the other."""

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

from tests.support import forks
from tests.support.live import PATIENCE, ROOT, LiveSite, wait_until

pytestmark = pytest.mark.server

FRAMES = 24
PROMPTS = (
    "a bear", "the sun", "a lemon", "a red bear", "the red sun", "a red lemon", "a bear, the sun", "the sun, a lemon",
)  # fmt: skip
"""So many that there are knots for two at once."""

HELD = """SELECT pieces.lease_holder, kind FROM pieces JOIN walks ON walks.number = walk_number
    WHERE id = ? AND pieces.state = 'taken'"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A site with its own worker, and a second one beside it."""

    site: LiveSite
    first: int
    second: subprocess.Popen[bytes]

    def request_walk(self, *prompts: str) -> dict[str, Any]:
        """Ask for a walk."""
        return self.site.request_walk(*prompts, frames=FRAMES)

    def stand(self, walk_id: str, kind: str) -> None:
        """Wait until both stand still, each with a piece of this kind of a walk."""
        wait_until(lambda: len(self.site.ground.standing()) == 2, what="two that stand still")
        self.site.ground.clear()
        assert self.at(walk_id) == {self.first: kind, self.second.pid: kind}

    def at(self, walk_id: str) -> dict[int, str]:
        """Return who paints what of a walk."""
        return {int(holder.split(":")[-2]): kind for holder, kind in self.site.rows(HELD, walk_id)}


@pytest.fixture(scope="module")
def pair(planted_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Start a second worker, and wait until each knows of the other."""
    site, log = planted_site, tmp_path_factory.mktemp("second") / "log"
    first = site.worker_pid()
    with log.open("wb") as out:
        command = [sys.executable, *site.worker.split()]
        second = forks.popen(command, cwd=ROOT, env=site.environment, stdout=out, stderr=out)
    logs = (site.log, log)
    try:
        wait_until(lambda: all(map(living, map(_text, logs))), what="two workers")
        yield Pair(site, first, second)
    finally:
        if second.poll() is None:
            site.ground.let_go()  # which a failed test may not have done
            second.terminate()
            second.wait(PATIENCE)


def _text(log: Any) -> str:
    return str(log.read_text("utf-8", "replace"))


def living(log: str) -> bool:
    """Return whether a worker that says this counts two of them."""
    return re.findall(r"(\d+) workers are alive", log)[-1:] == ["2"]


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
    wait_until(lambda: not (folder / "knots").exists(), what="the end of the knots")  # after the film is published
    assert site.rows("SELECT painted_count FROM walks WHERE id = ?", walk["id"]) == [(FRAMES,)]
    assert site.rows("SELECT * FROM pieces JOIN walks ON walks.number = walk_number WHERE id = ?", walk["id"]) == []
    with Image.open(io.BytesIO(site.request("GET", walk["media"]["gif"])[1])) as film:
        assert getattr(film, "n_frames", 1) == FRAMES


def test_two_workers_generate_one_walk_together(pair: Pair) -> None:
    site = pair.site
    site.plant("knots", everyone=True)
    walk_id = pair.request_walk(*PROMPTS)["id"]
    pair.stand(walk_id, "knots")
    site.plant("frames", everyone=True)
    site.ground.let_go()
    pair.stand(walk_id, "frames")
    site.ground.let_go()
    assert_whole(site, site.finished(walk_id))


def test_walk_with_one_of_two_workers_killed_is_finished_by_the_other(pair: Pair) -> None:
    site = pair.site
    site.plant("frames", everyone=True)
    walk_id = pair.request_walk("a bear", "the sun")["id"]
    pair.stand(walk_id, "frames")
    kept = site.frames_kept(walk_id)
    os.kill(pair.second.pid, signal.SIGKILL)
    pair.second.wait()
    site.ground.let_go()
    walk = site.finished(walk_id)
    assert len(kept) >= 2
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert site.rows("SELECT lost FROM walks WHERE id = ?", walk["id"]) == [(1,)]
    assert site.worker_pid() == pair.first
    assert_whole(site, walk)
