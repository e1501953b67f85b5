"""A site that faults happen to, its books, and what must be true of it after each fault.

The books are kept outside of the site: what it accepted, what its owner called off, and how each walk ended.
"""

import hashlib
import http.client
import json
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tests.support import postgres, small_disk
from tests.support.live import LOG_TAIL, LiveSite, is_running, pause_after, wait_until
from tests.support.planted import Ground, Planted

PATIENCE = 300.0
"""Seconds after which a walk that has not ended is counted as lost."""

SETTINGS = {
    "STEPS": 2,
    "EXHIBITION": "false",
    "LEASE_SECONDS": 5,
    "STUCK_SECONDS": 45,
    "LOST_MAX": 3,
    "FREE_BYTES_MIN": 0,  # else nothing would be asked for on these small disks
    "DAILY_BYTES_ADDRESS": 10**15,
    "HOURLY_WALKS": 1_000_000,
    "HOURLY_WALKS_ADDRESS": 1_000_000,
    "HOURLY_SOUNDS": 1_000_000,
    "HOURLY_SOUNDS_ADDRESS": 1_000_000,
    "HOURLY_PHOTOS": 1_000_000,
    "HOURLY_PHOTOS_ADDRESS": 1_000_000,
}
STORE_BYTES, INSTANCE_BYTES = 400_000_000, 160_000_000
ENDS = "finished", "failed", "cancelled"
AT_WORK = """SELECT 1 FROM pieces LEFT JOIN walks ON walks.number = walk_number
    WHERE pieces.state = 'taken' OR task IS NOT NULL
    OR kind IN ('stages', 'large') AND walks.state = 'finished' AND deleted_at IS NULL"""
MARGIN = 30
"""Kilobytes left free on a disk that is full: some rows still fit, a picture no more."""


@dataclass
class Account:
    """A request that the site accepted: what it is to end as, and when it did."""

    walk_id: str
    token: str
    expected: set[str]
    ended: str | None = None
    gone: bool = False


@dataclass
class Books:
    """What was accepted, what belongs to walls, and what was found wrong."""

    accounts: dict[str, Account] = field(default_factory=dict)
    of_walls: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


