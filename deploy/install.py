"""Install the packages of a requirements file with pip, and show what pip does and how far it is.

    .venv/bin/python -m deploy.install requirements/site.txt

On a terminal that is one line, which is replaced; elsewhere a line every five seconds. Warnings of pip are printed, and
all that it said when it fails. Nothing but the standard library is needed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

LINE_SECONDS = 5.0
TERMINAL_SECONDS = 0.2
SHOWS_BYTES = (24, 1)
"""The first release of pip that can print how much of a file it has downloaded in lines."""

PACKAGE = re.compile(r"^[A-Za-z0-9][^\s;#]*", re.MULTILINE)
FOUND = re.compile(r"(?:Collecting|Requirement already satisfied:) (\S+)")
FILE = re.compile(
    r"\s*(Downloading|Using cached|Processing) (?:\S*/)?(\S+?)-(\d[^-\s]*)\S*\.(?:whl|tar\.gz)(?: \((.+)\))?$"
)
BYTES = re.compile(r"Progress (\d+) of (\d+)")
INSTALLING = "Installing collected packages: "


class Progress:
    """How far pip is: it finds the packages, downloads their files, in older releases one by one, and installs them."""

    def __init__(self, packages: int, count_installed: Callable[[], int]) -> None:
        self._packages = packages
        self._count = count_installed
        self._before = count_installed()
        self._found = self._files = self._to_install = 0
        self._current = self._share = ""

    def update(self, line: str) -> None:
        """Take into account a line that pip printed."""
        if match := FOUND.match(line):
            self._found, self._current, self._share = self._found + 1, match[1].replace("==", " "), ""
        elif match := FILE.match(line):
            size = f", {match[4]}" if match[4] and match[1] == "Downloading" else ""
            self._files, self._current, self._share = self._files + 1, f"{match[2]} {match[3]}{size}", ""
        elif match := BYTES.match(line):
            self._share = f", {100 * int(match[1]) // max(int(match[2]), 1)} %"
        elif line.startswith(INSTALLING):
            self._to_install = line.count(",") + 1

    def __str__(self) -> str:
        """Return how far pip is."""
        if self._to_install:
            done = min(max(self._count() - self._before, 0), self._to_install)
            return f"{done} of {self._to_install} packages installed"
        done, what = (self._found, "found") if self._found < self._packages else (self._files, "downloaded")
        return f"{min(done, self._packages)} of {self._packages} packages {what}: {self._current}{self._share}"


def main(arguments: list[str]) -> int:
    """Install the packages of the file that the first argument names; return pip's exit status."""
    requirements = Path(arguments[0])
    progress = Progress(len(PACKAGE.findall(requirements.read_text("utf-8"))), _count_installed)
    pip = subprocess.Popen(
        _command(requirements), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(pip, progress, lines))
    reader.start()
    try:
        _show_until_ended(reader, progress)
        status = pip.wait()
    except KeyboardInterrupt:  # a terminal sends the signal to pip as well
        pip.terminate()
        pip.wait()
        return 130
    if status:
        sys.stderr.writelines(line for line in lines if not BYTES.match(line))
    return status


def _command(requirements: Path) -> list[str]:
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
    release = tuple(int(part) for part in version("pip").split(".")[:2])
    return [*pip, "--progress-bar", "raw" if release >= SHOWS_BYTES else "off", "-r", str(requirements)]


def _read(pip: subprocess.Popen[str], progress: Progress, lines: list[str]) -> None:
    assert pip.stdout  # noqa: S101 - it is a pipe
    for line in pip.stdout:
        lines.append(line)
        progress.update(line)
        if line.startswith("WARNING:"):
            sys.stderr.write(_clear() + line)


def _show_until_ended(reader: threading.Thread, progress: Progress) -> None:
    shown_at = time.monotonic()
    while reader.is_alive():
        reader.join(TERMINAL_SECONDS)
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1  # a wrapped line could not be replaced
            sys.stdout.write(f"{_clear()}{f'  {progress}':.{width}}")
        elif time.monotonic() - shown_at >= LINE_SECONDS:
            shown_at = time.monotonic()
            sys.stdout.write(f"  {progress}\n")
        sys.stdout.flush()
    sys.stdout.write(_clear())


def _clear() -> str:
    """Return what removes the line of progress from a terminal."""
    return "\r\033[K" if sys.stdout.isatty() else ""


def _count_installed() -> int:
    return sum(1 for _ in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
