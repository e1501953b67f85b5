"""Measure the inputs of scaling estimates on this machine: ``python -m benchmarks.scaling_measures``.

One worker, real Redis, real Postgres, the built-in model: a worker's start time, the time of a usual walk, its bytes in
the media store and its cost in Postgres, the rate of claims in Postgres and of calls to Redis. The results are written
to ``benchmarks/scaling.json``, which ``python -m benchmarks.scaling`` uses.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from app import create_app
from app.requests.walk_requests import intake
from app.requests.walk_requests.validation import validate
from app.storage.database import db
from app.walks.queue import jobs
from benchmarks.pairs import REPORT
from benchmarks.sharing import Setting, Workshop, paint_walk
from tests.support import postgres
from worker.queue.leases import claim_next

MEASURED = Path(__file__).with_name("scaling.json")
FRAMES = 24
WALKS, LINE, CLAIMS, CALLS = 9, 1000, 200, 2000
AT_ONCE = (1, 2, 4)
TICKS = os.sysconf("SC_CLK_TCK")
OWN = {
    "EXHIBITION": False, "LINE_MAX": 10**6, "LINE_MAX_VISITOR": 10**6, "LINE_MAX_ADDRESS": 10**6,
    "HOURLY_WALKS": 10**6, "HOURLY_WALKS_ADDRESS": 10**6,
}  # fmt: skip


def main() -> None:
    """Run the measurements and write the results."""
    with ExitStack() as parts:
        server = parts.enter_context(postgres.running())
        folder = parts.enter_context(tempfile.TemporaryDirectory(prefix="moma-scaling-"))
        own = OWN | {"DATABASE_URL": server.url(server.create())}
        app = create_app(own, instance_path=folder)
        site = parts.enter_context(Workshop(app))
        site.environment |= {f"MOMA_{name}": json.dumps(value) for name, value in own.items() if name != "DATABASE_URL"}
        site.environment["MOMA_DATABASE_URL"] = own["DATABASE_URL"]
        site.prepare()
        site.start_redis()
        parts.enter_context(app.app_context())
        found = {"date": f"{datetime.now(UTC):%d %B %Y}", "cores": len(os.sched_getaffinity(0)), "frames": FRAMES}
        found["load_before"] = round(os.getloadavg()[0], 2)
        found |= _calls()
        found |= _claims(app, server)
        found |= _walks(site, Path(folder), server)
        found["load_after"] = round(os.getloadavg()[0], 2)
    MEASURED.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(MEASURED.read_text("utf-8"))


def _walks(site: Workshop, folder: Path, server: postgres.PostgresServer) -> dict[str, Any]:
    """Start a worker, let it generate walks one after the other, and return the measurements."""
    db.session.execute(text("TRUNCATE walks RESTART IDENTITY CASCADE"))
    db.session.commit()
    began = time.monotonic()
    site.start_workers(Setting(1, len(os.sched_getaffinity(0)), rounds=WALKS))
    start = time.monotonic() - began
    paint_walk(("a cup", "a hat"), FRAMES)
    before, commits, stored = _stored_bytes(folder), _commits(), _database_bytes()
    spent = _processor_seconds(server)
    found = [paint_walk(pair, FRAMES) for pair in REPORT[:WALKS]]
    spent = _processor_seconds(server) - spent
    films = [path.stat().st_size for path in (folder / "media").rglob("*.mp4")]
    return {
        "start_seconds": round(start, 2),
        "walk_seconds": [round(each["seconds"], 3) for each in found],
        "batches": [each["batches"] for each in found],
        "commits_a_walk": round((_commits() - commits) / WALKS, 1),
        "postgres_ms_a_walk": round(1000 * spent / WALKS, 1),
        "media_bytes_a_walk": round((_stored_bytes(folder) - before) / WALKS),
        "film_bytes": round(sum(films) / len(films)) if films else None,
        "database_bytes_a_walk": round((_database_bytes() - stored) / WALKS),
    }


def _claims(app: Flask, server: postgres.PostgresServer) -> dict[str, Any]:
    """Fill the queue, claim tasks by several threads at once, and return rates and Postgres's CPU seconds."""
    for number in range(LINE):
        wanted = validate({"stops": [{"prompt": "a cup"}, {"prompt": f"hat {number}"}], "frames": FRAMES, "seed": 11})
        intake.place(wanted, visitor_key=f"bench-{number}", owner=f"bench-{number}", skip_cache=True)
    by_many = {}
    for at_once in AT_ONCE:
        spent, began = _processor_seconds(server), time.monotonic()
        with ThreadPoolExecutor(at_once) as threads:
            taken = sum(threads.map(partial(_claim, app), [CLAIMS // at_once] * at_once))
            seconds, spent = time.monotonic() - began, _processor_seconds(server) - spent
        by_many[str(at_once)] = {"a_second": round(taken / seconds, 1), "postgres_ms": round(1000 * spent / taken, 3)}
    return {"waiting": LINE, "claims": by_many}


def _claim(app: Flask, count: int) -> int:
    with app.app_context():
        return sum(claim_next() is not None for _ in range(count))


def _calls() -> dict[str, Any]:
    """Return the rate of Redis calls as for each request: the length of the queue, and a job."""
    store = jobs.connect()
    if store is None:
        raise RuntimeError("Redis is not running")
    began, count = time.monotonic(), 0
    while count < CALLS:
        jobs.notify_workers()
        count += 1
        if count % 200 == 0:
            store.flushdb()  # a full queue accepts no more
    seconds = time.monotonic() - began
    store.flushdb()
    return {"redis_calls_a_second": round(CALLS / seconds)}


def _processor_seconds(server: postgres.PostgresServer) -> float:
    """Return the CPU seconds of Postgres's processes; connections stay open during the measurement."""
    return sum(_of(Path(f"/proc/{pid}/stat")) for pid in server._serving())


def _of(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _query(statement: str) -> Callable[[], int]:
    def ask() -> int:
        value = db.session.execute(text(statement)).scalar_one()
        db.session.rollback()
        return int(value)

    return ask


_commits = _query("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
_database_bytes = _query("SELECT pg_database_size(current_database())")


def _stored_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "media").rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
