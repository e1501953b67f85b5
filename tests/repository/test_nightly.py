"""The nightly job keeps the backups that were made last, whatever the clock says, and refuses unusable variables."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.config import ROOT

FLASK = """#!/bin/sh
[ "$5" = backup ] && { env | grep MOMA_BACKUPS && exit 9; echo "$(cat clock)" > "$7"; }
exit 0
"""
DATE = "#!/bin/sh\ncat clock\n"


class Machine:
    """A folder with the job, a site of which it makes backups, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.backups = folder, folder / "backups"
        for path, text in ((".venv/bin/python", FLASK), ("bin/date", DATE), ("bin/sleep", "#!/bin/sh\nexit 7\n")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
            (folder / path).chmod(0o755)
        self.backups.mkdir()

    def run(self, clock: str, *, kept: str = "3", folder: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the job when the clock shows this time."""
        (self.folder / "clock").write_text(clock)
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "MOMA_BACKUPS": str(self.backups) if folder is None else folder, "MOMA_BACKUPS_KEPT": kept}
        command = ["/bin/sh", ROOT / "deploy/nightly.sh"]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)

    def names(self) -> list[str]:
        """Return the backups that are there, by their times."""
        return sorted(path.name[5:-4] for path in self.backups.glob("moma-*.tar"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Set up the job on a machine without backups."""
    return Machine(tmp_path)


def test_nightly_keeps_the_last_backups(machine: Machine) -> None:
    for day in range(1, 6):
        assert machine.run(f"2026010{day}T030000Z").returncode == 0
    assert machine.names() == ["20260103T030000Z", "20260104T030000Z", "20260105T030000Z"]
    assert sorted(path.name for path in machine.backups.iterdir() if not path.name.startswith("moma-")) == [".order"]


def test_nightly_keeps_the_backup_just_made_when_the_clock_is_back(machine: Machine) -> None:
    for day in range(1, 4):
        (machine.backups / f"moma-2026010{day}T030000Z.tar").touch()
    for second, rest in ((1, ["20260102T030000Z", "20260103T030000Z"]), (2, ["20260103T030000Z"]), (3, [])):
        assert machine.run(f"19700101T00000{second}Z").returncode == 0
        assert machine.names() == [*(f"19700101T00000{each}Z" for each in range(1, second + 1)), *rest]
    assert machine.run("20260104T030000Z").returncode == 0
    assert machine.names() == ["19700101T000002Z", "19700101T000003Z", "20260104T030000Z"]


def test_nightly_deletes_backups_from_when_the_clock_was_ahead(machine: Machine) -> None:
    for clock in ("20990101T000000Z", "20990102T000000Z", "20260101T030000Z", "20260102T030000Z", "20260103T030000Z"):
        assert machine.run(clock).returncode == 0
    assert machine.names() == ["20260101T030000Z", "20260102T030000Z", "20260103T030000Z"]


def test_nightly_replaces_no_backup_of_the_same_second(machine: Machine) -> None:
    (machine.backups / "moma-19700101T000000Z.tar").write_text("before")
    assert machine.run("19700101T000000Z").returncode == 7  # that of this machine's sleep
    assert (machine.backups / "moma-19700101T000000Z.tar").read_text() == "before"


def test_nightly_leaves_other_files_and_a_backup_that_is_gone(machine: Machine) -> None:
    (machine.backups / "before-2.0.0.tar").touch()
    (machine.backups / "moma-20260101T030000Z.tar.part").touch()
    machine.run("20260102T030000Z", kept="1")
    (machine.backups / "moma-20260102T030000Z.tar").unlink()
    assert machine.run("20260103T030000Z", kept="1").returncode == 0
    assert sorted(path.name for path in machine.backups.iterdir()) == [
        ".order", "before-2.0.0.tar", "moma-20260101T030000Z.tar.part", "moma-20260103T030000Z.tar",
    ]  # fmt: skip


@pytest.mark.parametrize("kept", ["", " ", "\r"])
def test_nightly_keeps_fourteen_by_default(machine: Machine, kept: str) -> None:
    for day in range(10, 30):
        (machine.backups / f"moma-202601{day}T030000Z.tar").touch()
    assert machine.run("20260131T030000Z", kept=kept).returncode == 0
    assert len(machine.names()) == 14


def test_nightly_ignores_space_around_variables(machine: Machine) -> None:
    assert machine.run("20260101T030000Z", kept=" 2\r", folder=f"{machine.backups}\r").returncode == 0
    assert machine.names() == ["20260101T030000Z"]


@pytest.mark.parametrize("folder", ["", " ", "\r"])
def test_nightly_with_an_empty_folder_takes_the_default(machine: Machine, folder: str) -> None:
    script = (ROOT / "deploy/nightly.sh").read_text("utf-8").replace("/var/backups/moma}", f"{machine.backups}}}")
    own = machine.folder / "nightly.sh"
    own.write_text(script)
    (machine.folder / "clock").write_text("20260101T030000Z")
    env = {"PATH": f"{machine.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "MOMA_BACKUPS": folder}
    assert subprocess.run(["/bin/sh", own], cwd=machine.folder, env=env, check=False).returncode == 0
    assert machine.names() == ["20260101T030000Z"]


@pytest.mark.parametrize(("kept", "folder"), [
    ("0", None), ("-1", None), ("all", None), ("1.5", None), ("007", None), ("1000000", None), ("3", "backups"),
])  # fmt: skip
def test_nightly_refuses_unusable_variables_by_name(machine: Machine, kept: str, folder: str | None) -> None:
    (machine.backups / "moma-20260101T030000Z.tar").touch()
    ended = machine.run("20260102T030000Z", kept=kept, folder=folder)
    assert ended.returncode == 2
    assert ("MOMA_BACKUPS must be" if folder else "MOMA_BACKUPS_KEPT must be") in ended.stderr
    assert machine.names() == ["20260101T030000Z"]


def test_nightly_that_makes_no_backup_deletes_none(machine: Machine) -> None:
    (machine.folder / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")
    for day in range(1, 6):
        (machine.backups / f"moma-2026010{day}T030000Z.tar").touch()
    assert machine.run("20260106T030000Z").returncode == 1
    assert len(machine.names()) == 5


def test_nightly_is_run_by_a_shell_without_extensions(machine: Machine) -> None:
    if shell := shutil.which("dash"):
        assert subprocess.run([shell, "-n", ROOT / "deploy/nightly.sh"], check=False).returncode == 0
