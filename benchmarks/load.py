"""Load test of the site: nginx, gunicorn as in production, ten thousand walks, and wrk with sixteen connections.

``python -m benchmarks.load [--postgres]``. wrk runs on the same machine and uses a share of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import create_app
from app.storage.database import db
from app.storage.schema import upgrade
from benchmarks.site import ROOT, free_port
from benchmarks.web import WALKS, fill, wait
from tests.support import nginx, postgres

RESULTS = Path(__file__).resolve().parent / "results"
CONNECTIONS = 16
SECONDS = 10
WARM_SECONDS = 3
BROWSER = ("--header", "Accept-Encoding: gzip, deflate, br")  # nginx compresses each answer, without caching the result
COOKIE = ("--header", "Cookie: moma_visitor=somebody")  # requests with a cookie bypass nginx's cache
TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Load:
    """A load: its path, whether visitors with cookies request it, and the wanted pages per second.

    Visitors without cookies share a page that nginx caches for a second.
    """

    name: str
    path: str
    by_visitors: bool
    aim: int | None = None
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """A served site: its URL through nginx, and gunicorn's process ID."""

    url: str
    gunicorn: int

    def processor_seconds(self) -> float:
        """Return the CPU seconds of gunicorn's processes, including those that it replaced."""
        children = Path(f"/proc/{self.gunicorn}/task/{self.gunicorn}/children").read_text().split()
        return _times(self.gunicorn, 13, 17) + sum(_times(int(child), 13, 15) for child in children)


LOADS = (
    Load("gallery, cached", "/gallery", by_visitors=False, aim=1500),
    Load("gallery, cached, compressed", "/gallery", by_visitors=False, aim=1500, compressed=True),
    Load("gallery, uncached", "/gallery", by_visitors=True, aim=100),
    Load("search, cached", "/gallery?q=fox", by_visitors=False),
    Load("search, uncached", "/gallery?q=fox", by_visitors=True),
    Load("making page", "/", by_visitors=True),
)


def main() -> None:
    """Fill a site, serve it behind nginx, apply each load, print the results and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="use Postgres instead of SQLite")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="duration of each load")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This needs wrk: apt-get install wrk")
    found: dict[str, Any] = {"walks": WALKS, "connections": CONNECTIONS, "seconds": arguments.seconds}
    found["database"] = "postgres" if arguments.postgres else "sqlite"
    with _serve(in_postgres=arguments.postgres) as site:
        found["loads"] = [_measure(load, site, arguments.seconds) for load in LOADS]
    found["machine"] = {"processor": platform.processor() or platform.machine(), "cores": CORES}
    found["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    for load, one in zip(LOADS, found["loads"], strict=True):
        aim = "" if load.aim is None else f"aim ≥ {load.aim:,}"
        print(
            f"{load.name:27} {one['pages_a_second']:9,.0f} pages/s, p99 {one['p99_milliseconds']:7.1f} ms,"
            f" {one['processor_milliseconds']:.2f} ms of gunicorn's processors each  {aim}"
            f"{'  ' + str(one['failed']) + ' FAILED' if one['failed'] else ''}"
        )
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{found['at'].replace(':', '')}-load.json"
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(path.relative_to(Path.cwd()))


@contextmanager
def _serve(*, in_postgres: bool) -> Iterator[Served]:
    """Serve a site with many walks as with Compose, without Redis, workers and nginx's limits per address."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="moma-load-")))
        settings = {"MOMA_SECRET_KEY": secrets.token_hex(32), "MOMA_PRODUCTION": "true", "MOMA_PROXIES": "1"}
        settings |= {"MOMA_ACCEL_PREFIX": "/_media/", "MOMA_EXHIBITION": "false", "MOMA_INSTANCE": str(folder)}
        addresses = {"REDIS_URL": "unix:///nonexistent.sock"}
        if in_postgres:
            server = parts.enter_context(postgres.running())
            addresses["DATABASE_URL"] = server.url(server.create())
        with create_app(addresses, instance_path=str(folder)).app_context():
            upgrade()
            fill(WALKS)
            db.engine.dispose()
        environment = {**os.environ, **settings, **{f"MOMA_{name}": url for name, url in addresses.items()}}
        front, back = free_port(), free_port()
        nginx.configuration(folder, front, back, folder / "media", processes=CORES, limited=False)
        options = ["--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{back}"]
        log = parts.enter_context((folder / "log").open("wb"))
        gunicorn = _start(parts, [sys.executable, "-m", "gunicorn", *options, "wsgi:app"], environment, log)
        _start(parts, nginx.command(folder), environment, log)
        url = f"http://127.0.0.1:{front}"
        wait(f"{url}/readyz")
        yield Served(url, gunicorn.pid)


def _start(parts: ExitStack, command: list[str], environment: dict[str, str], log: Any) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    parts.callback(process.wait, 60)
    parts.callback(process.terminate)
    return process


def _times(pid: int, first: int, last: int) -> float:
    """Return a sum of times in /proc/…/stat: user, system, and those of ended children (proc(5), fields 14 to 17)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[first - 2 : last - 2]) / TICKS


def _measure(load: Load, site: Served, seconds: int) -> dict[str, Any]:
    more = (COOKIE if load.by_visitors else ()) + (BROWSER if load.compressed else ())
    _wrk(site.url + load.path, WARM_SECONDS, *more)
    before, began = site.processor_seconds(), time.monotonic()
    said = _wrk(site.url + load.path, seconds, *more)
    spent, lasted = site.processor_seconds() - before, time.monotonic() - began
    pages = int(_figure(r"(\d+) requests in", said))
    return {
        "name": load.name,
        "pages_a_second": float(_figure(r"Requests/sec:\s+([\d.]+)", said)),
        "p99_milliseconds": _milliseconds(_figure(r"99%\s+(\S+)", said)),
        "processor_milliseconds": 1000 * spent / pages,
        "processors_busy": spent / lasted,
        "failed": _count_errors(said),
        "aim": load.aim,
    }


def _wrk(address: str, seconds: int, *more: str) -> str:
    """Request a page repeatedly with wrk; return wrk's output."""
    counts = ("--threads", "2", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--latency")
    command = ["wrk", *counts, "--timeout", "30s", *more, address]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _count_errors(said: str) -> int:
    """Return the number of error statuses and socket errors in wrk's output."""
    answers = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", said))
    errors = re.findall(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    return answers + sum(int(count) for counts in errors for count in counts)


def _figure(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(text)
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


if __name__ == "__main__":
    main()
