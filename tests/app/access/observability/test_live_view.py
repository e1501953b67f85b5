"""``walks top``: what it shows, of a site made so; and that a terminal gets it live and is given back."""

import json
import os
import pty
import select
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app.access.observability import live_view, overview
from app.core.config import ROOT
from app.core.version import __version__
from app.storage.database import now, writing
from app.storage.walk_models import PAINTING, Task, Walk
from app.walks.queue import jobs
from tests.conftest import ABSENT_REDIS, SECRET
from tests.support.live import PATIENCE
from tests.support.rows import Maker

WORKER = {"name": "easel:pid:[7]:4711:ab12", "model": "house", "device": "cpu", "version": __version__, "memory": 1.5e9}


@pytest.fixture
def busy(request_walk: Maker, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Make a walk that a worker paints, one that waits, one finished and one failed."""
    painted, failed, _, _ = request_walk(frames=24), request_walk(visitor="eve"), request_walk(visitor="bob"), publish()
    with writing() as session:
        row = session.merge(painted)
        row.state, row.painted_count, row.started_at = PAINTING, 6, now() - timedelta(seconds=20)
        session.add(
            Task(
                walk_number=painted.number,
                kind="frames",
                level=2,
                batch=1,
                urgency=1,
                state="taken",
                lease_holder=WORKER["name"],
                lease_until=now() + timedelta(seconds=30),
            )
        )
        row = session.merge(failed)
        row.state, row.finished_at, row.error = "failed", now(), "The pictures could not be stored: No space left."
    monkeypatch.setattr(jobs, "workers", lambda: [WORKER, WORKER | {"name": "second", "version": "0.0.9"}])
    return painted


@pytest.mark.databases
def test_it_shows_who_paints_what_and_how_far_that_is(busy: Walk) -> None:
    text = "\n".join(live_view.lines(overview.collect()))
    assert "waiting     1 walks\n" in text
    assert f"{busy.id}  frames 2.1     [#####               ] 6 of 24 frames" in text
    assert "easel:4711" in text
    assert "house on cpu 1.5 GB" in text
    assert "OLD VERSION\n    waits" in text
    assert "The pictures could not be stored: No space left." in text
    assert "finished   " in text
    assert "REDIS IS AWAY" in text
    assert "a fox" not in text.lower()


def test_pace_counts_frames_of_the_last_minutes(busy: Walk) -> None:
    assert overview.collect().frames_a_second == pytest.approx((6 + 2) / overview.WINDOW_SECONDS)


def test_it_fits_the_terminal(busy: Walk) -> None:
    lines = live_view.lines(overview.collect(), width=40, height=5)
    assert len(lines) == 5
    assert max(map(len, lines)) == 40


def test_programs_get_json(busy: Walk, runner: FlaskCliRunner) -> None:
    report = json.loads(runner.invoke(args=["walks", "top", "--json"]).output)
    assert report["waiting"]["walks"] == 1
    (piece,) = report["at_work"]
    assert (piece["walk_id"], piece["painted"], piece["frames"]) == (busy.id, 6, 24)


def test_one_look_ends(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["walks", "top", "--once"])
    assert (result.exit_code, result.output.splitlines()[1]) == (0, "waiting     nothing")
    assert "NO WORKER is alive" in result.output


@pytest.mark.server
@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_terminal_is_drawn_until_a_key_and_given_back(instance: Path, key: bytes) -> None:
    environment = {
        **os.environ,
        "MOMA_INSTANCE": str(instance),
        "MOMA_SECRET_KEY": SECRET,
        "MOMA_REDIS_URL": ABSENT_REDIS,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "walks", "top", "--seconds", "0.2"]
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: os.set_inheritable(slave, True),
    )
    os.close(slave)
    shown = _read_until(master, b"NO WORKER")
    os.write(master, key) if key == b"q" else process.send_signal(2)
    shown += _read_until(master, live_view.BACK.encode())
    assert process.wait(PATIENCE) == 0
    os.close(master)
    assert live_view.ASIDE.encode() in shown
    assert live_view.SHOW.encode() in shown


def _read_until(descriptor: int, wanted: bytes) -> bytes:
    shown = b""
    while wanted not in shown and select.select([descriptor], [], [], 120)[0]:
        try:
            shown += os.read(descriptor, 4096)
        except OSError:  # the other end is closed
            break
    return shown
