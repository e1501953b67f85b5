"""The systemd units: they agree with docs/deploy.md."""

from __future__ import annotations

import configparser
import re

import pytest

from app.config import ROOT

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
