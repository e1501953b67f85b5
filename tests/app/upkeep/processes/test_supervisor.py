"""The parts of a site as programs, played by plain ones: kept running, restarted, stopped, ended with their parent."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import run
from app.core.errors import ConfigError
from app.upkeep.processes import supervisor
from app.upkeep.processes.redis_server import RedisServer
from app.upkeep.processes.supervisor import Child, Site
from app.walks.queue import jobs
from tests.conftest import inside, make_app
from tests.support.live import wait_until

pytestmark = pytest.mark.slow

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
END = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def parts(app: Flask) -> Iterator[Site]:
    """Enter a site that has no parts yet."""
    with Site(app) as entered:
        yield entered


def test_parts_learn_which_folder_is_theirs(parts: Site, tmp_path: Path) -> None:
    said = tmp_path / "said"
    child = parts._start(
        "part", [sys.executable, "-c", f"import os; open({str(said)!r}, 'w').write(os.environ['MOMA_INSTANCE'])"]
    )
    assert child.process.wait() == 0
    assert said.read_text() == str(parts.instance)


def test_what_runs_is_left_alone(parts: Site) -> None:
    child = parts._start("part", SLEEP)
    first = child.process.pid
    parts.keep()
    parts.keep()
    assert (child.process.pid, child.ends, child.restart_at) == (first, 0, None)


def test_what_ended_is_started_again_after_a_short_pause(parts: Site, capsys: pytest.CaptureFixture[str]) -> None:
    child = parts._start("worker", SLEEP)
    first = child.process
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: child.has_ended)
    parts.keep()
    assert child.process is first
    wait_until(lambda: parts.keep() or child.process is not first)  # type: ignore[func-returns-value]
    assert not child.has_ended
    assert "The worker ended (-9). It starts again in 0.2 seconds." in capsys.readouterr().err


@pytest.mark.parametrize(("ends", "ran", "pause"), [(0, 1, 0.2), (1, 1, 1.0), (2, 1, 5.0), (9, 1, 15.0), (9, 61, 0.2)])
def test_the_pause_grows_while_it_keeps_ending_and_is_short_again_after_a_steady_run(
    parts: Site, monkeypatch: pytest.MonkeyPatch, ends: int, ran: float, pause: float
) -> None:
    process = subprocess.Popen(END)
    process.wait()
    with monkeypatch.context() as patch:
        patch.setattr("time.monotonic", lambda: 1000.0)
        child = Child("part", END, process, started=1000.0 - ran, ends=ends)
        parts.children.append(child)
        parts.keep()
    assert child.restart_at == 1000.0 + pause


def test_a_restart_replaces_the_process(parts: Site) -> None:
    child = parts._start("worker", SLEEP)
    first = child.process
    parts.restart("worker")
    assert first.returncode == -signal.SIGTERM
    assert not child.has_ended


def test_leaving_stops_the_last_first(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[str] = []
    stop = supervisor._stop
    monkeypatch.setattr(supervisor, "_stop", lambda child: (stopped.append(child.name), stop(child)))
    with Site(app) as entered:
        children = [entered._start(name, SLEEP) for name in ("redis", "web", "worker")]
    assert stopped == ["worker", "web", "redis"]
    assert all(child.has_ended for child in children)


def test_part_that_ignores_the_signal_is_killed(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.2)
    ready = tmp_path / "ready"
    deaf = f"import signal, time; signal.signal(15, signal.SIG_IGN); open({str(ready)!r}, 'w'); time.sleep(60)"
    with Site(app) as entered:
        child = entered._start("part", [sys.executable, "-c", deaf])
        wait_until(ready.exists)
    assert child.process.returncode == -signal.SIGKILL


def test_an_error_while_starting_stops_what_was_started(app: Flask) -> None:
    with pytest.raises(ConfigError), Site(app) as entered:
        child = entered._start("part", SLEEP)
        raise ConfigError("no")
    assert child.has_ended


def test_another_workers_sign_of_life_is_not_taken_for_ours(parts: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    child = parts._start("worker", SLEEP)
    answers = [[], [{"pid": 1}], [{"pid": 1}], [{"pid": 1}, {"pid": child.process.pid}]]
    monkeypatch.setattr(jobs, "workers", lambda: answers.pop(0))
    parts.wait_for_worker()
    assert answers == []


@pytest.mark.parametrize(
    ("name", "wait", "said"),
    [
        ("worker", lambda parts: parts.wait_for_worker(), "The worker could not start"),
        ("web", lambda parts: parts.wait_for_web("127.0.0.1", 9), "The web server could not start"),
    ],
)
def test_part_that_gives_up_ends_the_wait(parts: Site, name: str, wait: Callable[[Site], None], said: str) -> None:
    parts._start(name, END)
    with pytest.raises(ConfigError, match=said):
        wait(parts)


def test_web_server_is_found_although_a_proxy_is_set(parts: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server = "from http.server import *; s = HTTPServer(('127.0.0.1', 0), SimpleHTTPRequestHandler)"
    (parts.instance / "healthz").write_text("ok")
    announced = f"{server}; open('port.part', 'w').write(str(s.server_port)); os.rename('port.part', 'port')"
    script = f"import os; os.chdir({str(parts.instance)!r}); {announced}; s.serve_forever()"
    parts._start("web", [sys.executable, "-c", script])
    wait_until((parts.instance / "port").exists)
    waited_from = time.monotonic()
    parts.wait_for_web(
        "127.0.0.1", int((parts.instance / "port").read_text()), lambda: time.monotonic() > waited_from + 20
    )
    assert time.monotonic() < waited_from + 20


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "127.0.0.1:8000"), ("::1", "[::1]:8000"), ("::", "[::]:8000")]
)
def test_ipv6_address_is_written_in_brackets(host: str, expected: str) -> None:
    assert supervisor.address(host, 8000) == expected


def test_taken_port_of_an_ipv6_address_is_refused_by_name(parts: Site) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} on ::1 cannot be used"):
            parts.start_web("::1", port)


def test_a_signal_ends_the_wait(parts: Site) -> None:
    parts._start("worker", SLEEP)
    parts.wait_for_worker(lambda: True)
    assert not parts._child("worker").has_ended


def test_a_missing_model_is_named_before_anything_starts(instance: Path) -> None:
    with Site(make_app(instance, MODEL="/nowhere/a model")) as entered:
        with pytest.raises(ConfigError, match="The model folder /nowhere/a model is missing"):
            entered.prepare()
        assert entered.children == []


def test_changed_code_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    for folder in ("app", "worker", "templates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "worker" / "job.py").write_text("before")
    first = run._code()
    assert run._code() == first
    (tmp_path / "templates" / "page.py").write_text("no part of the worker")
    assert run._code() == first
    os.utime(tmp_path / "worker" / "job.py", (1, 1))
    assert run._code() != first
    second = run._code()
    (tmp_path / "app" / "walks").mkdir()
    (tmp_path / "app" / "walks" / "new.py").write_text("new")
    assert run._code() != second


def test_the_folder_of_a_killed_sites_socket_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.upkeep.processes.redis_server import RedisServer

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, other = tmp_path / "moma-left", tmp_path / "somebody's"
    for folder in (left, other):
        folder.mkdir()
        (tmp_path / "redis.json").write_text(json.dumps({"url": f"unix://{folder}/redis.sock", "pid": 1}))
        RedisServer(tmp_path).clean_up()
    assert not left.exists()
    assert other.exists()
    assert list(tmp_path.glob("moma-*")) == []


@pytest.fixture
def site(instance: Path) -> Iterator[Site]:
    """Enter a site without an address of Redis."""
    with inside(make_app(instance, REDIS_URL=None)) as app, Site(app) as entered:
        yield entered


@pytest.mark.parametrize("tail", [b"\0" * 64, b"no append-only file\r\n", b"REDIS0009 cut off"])
def test_redis_with_damaged_data_starts_empty(site: Site, tail: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (site.instance / "redis").mkdir()
    (site.instance / "redis/appendonly.aof").write_bytes(tail)
    site.start_redis()
    assert site.redis
    assert site.redis.serves()
    (aside,) = site.instance.glob("redis.damaged-*")
    assert (aside / "appendonly.aof").read_bytes() == tail
    assert str(aside) in capsys.readouterr().err


def test_redis_that_never_starts_keeps_its_data(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.instance / "redis").mkdir()
    (site.instance / "redis/appendonly.aof").write_bytes(b"data")
    monkeypatch.setattr(RedisServer, "command", lambda _: END)
    with pytest.raises(ConfigError, match="did not start"):
        site.start_redis()
    assert (site.instance / "redis/appendonly.aof").read_bytes() == b"data"
    assert list(site.instance.glob("redis.damaged-*")) == []


@pytest.mark.parametrize("removed", ["socket", "folder"])
def test_redis_whose_socket_is_gone_is_started_again(site: Site, removed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "REDIS_SILENT_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "REDIS_CHECK_SECONDS", 0.0)
    site.start_redis()
    redis = site.redis
    assert redis
    site.keep()
    first = site.children[0].process.pid
    (redis.run_folder / "redis.sock").unlink()
    if removed == "folder":
        redis.run_folder.rmdir()
    assert not redis.serves()
    site.keep()
    wait_until(redis.serves)
    assert site.children[0].process.pid != first
    assert redis.run_folder.stat().st_mode & 0o077 == 0


def test_redis_that_keeps_ending_over_its_data_begins_empty(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "REDIS_CHECK_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", (0.0,))
    site.start_redis()
    assert site.redis
    child = site.children[0]
    child.process.kill()
    child.process.wait()
    (site.instance / "redis/appendonly.aof").write_bytes(b"\0" * 64)
    monkeypatch.setattr(supervisor, "REDIS_SILENT_SECONDS", 1e9)

    def is_empty() -> bool:
        site.keep()
        return bool([*site.instance.glob("redis.damaged-*")])

    wait_until(is_empty)
    wait_until(site.redis.serves)
