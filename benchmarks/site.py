"""Run a separate site for benchmarks: start it in an empty instance folder, measure it from outside, stop it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class RunningSite:
    """A running site: its URL, its supervisor's process ID, and the start times of its parts."""

    url: str
    pid: int
    web_seconds: float
    worker_seconds: float

    def get(self, path: str) -> Any:
        """Return the JSON at ``path``."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:  # nosec B310
            return json.load(answer)

    def post(self, path: str, body: Any) -> Any:
        """Send JSON to ``path`` and return the JSON of the answer."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:  # nosec B310
            return json.load(answer)

    def megabytes(self, word: str) -> float:
        """Return the resident memory (MB) of all its processes whose command line contains ``word``."""
        return sum(_resident(pid) for pid in _descendants(self.pid) if word in _command(pid))


@contextmanager
def running(**settings: str) -> Iterator[RunningSite]:
    """Start a site with extra settings (``MOMA_…``); yield it as soon as its worker is ready."""
    with tempfile.TemporaryDirectory(prefix="moma-bench-") as folder:
        url = f"http://127.0.0.1:{free_port()}"
        environment = environment_of(Path(folder), int(url.rpartition(":")[2])) | settings
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "app.run"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=sys.stderr
        )
        try:
            web = _wait(process, url, lambda _: True) - began
            worker = _wait(process, url, lambda body: bool(body["workers"])) - began
            yield RunningSite(url, process.pid, web, worker)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait(process: subprocess.Popen[bytes], url: str, good: Callable[[Any], bool]) -> float:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url + "/readyz", timeout=5) as answer:  # nosec B310
                if good(json.load(answer)):
                    return time.monotonic()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.02)
    raise RuntimeError("the site did not start")


def environment_of(folder: Path, port: int) -> dict[str, str]:
    """Return the environment of a site in an instance folder: the caller's, without the exhibition."""
    return {**os.environ, "MOMA_INSTANCE": str(folder), "MOMA_EXHIBITION": "false", "PORT": str(port)}


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    """Return the IDs of a process's children, and of their descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [child for child, parent in parents.items() if parent == pid]
    return found + [deeper for child in found for deeper in _descendants(child)]


def _command(pid: int) -> str:
    """Return the command line of a process, or "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
