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

from tests.support import forks
from tests.support.live import PATIENCE, ROOT, LiveSite, stop, wait_until

pytestmark = pytest.mark.server

FRAMES = 24
HELD = """SELECT pieces.lease_holder, kind FROM pieces JOIN walks ON walks.number = walk_number
    WHERE id = ? AND pieces.state = 'taken'"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A site with its own worker, and a second one beside it."""

    site: LiveSite
    first: int
    second: subprocess.Popen[bytes]

    def commission(self, *prompts: str) -> dict[str, Any]:
        """Ask for a walk whose every frame takes its time."""
        return self.site.commission(*prompts, frames=FRAMES, preset="exact", steps=12)

    def is_seen_sharing(self, walk_id: str, kind: str) -> bool:
        """Wait until each of the two holds a piece of a walk, both of this kind.

        It is not seen where a busy machine lets one of them do it all, or the test look too late.
        """
        both = {self.first: kind, self.second.pid: kind}

        def seen() -> list[bool]:
            at = self.at(walk_id)
            return [at == both] if at == both or self.site.walk(walk_id)["finished_at"] else []

        return wait_until(seen, what="the end")[0]

    def at(self, walk_id: str) -> dict[int, str]:
        """Tell who paints what of a walk."""
        return {int(holder.split(":")[-2]): kind for holder, kind in self.site.rows(HELD, walk_id)}


@pytest.fixture(scope="module")
def pair(shared_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Start a second worker, and wait until each knows of the other."""
    site, log = shared_site.start(), tmp_path_factory.mktemp("second") / "log"
    first = site.worker_pid()
    with log.open("wb") as out:
        second = forks.popen([sys.executable, "-m", "worker"], cwd=ROOT, env=site.environment, stdout=out, stderr=out)
    logs = (site.log, log)
    try:
        wait_until(lambda: all(map(living, map(_text, logs))), what="two workers")
        yield Pair(site, first, second)
    finally:
        if second.poll() is None:
            second.terminate()
            second.send_signal(signal.SIGCONT)  # a failed test may have left it standing
            second.wait(PATIENCE)


def _text(log: Any) -> str:
    return str(log.read_text("utf-8", "replace"))


def living(log: str) -> bool:
    """Tell whether a worker that says this counts two of them."""
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
    wait_until(lambda: not (folder / "knots").exists(), what="the end of the knots")  # after the film hangs
    assert site.rows("SELECT painted_count FROM walks WHERE id = ?", walk["id"]) == [(FRAMES,)]
    assert site.rows("SELECT * FROM pieces JOIN walks ON walks.number = walk_number WHERE id = ?", walk["id"]) == []
    with Image.open(io.BytesIO(site.request("GET", walk["media"]["gif"])[1])) as film:
        assert getattr(film, "n_frames", 1) == FRAMES


def test_two_workers_paint_one_walk_together(pair: Pair) -> None:
    def attempt() -> bool:
        walk_id = pair.commission("a whale", "a boat")["id"]
        shared = [kind for kind in ("knots", "frames") if pair.is_seen_sharing(walk_id, kind)]
        assert_whole(pair.site, pair.site.finished(walk_id))
        return shared == ["knots", "frames"]

    wait_until(attempt, what="a walk painted by both")


def test_a_walk_one_of_whose_two_workers_is_killed_is_finished_by_the_other(pair: Pair) -> None:
    def attempt() -> str | None:
        """Have the second stand still while it holds frames."""
        walk_id = str(pair.commission("a cup", "a lamp")["id"])
        if pair.is_seen_sharing(walk_id, "frames"):
            stop(pair.second.pid)
            if pair.at(walk_id).get(pair.second.pid) == "frames":
                return walk_id
            os.kill(pair.second.pid, signal.SIGCONT)
        pair.site.finished(walk_id)
        return None

    walk_id = wait_until(attempt, what="frames painted by both")
    kept = pair.site.frames_kept(walk_id)
    os.kill(pair.second.pid, signal.SIGKILL)
    pair.second.wait()
    walk = pair.site.finished(walk_id)
    assert len(kept) >= 2
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert pair.site.rows("SELECT lost FROM walks WHERE id = ?", walk["id"]) == [(1,)]
    assert pair.site.worker_pid() == pair.first
    assert_whole(pair.site, walk)
