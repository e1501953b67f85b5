"""Measure workers that share a walk: the speed-up by two and four, at a simulated cost per picture and really.

``python -m benchmarks.sharing [--postgres]``. Redis, database, files and processes are real. Workers that sleep for
each evaluation need no core; those with the built-in model get separate cores, together no more than one worker alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from app import create_app
from app.offer.generation import cost
from app.requests.walk_requests import intake
from app.requests.walk_requests.validation import validate
from app.storage.walk_models import FINISHED
from app.upkeep.processes.local_worker import wait_for_walk
from app.upkeep.processes.supervisor import Site
from app.walks.queue import jobs
from benchmarks.pairs import REPORT
from benchmarks.store import Store
from tests.support import postgres

FRAMES = 48
WARMING_FRAMES = 4
PASS_SECONDS = 0.03
SWEEP_SECONDS = 1.0
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of workers on one walk, each sleeping for its evaluations or on some cores, and the number of walks."""

    workers: int
    cores: int | None
    rounds: int

    @property
    def part(self) -> str:
        """Return the name of the group of comparable settings."""
        return "asleep" if self.cores is None else "house"

    def command(self, worker: int) -> list[str]:
        """Return the command line of one of its workers; it uses as many threads as cores."""
        if self.cores is None:
            return [sys.executable, "-m", "benchmarks.sleeper", str(PASS_SECONDS)]
        own = sorted(os.sched_getaffinity(0))[worker * self.cores :][: self.cores]
        return ["taskset", "--cpu-list", ",".join(map(str, own)), sys.executable, "-m", "worker"]


class Workshop(Site):
    """A site without its web server, with as many workers as a setting requires."""

    def start_workers(self, setting: Setting) -> None:
        """Start the workers, and wait until each has had time to count all of them.

        :raises RuntimeError: when a worker does not start.
        """
        started = [self._start("worker", setting.command(worker)) for worker in range(setting.workers)]
        deadline = time.monotonic() + START_SECONDS
        while {child.process.pid for child in started} - {about["pid"] for about in jobs.workers()}:
            if any(child.has_ended for child in started) or time.monotonic() > deadline:
                raise RuntimeError("a worker did not start")
            time.sleep(0.05)
        time.sleep(2 * SWEEP_SECONDS)


def list_settings() -> Iterator[Setting]:
    """Yield the settings to measure; the first of a part is the baseline of the others."""
    yield from (Setting(workers, None, rounds=3) for workers in (1, 2, 4))
    cores = len(os.sched_getaffinity(0))
    shares = ((1, cores // 2), (1, cores), (2, cores // 2)) if cores > 1 else ((1, 1),)
    yield from (Setting(workers, each, rounds=2) for workers, each in shares)


@contextmanager
def run_workshop(setting: Setting, *, in_postgres: bool) -> Iterator[None]:
    """Run a setting's workers on a separate database within the block."""
    with ExitStack() as parts:
        own: dict[str, Any] = {"SWEEP_SECONDS": SWEEP_SECONDS}
        if in_postgres:
            server = parts.enter_context(postgres.running())
            own["DATABASE_URL"] = server.url(server.create())
        folder = parts.enter_context(tempfile.TemporaryDirectory(prefix="moma-bench-sharing-"))
        app = create_app({**own, "EXHIBITION": False}, instance_path=folder)
        site = parts.enter_context(Workshop(app))
        site.environment |= {f"MOMA_{name}": str(value) for name, value in own.items()}
        site.prepare()
        site.start_redis()
        parts.enter_context(app.app_context())
        site.start_workers(setting)
        yield


def paint_walk(pair: tuple[str, str], frames: int) -> dict[str, Any]:
    """Generate a walk; return its seconds, from the request to the published film, and its batches."""
    wanted = validate({"stops": [{"prompt": prompt} for prompt in pair], "frames": frames, "seed": 11})
    walk, _ = intake.place(wanted, visitor_key="bench", owner="bench", skip_cache=True)
    wait_for_walk(walk, lambda: None, quiet=True)
    if walk.state != FINISHED or walk.finished_at is None:
        raise RuntimeError(f"the walk ended as {walk.state}: {walk.error}")
    batches = [[len(batch) for batch in level["batches"]] for level in walk.levels or []]
    how = {name: getattr(walk, name) for name in ("precision", "threads", "passes", "sampling")}
    return {"seconds": (walk.finished_at - walk.created_at).total_seconds(), "batches": batches, **how}


def largest_speedup(workers: int, sampling: dict[str, Any]) -> float:
    """Return the largest speed-up if workers divide all evaluations evenly, except the stops', which are one task."""
    stops = cost.PAIR * cost.of_frame(sampling, 0, sampling["steps"])
    alone = stops / cost.of_walk(sampling, stops=cost.PAIR, frames=FRAMES)
    return 1 / (alone + (1 - alone) / workers)


def table(store: Store) -> str:
    """Return the medians as a Markdown table, each relative to the first of its part."""
    rows, first = [f"| {FRAMES} frames by | seconds | times as fast | at most |", "|---|---|---|---|"], {}
    for part, workers, cores in dict.fromkeys((r["part"], r["workers"], r["cores"]) for r in store.records):
        found = list(store.select(part, workers=workers, cores=cores))
        seconds = statistics.median(record["seconds"] for record in found)
        how = f"{PASS_SECONDS * 1000:.0f} ms of sleep a pass" if cores is None else f"house model, cores each: {cores}"
        bound = f"{largest_speedup(workers, found[0]['sampling']):.2f}" if cores is None else ""
        times = first.setdefault(part, seconds) / seconds
        rows.append(f"| workers: {workers}; {how} | {seconds:.2f} | {times:.2f} | {bound} |")
    return "\n".join(rows)


def main() -> None:
    """Measure every setting, store the results, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sharing", description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="use Postgres instead of SQLite")
    options = parser.parse_args()
    store, began = Store("sharing", fresh=True), time.monotonic()
    for setting in list_settings():
        with run_workshop(setting, in_postgres=options.postgres):
            paint_walk(("a cup", "a hat"), WARMING_FRAMES)
            for pair in REPORT[: setting.rounds]:
                found = paint_walk(pair, FRAMES)
                store.add(setting.part, workers=setting.workers, cores=setting.cores, **found)
    print(table(store))
    print(f"{store.folder}, after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
