"""The first start shows what pip does and how far it is."""

import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.core.config import ROOT
from deploy import install
from deploy.install import Progress
from tests.support.ends import read_all

EARLIER = """\
Collecting accelerate==1.15.0 (from -r requirements/site.txt (line 1))
  Downloading accelerate-1.15.0-py3-none-any.whl (381 kB)
Collecting torch==2.13.0 (from -r requirements/site.txt (line 2))
  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (181.5 MB)
"""
LATER = """\
Collecting accelerate==1.15.0 (from -r requirements/site.txt (line 1))
  Using cached accelerate-1.15.0-py3-none-any.whl.metadata (19 kB)
Requirement already satisfied: torch==2.13.0 in /lib/python3.13/site-packages (from -r site.txt (line 2)) (2.13.0)
Collecting pip==26.0 (from -r requirements/site.txt (line 3))
  Downloading pip-26.0-py3-none-any.whl.metadata (4.7 kB)
Using cached accelerate-1.15.0-py3-none-any.whl (381 kB)
Downloading pip-26.0-py3-none-any.whl (1.8 MB)
Progress 0 of 1800000
Progress 450000 of 1800000
Installing collected packages: pip, accelerate
"""


def stages(output: str, packages: int, installed: list[int]) -> list[str]:
    """Return how far pip is after each line of its output."""
    progress = Progress(packages, lambda: installed[0])
    shown = []
    for line in output.splitlines(keepends=True):
        progress.update(line)
        shown.append(str(progress))
    return shown


def test_progress_of_a_pip_that_downloads_each_package_when_it_finds_it() -> None:
    assert stages(EARLIER, 3, [0]) == [
        "1 of 3 packages found: accelerate 1.15.0",
        "1 of 3 packages found: accelerate 1.15.0, 381 kB",
        "2 of 3 packages found: torch 2.13.0",
        "2 of 3 packages found: torch 2.13.0, 181.5 MB",
    ]


def test_progress_of_a_pip_that_downloads_all_packages_once_they_are_found() -> None:
    shown = stages(LATER, 3, [7])
    assert shown[4] == "0 of 3 packages downloaded: pip 26.0"
    assert shown[5:9] == [
        "1 of 3 packages downloaded: accelerate 1.15.0",
        "2 of 3 packages downloaded: pip 26.0, 1.8 MB",
        "2 of 3 packages downloaded: pip 26.0, 1.8 MB, 0 %",
        "2 of 3 packages downloaded: pip 26.0, 1.8 MB, 25 %",
    ]
    assert shown[9] == "0 of 2 packages installed"


def test_installed_packages_are_counted_from_those_that_were_there() -> None:
    installed = [7]
    progress = Progress(3, lambda: installed[0])
    progress.update("Installing collected packages: a, b, c\n")
    installed[0] = 9
    assert str(progress) == "2 of 3 packages installed"


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package, and have pip install it and nothing else into a folder of its own."""
    about = "parcel-1.0.dist-info"
    with zipfile.ZipFile(tmp_path / "parcel-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("parcel.py", "")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: parcel\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path), "TARGET": str(tmp_path / "there")}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    file = tmp_path / "site.txt"
    file.write_text("parcel==1.0\n")
    return file


def run(requirements: Path, stdout: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.install", str(requirements)]
    return subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


@pytest.mark.server
def test_packages_are_installed_and_a_terminal_shows_one_line(requirements: Path) -> None:
    master, slave = pty.openpty()
    result = run(requirements, slave)
    os.close(slave)
    shown = read_all(master).decode()
    os.close(master)
    assert (result.returncode, result.stderr) == (0, "")
    assert (requirements.parent / "there/parcel.py").exists()
    assert " of 1 packages " in shown and "\n" not in shown
    assert shown.endswith("\r\033[K")


@pytest.mark.server
def test_what_pip_said_is_printed_when_it_fails(requirements: Path) -> None:
    requirements.write_text("parcel==2.0\n")
    result = run(requirements, subprocess.PIPE)
    assert result.returncode == 1
    assert "No matching distribution found for parcel==2.0" in result.stderr
    assert all(" of 1 packages found: " in line for line in result.stdout.splitlines())  # if pip takes five seconds


def test_makefile_installs_by_it() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "INSTALL := $(BIN)/python -m deploy.install\n" in makefile
    for name in ("site", "dev"):
        assert f"\t@$(INSTALL) requirements/{name}.txt\n" in makefile


@pytest.mark.parametrize(("release", "bar"), [("23.2.1", "off"), ("24.0", "off"), ("24.1", "raw"), ("26.0", "raw")])
def test_pip_is_asked_for_bytes_if_it_can_tell_them(monkeypatch: pytest.MonkeyPatch, release: str, bar: str) -> None:
    monkeypatch.setattr(install, "version", lambda _: release)
    command = install._command(Path("site.txt"))
    assert command[command.index("--progress-bar") + 1] == bar
