"""What a site is deployed with: the systemd units agree with docs/deploy.md, gunicorn with Postgres."""

from __future__ import annotations

import configparser
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from app.storage import database
from tests.conftest import make_app

GUIDE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((ROOT / "deploy" / "systemd" / f"{name}.service").read_text("utf-8"))
    return parser


@pytest.mark.parametrize("name", [path.stem for path in UNITS])
def test_unit_runs_what_the_guide_says_and_keeps_it_running(name: str) -> None:
    service = unit(name)["Service"]
    folder = service["WorkingDirectory"]
    assert f"`{service['ExecStart'].removeprefix(folder + '/')}`" in GUIDE
    assert (service["Restart"], service["User"]) == ("always", "moma")
    assert f"here `{folder}`" in GUIDE
    assert name in re.search(r"systemctl enable --now (.*)", GUIDE)[1].split()  # type: ignore[index]


USUAL_CONNECTIONS = 100 - 3  # of Postgres as it comes; three are kept for its superuser
PAINTERS_AND_COMMANDS = 15


def gunicorn_settings(monkeypatch: pytest.MonkeyPatch, folder: Path, *, cores: int) -> dict[str, Any]:
    """Read gunicorn's settings as on a machine with so many cores."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    return runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))


@pytest.mark.parametrize("cores", [1, 4, 12, 64])
def test_web_processes_leave_connections_for_painters_on_any_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cores: int
) -> None:
    settings = gunicorn_settings(monkeypatch, tmp_path, cores=cores)
    assert settings["workers"] >= min(cores, 4) + 1
    assert settings["workers"] * database.CONNECTIONS <= USUAL_CONNECTIONS - PAINTERS_AND_COMMANDS
    assert settings["threads"] < database.CONNECTIONS  # one each, and one for an index of vectors


def test_more_web_processes_are_to_be_had_where_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "40")
    assert gunicorn_settings(monkeypatch, tmp_path, cores=64)["workers"] == 40
    assert f"{database.CONNECTIONS} connections" in GUIDE


def test_process_opens_no_more_connections_to_postgres_than_that(tmp_path: Path) -> None:
    app = make_app(tmp_path, DATABASE_URL="postgresql://nobody@nowhere.invalid/moma")
    with app.app_context():
        pool = database.db.engine.pool
        assert pool.size() + pool._max_overflow == database.CONNECTIONS
