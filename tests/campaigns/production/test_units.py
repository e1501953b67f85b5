"""The systemd units as systemd's own tools see them, and the rotation of nginx's logs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.campaigns.production import units
from tests.support.fronts import serving
from tests.support.live import free_port, wait_until
from tests.support.needs import require
from tests.support.nginx import command, configuration

pytestmark = pytest.mark.server

SERVICES = sorted(path.name for path in units.FOLDER.glob("*.service"))
NAMES = sorted(path.name for path in units.FOLDER.iterdir() if path.suffix in (".service", ".socket", ".timer"))
EXPOSURE_MAX = 2.0
"""Of systemd's ten; a unit that confines nothing has 9.6."""
ROTATION = ROOT / "deploy" / "logrotate" / "moma"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Make what the units name, for systemd looks whether it is there."""
    (tmp_path / "current/.venv/bin").mkdir(parents=True)
    (tmp_path / "current/.venv/bin/python").symlink_to(shutil.which("true"))  # type: ignore[arg-type]
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_unit_is_one_that_systemd_takes_without_a_word(name: str, place: Path) -> None:
    for other in NAMES:
        text = (units.FOLDER / other).read_text("utf-8").replace(units.PLACE, str(place))
        (place / other).write_text(text, "utf-8")
    checked = subprocess.run([require("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no",
                              place / name.replace("@.", "@1.") if "@" not in name else place / name],
                             capture_output=True, text=True, check=False,
                             env={**os.environ, "SYSTEMD_UNIT_PATH": f"{place}:"})  # fmt: skip
    ours = [line for line in checked.stderr.splitlines() if "moma" in line]
    assert (checked.returncode, ours) == (0, [])


@pytest.mark.parametrize("name", SERVICES)
def test_unit_is_confined(name: str) -> None:
    result = subprocess.run(
        [require("systemd-analyze"), "security", "--offline=true", f"--threshold={10 * EXPOSURE_MAX:g}", "--no-pager",
         units.FOLDER / name], capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+ ([\d.]+)", result.stdout)
    assert found, result.stderr
    print(f"{name}: exposure {found[1]}")
    assert float(found[1]) <= EXPOSURE_MAX
    assert result.returncode == 0


@pytest.mark.parametrize("name", SERVICES)
def test_unit_runs_as_a_user_who_may_write_to_its_own_folder_only(name: str) -> None:
    unit = units.read(name)
    assert unit.one("User") == "moma"
    places = [path.lstrip("-") for line in unit.all("ReadWritePaths") for path in line.split()]
    assert set(places) <= {"/srv/moma/instance", "/srv/moma/.cache", "/var/backups/moma"}
    assert (unit.one("Restart") == "always") == (name != "moma-nightly.service")


def test_units_run_under_systemd() -> None:
    """Where systemd is process 1 and the units are installed, they run; elsewhere this says that it was not tried."""
    if Path("/proc/1/comm").read_text().strip() != "systemd":
        pytest.skip(
            "NOT RUN: the units under systemd, which is not process 1 here. as_unit.py starts the same"
            " command lines with the units' user, environment, mask and privileges, without namespaces and filters."
        )
    if subprocess.run(["systemctl", "cat", "moma-web"], capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: the units under systemd, as this machine has no MoMA Lisa installed.")
    for name in ("moma-web.service", "moma-worker@1.service", "moma-nightly.timer"):
        result = subprocess.run(["systemctl", "is-active", name], capture_output=True, text=True, check=False)
        assert result.stdout.strip() == "active"


@pytest.fixture
def rotated(tmp_path: Path) -> Path:
    """Run nginx, have the rule name its logs, and return the rule's file."""
    rule = ROTATION.read_text("utf-8")
    rule = rule.replace("/var/log/moma/", f"{tmp_path}/").replace("/run/nginx.pid", f"{tmp_path}/nginx.pid")
    path = tmp_path / "rule"
    path.write_text(rule.replace("create 0640 www-data adm", "create 0640"), "utf-8")
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    return path


def test_rule_is_one_that_logrotate_takes(rotated: Path) -> None:
    result = subprocess.run([require("logrotate"), "-d", rotated], capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "error" not in result.stderr.lower()
    assert (
        "considering log" in result.stderr
        or "log does not" in result.stderr
        or "no logs found" in result.stderr.lower()
    )


def test_nginx_writes_on_in_a_new_file_and_no_line_is_lost(rotated: Path, tmp_path: Path) -> None:
    port = free_port()
    configuration(tmp_path, port, free_port(), tmp_path)
    log = tmp_path / "access.log"

    def ask(path: str) -> bool:
        done = subprocess.run([require("curl"), "-s", "-o", os.devnull, f"http://127.0.0.1:{port}{path}"], check=False)
        return done.returncode == 0

    with serving(command(tmp_path), is_ready=lambda: ask("/before")):
        wait_until(lambda: log.exists() and "GET /before " in log.read_text(), what="a line")
        rotate = [require("logrotate"), "--force", "--state", tmp_path / "state", rotated]
        subprocess.run(rotate, check=True)
        inode = log.stat().st_ino
        wait_until(lambda: ask("/after") and "GET /after " in log.read_text(), what="a line in the new file")
        assert log.stat().st_ino == inode
        (old,) = tmp_path.glob("access.log-*")
        assert "GET /before " in old.read_text()
        assert "GET /before " not in log.read_text()


def test_lines_of_the_rule_that_tests_replace_are_there() -> None:
    rule = ROTATION.read_text("utf-8")
    for line in ("/var/log/moma/*.log {", "create 0640 www-data adm", "$(cat /run/nginx.pid)"):
        assert line in rule
