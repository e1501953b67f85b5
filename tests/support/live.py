"""A real site for the tests: ``python -m app.run`` in an instance folder of its own, watched from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from socketserver import BaseServer
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from app.storage.write_turns import WriterLock
from tests.support import asleep, forks
from tests.support.house import HOUSE
from tests.support.planted import STAND, Ground, Planted, claim_of

ROOT = Path(__file__).resolve().parents[2]
LOG_TAIL = 6000  # characters of a site's log that are shown where a test fails
LONG = 60  # frames: long enough to have a middle
SLOW = "was preloaded using link preload but not used within a few seconds"  # what Chromium says on a busy machine
PATIENCE = 300.0  # seconds: a busy machine may take its time for anything, and only what never comes is a failure
PATIENCE_MS = 1000 * PATIENCE
T = TypeVar("T")

_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
MEASURED = Path(tempfile.gettempdir()) / f"moma-measured-{_RUN}.json"
"""How workers generate on this machine: a choice for the shipped model, which takes half a minute to measure, and what
the first worker of a test run measured with another model."""
CHOSEN = "float32", "contiguous", 8
"""The precision, the memory format and the batch size for the shipped model."""


def lend_measured(instance: Path) -> Path | None:
    """Give an instance folder what is known of this machine; return the file, unless the folder has its own."""
    there = instance / "device.json"
    if there.exists():
        return None
    if not MEASURED.exists():
        _choose()
    return Path(shutil.copy(MEASURED, there))


def _choose() -> None:
    """Write the choice for the shipped model, as a worker writes what it measured."""
    import torch

    from worker.diffusion import model_folder, tuning, tuning_cache

    precision, memory_format, batch = CHOSEN
    key = tuning_cache.name(torch.device("cpu"), model_folder.fingerprint(HOUSE))
    tuning_cache.save_setting(MEASURED, key, tuning.Setting(precision, memory_format, tuning.cores(), batch))


def keep_measured(instance: Path) -> None:
    """Keep what a worker has measured for the sites to come, beside what was measured with other models."""
    there = instance / "device.json"
    found = json.loads(there.read_bytes()) if there.exists() else {}
    known = json.loads(MEASURED.read_bytes()) if MEASURED.exists() else {}
    if found.keys() - known.keys():
        aside = MEASURED.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps(known | found))
        aside.replace(MEASURED)


def wait_until(found: Callable[[], T], *, what: str = "it") -> T:
    """Ask until the answer is true, and return it; fail if that never happens."""
    began = time.monotonic()
    while not (answer := found()):
        waited = time.monotonic() - began
        assert waited < PATIENCE, f"{what} did not happen within {PATIENCE:g} seconds"
        asleep.pause(pause_after(waited))
    return answer


def pause_after(waited: float) -> float:
    """Return the seconds until one asks again: asking takes the processor from what is waited for."""
    return min(0.3, max(0.03, waited / 20))


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def state_of(pid: int) -> str | None:
    """Return the letter that Linux has for what a process does, or ``None`` if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_running(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    return state_of(pid) not in (None, "Z")


def children_of(pid: int) -> set[int]:
    """Number the processes that a process has begun, by any of its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text().split()}


def stop(pid: int) -> None:
    """Stop a process, and wait until it stands still."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T", what="a standstill")


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """Stop a process for a while."""
    stop(pid)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def processes_of(instance: Path) -> dict[int, str]:
    """List the running processes of the site in this instance folder: number and command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if _belongs(folder, instance) and is_running(int(folder.name)):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended, or is another's
    return found


def _belongs(process: Path, instance: Path) -> bool:
    """Return whether a process got the folder, or holds its lock (Redis writes its title over its environment)."""
    if f"MOMA_INSTANCE={instance}".encode() in (process / "environ").read_bytes().split(b"\0"):
        return True
    return any(link.is_symlink() and link.readlink() == instance / "lock" for link in (process / "fd").iterdir())


@contextmanager
def served(server: BaseServer) -> Iterator[str]:
    """Serve requests in a thread, and yield the address; at the end, every accepted request has been answered."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class LiveSite:
    """A site in its own instance folder and on its own port; it can be stopped, killed and started again."""

    def __init__(self, instance: Path, **settings: object) -> None:
        self.instance = instance.resolve()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = instance.with_suffix(".log")
        own = {"MOMA_INSTANCE": str(self.instance), "PYTHONUNBUFFERED": "1", "MOMA_FREE_BYTES_MIN": "0"}
        self.environment = {**os.environ, **own, **{f"MOMA_{name}": str(value) for name, value in settings.items()}}
        self.command = [sys.executable, "-m", "app.run"]
        self.root = ROOT  # whose code runs
        self.worker = "-m worker"  # in the command line of a worker
        self.process: subprocess.Popen[bytes] | forks.Forked | None = None

    def launch(self) -> subprocess.Popen[bytes] | forks.Forked:
        """Start the site and wait for nothing."""
        self.log.write_bytes(b"")
        self.instance.mkdir(parents=True, exist_ok=True)
        lend_measured(self.instance)
        with self.log.open("ab") as log:
            popen = forks.popen if self.root == ROOT else subprocess.Popen  # an earlier release starts from nothing
            self.process = popen(
                [*self.command, "--port", str(self.port)],
                cwd=self.root,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        return self.process

    def start(self) -> LiveSite:
        """Start the site, if it does not run, and wait until it says that it is open."""
        if self.process is None or self.process.poll() is not None:
            process = self.launch()
            wait_until(lambda: process.poll() is not None or "is open at" in self.output(), what="start")
            assert process.poll() is None, self.output()
            keep_measured(self.instance)
        return self

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """Send a signal to the site and wait for its end; return its exit status."""
        assert self.process is not None
        self.process.send_signal(signum)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Stop the site if it runs; no process of it may be left."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        assert self.processes() == {}

    def flask(self, *command: str | Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run an admin command of the code that runs here, which must succeed where that is checked."""
        words = [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, command)]
        run = forks.run if self.root == ROOT else subprocess.run
        done: subprocess.CompletedProcess[str] = run(
            words, cwd=self.root, env={**self.environment, **environment}, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    def output(self) -> str:
        """Return what the site has said so far."""
        return self.log.read_text("utf-8", "replace")

    def processes(self) -> dict[int, str]:
        """List the site's processes."""
        return processes_of(self.instance)

    def parts(self) -> dict[int, str]:
        """List the site's processes but those that draw for the worker, which start when there is enough to draw."""
        return {pid: line for pid, line in self.processes().items() if "multiprocessing" not in line}

    def pid(self, *words: str) -> int | None:
        """Return the number of the process whose command line holds all of ``words``, or ``None``."""
        return next((pid for pid, line in self.processes().items() if all(word in line for word in words)), None)

    def worker_pid(self) -> int:
        """Return the worker's process number."""
        return wait_until(lambda: self.pid(self.worker), what="a worker")

    def redis_pid(self) -> int:
        """Return Redis' process number."""
        return wait_until(lambda: self.pid("redis-server"), what="a Redis")

    def request(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Ask the site; return the status and the JSON (or the bytes) that it answers with."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, {**kind, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error)

    def request_walk(self, *prompts: str, **fields: Any) -> dict[str, Any]:
        """Request a walk through the API."""
        stops = [{"prompt": prompt} for prompt in prompts or ("a fox", "a kite")]
        status, walk = self.request("POST", "/api/v1/walks", {"stops": stops, **fields})
        assert status == 202, walk
        return dict(walk)

    def walk(self, walk_id: str) -> dict[str, Any]:
        """Describe a walk, as the API does."""
        status, walk = self.request("GET", f"/api/v1/walks/{walk_id}")
        assert status == 200, walk
        return dict(walk)

    def wait_painted(self, walk_id: str, frames: int) -> dict[str, Any]:
        """Wait until so many frames are painted."""
        return wait_until(
            lambda: walk if (walk := self.walk(walk_id))["frames_painted"] >= frames else None, what=f"frame {frames}"
        )

    def finished(self, walk_id: str) -> dict[str, Any]:
        """Wait until a walk is done, which must be finished."""
        walk = self.ended(walk_id)
        assert walk["state"] == "finished", walk["error"]
        return walk

    def ended(self, walk_id: str) -> dict[str, Any]:
        """Wait until a walk is done, however it ends."""
        try:
            return wait_until(lambda: walk if (walk := self.walk(walk_id))["finished_at"] else None, what="the end")
        except AssertionError as error:  # where it cannot be looked at, the log has to say why
            error.add_note(self.output()[-LOG_TAIL:])
            raise

    @property
    def ground(self) -> Ground:
        """Return where faults are planted, if the site is that of `tests.support.planted_site`."""
        return Ground(self.instance)

    def plant(self, kind: str, *, passed: int = 0, everyone: bool = False) -> None:
        """Make a worker, or every one, stand still over a piece of this kind, after ``passed`` that it claimed."""
        number = time.monotonic_ns() if everyone else 0
        self.ground.plant(Planted(claim_of(kind), STAND, passed, number))

    def caught(self, *prompts: str, frames: int) -> tuple[dict[str, Any], int]:
        """Request a walk and wait until its worker stands still over a piece, with all frames before it recorded.

        Return the walk and the worker's process number.
        """
        query = "SELECT 1 FROM pieces JOIN walks ON walks.number = walk_number WHERE id = ? AND pieces.state = 'taken'"
        self.plant("frames", passed=2)
        walk, worker = self.request_walk(*prompts, frames=frames), self.worker_pid()
        wait_until(lambda: self.ground.standing() == {worker}, what="a worker that stands still")
        wait_until(lambda: self.rows(query, walk["id"]) == [(1,)], what="the end of the pieces before")
        return walk, worker

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Stop the worker for a while, but not at a moment at which it keeps others from the database.

        It may do so by SQLite's lock, or already by the file's that writers wait for before.
        """
        worker, file = self.worker_pid(), self.instance / "moma.sqlite"

        def is_still() -> bool:
            stop(worker)
            database = sqlite3.connect(file, timeout=0, isolation_level=None)
            begin, lock = partial(database.execute, "BEGIN IMMEDIATE"), WriterLock(file, timeout=0)
            with closing(database), suppress(sqlite3.OperationalError, OperationalError), lock.hold(begin):
                return True
            os.kill(worker, signal.SIGCONT)
            return False

        wait_until(is_still, what="a worker at rest")
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    def readiness(self) -> dict[str, Any]:
        """Describe the site's readiness once Redis knows a worker: a page asks only briefly, and it may be slow."""

        def read_readiness() -> dict[str, Any] | None:
            body = self.request("GET", "/readyz")[1]
            return dict(body) if body["redis"] == "ok" and body["workers"] else None

        return wait_until(read_readiness, what="a worker's sign of life")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the site's database."""
        with closing(sqlite3.connect(f"file:{self.instance / 'moma.sqlite'}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def folder(self, walk_id: str) -> Path:
        """Name the folder of a walk's files."""
        return self.instance / "media" / "walks" / walk_id

    def frames_kept(self, walk_id: str) -> dict[Path, int]:
        """List the files of the frames that the database knows, and when each was written."""
        rows = self.rows("SELECT path FROM frames JOIN walks ON number = walk_number WHERE id = ?", walk_id)
        files = [self.instance / "media" / path for (path,) in rows]
        return {path: path.stat().st_mtime_ns for path in files}


def _read(answer: Any) -> Any:
    data = answer.read()
    return json.loads(data) if "json" in answer.headers.get("Content-Type", "") else data
