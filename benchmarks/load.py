"""Load test of the site: nginx, gunicorn as in production, ten thousand walks, and wrk with sixteen connections.

``python -m benchmarks.load [--postgres]``. wrk runs on the same machine and uses a share of it.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.serving import Served, count_cores, serve
from benchmarks.web import WALKS, fill

RESULTS = Path(__file__).resolve().parent / "results"
CONNECTIONS = 16
SECONDS = 10
WARM_SECONDS = 3
BROWSER = ("--header", "Accept-Encoding: gzip, deflate, br")  # nginx compresses each answer, without caching the result
COOKIE = ("--header", "Cookie: moma_visitor=somebody")  # requests with a cookie bypass nginx's cache


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
    with serve(lambda: fill(WALKS), in_postgres=arguments.postgres) as site:
        found["loads"] = [_measure(load, site, arguments.seconds) for load in LOADS]
    found["machine"] = {"processor": platform.processor() or platform.machine(), "cores": count_cores()}
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
