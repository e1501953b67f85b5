"""Serve a site as with Compose and measure its cost: nginx, gunicorn, Redis, a database, and a worker."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.storage.database import db, upgrade
from app.upkeep.processes.redis_server import RedisServer
from app.walks.queue import jobs
from benchmarks.site import ROOT, free_port
from benchmarks.web import wait
from tests.support import nginx, postgres

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Served:
    """A served site: its port, gunicorn's process ID, and a separate application on its database."""

    port: int
    gunicorn: int
    app: Flask

    @property
    def url(self) -> str:
        """Return the site's URL, through nginx."""
        return f"http://127.0.0.1:{self.port}"

    def processor_seconds(self) -> float:
        """Return the CPU seconds of gunicorn's processes, including those that it replaced."""
        return _times(self.gunicorn, 13, 17) + sum(_times(child, 13, 15) for child in _children(self.gunicorn))

    def megabytes(self) -> float:
        """Return the private memory of gunicorn's processes and their descendants in MB: resident without shared."""
        return sum(_own_bytes(pid) for pid in _family(self.gunicorn)) / 1e6


@contextmanager
def serve(
    fill: Callable[[], object],
    *,
    in_postgres: bool = False,
    limited: bool = False,
    redis: bool = False,
    painter: bool = False,
    **settings: str,
) -> Iterator[Served]:
    """Serve a site with these settings (``MOMA_…``), after ``fill`` has filled its database.

    Unless ``limited``, nginx does not limit requests per address. Without ``redis`` there is no Redis, and no worker is
    registered. With ``painter`` a worker with the built-in model runs, which needs Redis.
    """
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="moma-load-")))
        settings = {"MOMA_SECRET_KEY": secrets.token_hex(32), "MOMA_PRODUCTION": "true", "MOMA_PROXIES": "1"} | settings
        settings |= {"MOMA_ACCEL_PREFIX": "/_media/", "MOMA_EXHIBITION": "false", "MOMA_INSTANCE": str(folder)}
        settings |= {"MOMA_REDIS_URL": "unix:///nonexistent.sock"}
        log = parts.enter_context((folder / "log").open("wb"))
        if redis:
            store = RedisServer(folder)
            store.wait(_start(parts, store.command(), {**os.environ}, log))
            parts.callback(store.clean_up)
            settings["MOMA_REDIS_URL"] = store.url
        if in_postgres:
            server = parts.enter_context(postgres.running())
            settings["MOMA_DATABASE_URL"] = server.url(server.create())
        app = create_app(
            {name.removeprefix("MOMA_"): value for name, value in settings.items() if name.endswith("_URL")},
            instance_path=str(folder),
        )
        with app.app_context():
            upgrade()
            fill()
            db.engine.dispose()
        front, back = free_port(), free_port()
        nginx.configuration(folder, front, back, folder / "media", processes=count_cores(), limited=limited)
        options = ["--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{back}"]
        commands = ([sys.executable, "-m", "gunicorn", *options, "wsgi:app"], nginx.command(folder))
        if painter:
            commands += ([sys.executable, "-m", "worker"],)
        started = [_start(parts, command, {**os.environ, **settings}, log) for command in commands]
        wait(f"http://127.0.0.1:{front}/readyz")
        with app.app_context():
            while painter and not jobs.workers():
                time.sleep(0.1)
        yield Served(front, started[0].pid, app)


def count_cores() -> int:
    """Return the number of CPU cores available to this process."""
    return len(os.sched_getaffinity(0))


def _start(parts: ExitStack, command: list[str], environment: dict[str, str], log: Any) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    parts.callback(process.wait, 60)
    parts.callback(process.terminate)
    return process


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _times(pid: int, first: int, last: int) -> float:
    """Return a sum of times in /proc/…/stat: user, system, and those of ended children (proc(5), fields 14 to 17)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[first - 2 : last - 2]) / TICKS


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it; a process that a thread started is that thread's child."""
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _own_bytes(pid: int) -> int:
    """Return the private memory of a process; 0 if it has ended."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return (int(resident) - int(shared)) * PAGE_BYTES
