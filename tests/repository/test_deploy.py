"""What a site is deployed with: the systemd units agree with the guide, gunicorn with Postgres."""

import configparser
import logging
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.core.config import ROOT
from app.storage import database, engines
from tests.conftest import make_app
from tests.support.nginx import TEMPLATE

GUIDE = (ROOT / "docs/how-to/operators/reverse-proxies.md").read_text("utf-8")
OPERATING = (ROOT / "docs/how-to/operators/debian.md").read_text("utf-8")
SCALE = (ROOT / "docs/how-to/operators/scale.md").read_text("utf-8")
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)  # a unit may say a thing twice
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((ROOT / "deploy" / "systemd" / f"{name}.service").read_text("utf-8"))
    return parser


KEPT_RUNNING = [path.stem for path in UNITS if "Restart=always" in path.read_text("utf-8")]


@pytest.mark.parametrize("name", KEPT_RUNNING)
def test_unit_is_enabled_by_the_guide_and_runs_from_where_it_says(name: str) -> None:
    service = unit(name)["Service"]
    assert service["ExecStart"].startswith("/srv/moma/current/.venv/bin/python -m ")
    assert service["User"] == "moma"
    assert "| `/srv/moma/current` |" in OPERATING
    enabled = re.search(r"systemctl enable --now (.*)", OPERATING)[1].split()  # type: ignore[index]
    assert any(word.startswith(name) for word in enabled)


def test_units_that_are_kept_running_are_web_and_painters() -> None:
    assert KEPT_RUNNING == ["moma-web", "moma-worker@"]


def test_port_that_systemd_opens_is_gunicorns_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    port = (ROOT / "deploy" / "systemd" / "moma-web.socket").read_text("utf-8")
    settings = gunicorn_settings(monkeypatch, tmp_path, cores=1)
    assert f"ListenStream={settings['bind']}" in port
    assert f"Backlog={settings['backlog']}" in port


USUAL_CONNECTIONS = 100 - 3  # of Postgres as it comes; three are kept for its superuser
PAINTERS_AND_COMMANDS = 15


def gunicorn_settings(monkeypatch: pytest.MonkeyPatch, folder: Path | str, *, cores: int) -> dict[str, Any]:
    """Read gunicorn's settings as on a machine with so many cores."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr("sys.path", [*sys.path])  # where gunicorn's processes find the project is none of the tests'
    return runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))


@pytest.mark.parametrize("cores", [1, 4, 12, 64])
def test_web_processes_leave_connections_for_painters_on_any_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cores: int
) -> None:
    settings = gunicorn_settings(monkeypatch, tmp_path, cores=cores)
    assert settings["workers"] >= min(cores, 4) + 1
    assert settings["workers"] * engines.CONNECTIONS <= USUAL_CONNECTIONS - PAINTERS_AND_COMMANDS
    assert settings["threads"] < engines.CONNECTIONS  # one each, and one for an index of vectors


def test_more_web_processes_can_be_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "40")
    assert gunicorn_settings(monkeypatch, tmp_path, cores=64)["workers"] == 40
    assert f"{engines.CONNECTIONS} connections" in SCALE


@pytest.mark.parametrize("value", ["", " ", "\r"])
def test_gunicorn_takes_defaults_for_empty_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    names = ("WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "MOMA_LOG_FORMAT", "SCRIPT_NAME")
    for name in names:
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MOMA_INSTANCE", f"{tmp_path}{value}")
    settings = gunicorn_settings(monkeypatch, value, cores=4)
    assert (settings["workers"], settings["forwarded_allow_ips"]) == (5, "127.0.0.1,::1")
    assert (settings["log_format"](), os.environ["SCRIPT_NAME"]) == ("text", "")
    assert settings["figures"] == Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) == tmp_path / "metrics"


def test_gunicorn_ignores_space_around_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", " 3\r")
    monkeypatch.setenv("SCRIPT_NAME", "/moma/\r")
    settings = gunicorn_settings(monkeypatch, f"{tmp_path}\r", cores=4)
    assert (settings["workers"], settings["figures"], os.environ["SCRIPT_NAME"]) == (3, tmp_path, "/moma")


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEB_CONCURRENCY", "0"), ("WEB_CONCURRENCY", "-1"), ("SCRIPT_NAME", "moma"), ("SCRIPT_NAME", "/..")],
)
def test_gunicorn_refuses_unusable_variables_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"{name} must be a .*, not '{value}'"):
        gunicorn_settings(monkeypatch, tmp_path, cores=4)


@pytest.mark.parametrize("variables", [["PORT="], ["PORT= "], []])
def test_make_takes_the_default_port_for_an_empty_one(monkeypatch: pytest.MonkeyPatch, variables: list[str]) -> None:
    monkeypatch.setenv("PORT", "")
    print_port = "print-port: ; @echo $(PORT) $$PORT"
    command = ["make", "--silent", f"--eval={print_port}", "print-port", *variables]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "8000 8000\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Invalid request from ip=203.0.113.9: Invalid request line 'quinces'", "An invalid request was refused."),
        ("Error handling request GET /gallery?q=quinces", "Error handling request GET /gallery"),
        ("Booting worker with pid: 7", "Booting worker with pid: 7"),
    ],
)
def test_errors_of_gunicorn_name_no_visitor_and_no_search(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, message: str, expected: str
) -> None:
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 0, "%s", (message,), None)
    assert gunicorn_settings(monkeypatch, tmp_path, cores=1)["without_visitors"](record)
    assert record.getMessage() == expected


def test_process_opens_no_more_connections_to_postgres_than_that(tmp_path: Path) -> None:
    app = make_app(tmp_path, DATABASE_URL="postgresql://nobody@nowhere.invalid/moma")
    with app.app_context():
        pool = database.db.engine.pool
        assert pool.size() + pool._max_overflow == engines.CONNECTIONS


def test_guide_tells_the_limits_that_nginx_has() -> None:
    template = TEMPLATE.read_text("utf-8")
    rates = dict(re.findall(r"zone=(\w+):\w+ +rate=(\d+r/[sm]);", template))
    bursts = {zone: int(burst) for zone, burst in re.findall(r"limit_req zone=(\w+) burst=(\d+) nodelay;", template)}
    rows = re.findall(r"^\| [^|]+ \| (\d+)( a minute)? \| ([\d,]+) \|$", GUIDE, re.MULTILINE)
    limits = [(f"{rate}r/{'m' if minute else 's'}", int(burst.replace(",", ""))) for rate, minute, burst in rows]
    assert len(limits) == 6
    assert limits == [(rates[zone], burst) for zone, burst in bursts.items()]