class Rig:
    """A site on disks of its own, with one or two workers, on SQLite or on a Postgres of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        database: str,
        workers: int,
        faketime: str,
        locked_seconds: float,
        rng: random.Random,
        model: Path | None = None,
    ) -> None:
        self.rng, self.database, self.locked_seconds = rng, database, locked_seconds
        self._stack = ExitStack()
        self.store_disk = self._stack.enter_context(small_disk.mounted(folder / "store", STORE_BYTES))
        self.instance_disk = self._stack.enter_context(small_disk.mounted(folder / "instance", INSTANCE_BYTES))
        self.store = self.store_disk / "media"
        self.server: postgres.PostgresServer | None = None
        settings: dict[str, object] = {**SETTINGS, "MEDIA_URL": f"file://{self.store}"}
        if model is not None:
            settings["MODEL"] = model
        if database == "postgres":
            self.server = self._stack.enter_context(postgres.running())
            name = self.server.create()
            self.server.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
            settings["DATABASE_URL"] = self.server.url(name)
        self.site = LiveSite(self.instance_disk / "site", **settings)
        self.site.command = [sys.executable, "-m", "tests.support.planted_site", "--workers", str(workers)]
        if faketime:
            self.site.command += ["--faketime", faketime]
        url = settings.get("DATABASE_URL", f"sqlite:///{self.site.instance / 'moma.sqlite'}")
        self.engine = _engine(str(url))
        self.ground = Ground(self.site.instance)
        self.books = Books()
        self._stack.callback(self._close)
        self.site.start()

    def close(self) -> None:
        """Stop all that was started."""
        self._stack.close()

    def _close(self) -> None:
        self.engine.dispose()
        if self.site.process is not None and self.site.process.poll() is None:
            self.site.stop()

    # --- Asking

    def request(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Ask the site once; whatever goes wrong on the way there is status 0."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
        content_type = {"Content-Type": "application/json"} if body is not None else {}
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=10)) as connection:
                connection.request(method, path, sent, {**content_type, **headers})
                answer = connection.getresponse()
                data = answer.read()
                kind = answer.headers.get("Content-Type", "")
                return answer.status, json.loads(data) if "json" in kind else data
        except (OSError, http.client.HTTPException):
            return 0, None

    def request_walk(
        self, *, frames: int | None = None, prompt: str = "a fox", ends: Sequence[str] = ("finished",)
    ) -> str:
        """Request a walk as a careful program does: with the same key until the site says what became of it."""
        walk = {
            "stops": [{"prompt": prompt}, {"prompt": "the sun"}],
            "seed": self.rng.randrange(2**31),
            "frames": frames or self.rng.randint(2, 4),
        }
        return self.accepted("/api/v1/walks", walk, ends=ends)

    def accepted(self, path: str, body: object, *, token: str = "", ends: Sequence[str] = ("finished",)) -> str:
        """Send what is answered with a walk, until it is; write the walk into the books, and return its id."""
        headers = {"Idempotency-Key": secrets.token_hex(16), **({"Authorization": f"Bearer {token}"} if token else {})}
        answer = self.insist("POST", path, body, **headers)
        known = answer.get("owner_token") or token
        self.books.accounts[answer["id"]] = Account(answer["id"], known, set(ends))
        return str(answer["id"])

    def insist(self, method: str, path: str, body: object, **headers: str) -> dict[str, Any]:
        """Ask until the site does it; return what it answers then."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer = self.request(method, path, body, **headers)
            if status in (200, 201, 202):
                return dict(answer)
            if status not in (0, 502, 503):
                said = self.site.output()[-LOG_TAIL:]
                raise AssertionError(f"{method} {path} was answered {status}: {answer}; the site said: …{said}")
            assert time.monotonic() < deadline, f"{path} was not answered for {PATIENCE:g} s ({status})"
            time.sleep(0.1)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask for a walk meanwhile, until it is accepted."""
        with ThreadPoolExecutor(1) as visitor:
            answer = visitor.submit(self.request_walk)
            yield
            answer.result()

    def delete(self, walk_id: str) -> bool:
        """Call a walk off, or delete it if it is done, as its owner; return whether the site did it."""
        account = self.books.accounts[walk_id]
        if not account.token:  # the answer with it was lost on its way
            return False
        before = self.rows("SELECT state FROM walks WHERE id = :id", id=walk_id)
        status, _ = self.request("DELETE", f"/api/v1/walks/{walk_id}", Authorization=f"Bearer {account.token}")
        if status in (200, 204):
            account.expected = {"cancelled"} if before and before[0][0] not in ENDS else set(ENDS)
            account.expected |= {"finished"}  # it may have ended meanwhile, and was deleted then
            account.gone = True
        return status in (200, 204)

    def flask(self, *command: str) -> int:
        """Run an admin command on the site; return its exit status."""
        return self.site.flask(*command, check=False).returncode

    # --- Looking

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Look into the database, however long that is kept from us."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.engine.connect() as connection:
                    return [tuple(row) for row in connection.execute(text(statement), values)]
            except DBAPIError:
                assert time.monotonic() < deadline, "the database does not answer"
                time.sleep(0.05)

    def progress(self) -> tuple[Any, ...]:
        """Return how far all walks are."""
        return self.rows(
            "SELECT COALESCE(SUM(painted_count), 0), SUM(CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END) FROM walks"
        )[0]

    def waiting(self) -> int:
        """Count the walks that are still to end."""
        return int(self.rows("SELECT COUNT(*) FROM walks WHERE state IN ('queued', 'painting')")[0][0])

    def recovered(self, since: float, before: tuple[Any, ...]) -> float:
        """Wait until something of a waiting walk is painted again; return the seconds since the fault was over."""
        wait_for(lambda: self.progress() != before or not self.waiting(), PATIENCE)
        return max(0.0, time.monotonic() - since)

    def settle(self) -> None:
        """Wait until every walk has ended."""
        with suppress(TimeoutError):
            wait_for(lambda: not self.waiting(), PATIENCE)

    # --- What must be true

    def recorded(self) -> dict[str, int]:
        """List the files of all recorded frames, and when each was written."""
        found = {}
        for (path,) in self.rows("SELECT path FROM frames"):
            with suppress(FileNotFoundError):
                found[path] = (self.store / path).stat().st_mtime_ns
        return found

    def check(self, kept: dict[str, int]) -> None:
        """Compare the books with the database and the store, once all is quiet; what is wrong is noted.

        ``kept`` are the frames that were recorded before: no worker painted them again.
        """
        self.settle()
        self._check_accounts()
        wait_until(lambda: not self.rows(AT_WORK), what="the last piece")
        self._check_files()
        for path, written in self.recorded().items():
            if kept.get(path, written) != written:
                self.note(f"duplicated: {path} was painted again")

    def note(self, what: str) -> None:
        """Write down what is wrong."""
        self.books.wrong.append(what)

    def _check_accounts(self) -> None:
        known = self.books.accounts
        # Walks of walls have no account, and lose their visitor's name when they are deleted; wall.py checks them.
        self.books.of_walls |= {row[0] for row in self.rows("SELECT id FROM walks WHERE visitor LIKE 'wall %'")}
        listed = self.rows("SELECT id, state, finished_at, painted_count, frames, error FROM walks")
        rows = [row for row in listed if row[0] not in self.books.of_walls]
        for walk_id, state, finished, painted, frames, error in rows:
            account = known.get(walk_id)
            if account is None:
                self.note(f"duplicated: {walk_id} was accepted under a key that was answered otherwise")
                continue
            ended = f"{state} {finished}"
            if state not in account.expected:
                expected = " or ".join(sorted(account.expected))
                self.note(f"lost: {walk_id} is {state}, and should be {expected}; its error is {error!r}")
            elif account.ended not in (None, ended):
                self.note(f"duplicated: {walk_id} ended twice, {account.ended} and {ended}")
            if state == "finished" and not account.gone and painted != frames:
                self.note(f"lost: {walk_id} has {painted} of {frames} frames")
            account.ended = ended
        for missing in set(known) - {row[0] for row in rows}:
            self.note(f"lost: {missing} has no row")
        for walk_id, count in self.rows(
            """SELECT id, COUNT(*) FROM frames JOIN walks ON number = walk_number
            GROUP BY id, position HAVING COUNT(*) > 1"""
        ):
            self.note(f"duplicated: {walk_id} has {count} frames at one place")

    def _check_files(self) -> None:
        """Find files without rows and rows without their files; what is deleted after a commit has a moment to go."""
        for last in (False, False, False, False, True):
            named = dict(self.rows("SELECT path, bytes FROM frames UNION SELECT path, bytes FROM media"))
            lying = {
                str(file.relative_to(self.store)): file.stat().st_size
                for file in self.store.rglob("*")
                if file.is_file() and "walks" in file.parts
            }
            if lying == named:
                break
            self._have_pruned(lying)
            if not last:
                time.sleep(0.5)
        for path in sorted(set(lying) - set(named)):
            self.note(f"file without a row: {path}")
        for path in sorted(set(named) - set(lying)):
            self.note(f"row without its file: {path}")
        for path in sorted(set(named) & set(lying)):
            if named[path] != lying[path]:
                self.note(f"row without its file: {path} has {lying[path]} bytes, not {named[path]}")
        etags = self.rows("SELECT path, etag FROM media")
        for path, etag in etags:
            with suppress(FileNotFoundError):
                if not hashlib.sha256((self.store / path).read_bytes()).hexdigest().startswith(etag):
                    self.note(f"row without its file: {path} is not what its row says")

    def _have_pruned(self, lying: Iterable[str]) -> None:
        """Delete photos of walks that were never saved, as their web server was killed, as upkeep does an hour on."""
        known = {walk_id for (walk_id,) in self.rows("SELECT id FROM walks")}
        left = [path for path in lying if "/photo-" in path and path.split("/")[1] not in known]
        for path in left:
            os.utime(self.store / path, (0, 0))
        if left:
            self.flask("media", "prune", "--yes")

    def tidy(self, *, kept: int = 12) -> None:
        """Delete old walks as their owners would, so that a long run needs no large disk."""
        done = [account for account in self.books.accounts.values() if account.ended and not account.gone]
        for account in done[: max(0, len(done) - kept)]:
            if not self.delete(account.walk_id):
                self._curate(account)

    def _curate(self, account: Account) -> None:
        """Delete what we have no token of, as its operator."""
        account.gone = self.flask("walks", "delete", account.walk_id) == 0
        account.expected |= set(ENDS)

    # --- Faults

    def plant(self, fault: Planted) -> float:
        """Plant a fault, and have enough painted for a worker to meet it; return when that was."""
        self.ground.plant(fault)
        deadline = time.monotonic() + PATIENCE
        while not self.ground.met():
            if self.waiting() < 2:
                self.request_walk()
            assert time.monotonic() < deadline, f"no worker came by {fault}"
            time.sleep(0.01)
        return time.monotonic()

    def worker_pids(self) -> list[int]:
        """Number the workers."""
        return [pid for pid, line in self.site.parts().items() if "tests.support.planted_worker" in line]

    def a_worker(self) -> int:
        """Choose one of the workers."""
        return self.rng.choice(wait_until(self.worker_pids, what="a worker"))

    def kill(self, pid: int, signum: int = signal.SIGKILL) -> float:
        """Send a process a signal, and wait for its end; return when that was."""
        with suppress(ProcessLookupError):
            os.kill(pid, signum)
        wait_until(lambda: not is_running(pid), what="an end")
        return time.monotonic()

    def full(self, disk: Path) -> AbstractContextManager[None]:
        """Fill a disk but for some kilobytes."""
        return small_disk.full(disk, but=MARGIN * 1024)

    def pause(self, most: float) -> None:
        """Wait for a random time."""
        time.sleep(self.rng.uniform(0, most))


def wait_for(found: Callable[[], Any], seconds: float) -> None:
    """Ask until the answer is true.

    :raises TimeoutError: when it never is.
    """
    began = time.monotonic()
    while not found():
        waited = time.monotonic() - began
        if waited > seconds:
            raise TimeoutError
        time.sleep(pause_after(waited))


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only = 1"))
    return engine
