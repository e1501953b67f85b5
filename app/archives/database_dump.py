"""The database of a backup: copied as it is at one moment, looked at, and put in the place of the site's own.

SQLite is copied by its own backup; Postgres by pg_dump and pg_restore. What is asked of the database besides is asked
of that moment too: of SQLite's copy itself, of Postgres within the snapshot that pg_dump is given.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any, NamedTuple

from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from app.archives.archive_format import CHUNK, unusable_backup
from app.errors import MomaError
from app.storage.database import db, is_sqlite, upgrade


def kind() -> str:
    """Name the kind of the site's database: ``sqlite`` or ``postgresql``."""
    return "sqlite" if is_sqlite() else "postgresql"


Row = tuple[Any, ...]
Sums = dict[str, dict[str, Any]]
DERIVED = "hung_words"  # how the tables begin that SQLite keeps for itself, of what stands in others


class Snapshot(NamedTuple):
    """What a database was at one moment: what each query found, and how many rows each table had, and their sum."""

    answers: list[list[Row]]
    sums: Sums


def copy(target: Path, *queries: str) -> Snapshot:
    """Copy the database as it is at one moment, whoever writes meanwhile; return what each query finds at that moment.

    :raises MomaError: when pg_dump is needed, and fails or is missing.
    """
    return _copy_sqlite(target, queries) if is_sqlite() else _copy_postgres(target, queries)


def sums() -> Sums:
    """Count and sum up the rows of every table, as they are now."""
    if is_sqlite():
        with closing(sqlite3.connect(_sqlite_path())) as live:
            live.execute("BEGIN")
            return _sums(live.execute)
    with db.engine.connect() as connection:
        held = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        held.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        return _sums(held.exec_driver_sql)


def _sums(execute: Callable[[str], Iterable[Any]]) -> Sums:
    found = {}
    for name, order in _tables().items():
        digest, count = hashlib.sha256(), 0
        for row in execute(f'SELECT * FROM "{name}" ORDER BY {order}'):  # nosec B608  # noqa: S608 - names of ours
            digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
            count += 1
        found[name] = {"rows": count, "sha256": digest.hexdigest()}
    return found


def _tables() -> dict[str, str]:
    """Name the tables that there are, each with what its rows are put in order by."""
    inspector = inspect(db.engine)
    named = [name for name in sorted(inspector.get_table_names()) if not name.startswith(DERIVED)]
    keys = {name: inspector.get_pk_constraint(name)["constrained_columns"] for name in named}
    return {name: ", ".join(f'"{column}"' for column in columns) or "1" for name, columns in keys.items()}


def _copy_sqlite(target: Path, queries: Sequence[str]) -> Snapshot:
    with closing(sqlite3.connect(_sqlite_path())) as live, closing(sqlite3.connect(target)) as copied:
        live.backup(copied)
        return Snapshot([copied.execute(query).fetchall() for query in queries], _sums(copied.execute))


def _copy_postgres(target: Path, queries: Sequence[str]) -> Snapshot:
    """Hold a snapshot for as long as pg_dump reads it (Postgres, "Snapshot Synchronization Functions")."""
    dump = ("--format=custom", "--no-owner", "--file", str(target))
    needed_for = "A backup"
    _find("pg_dump", needed_for, *dump)
    with db.engine.connect() as connection:
        held = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        snapshot = held.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        _run_postgres("pg_dump", f"--snapshot={snapshot}", *dump, needed_for=needed_for)
        held.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        answers = [[tuple(row) for row in held.exec_driver_sql(query)] for query in queries]
        return Snapshot(answers, _sums(held.exec_driver_sql))


def extract_database(source: IO[bytes], revision: str, target: Path) -> None:
    """Write a backup's database to ``target``, and see that it can be restored.

    :raises InvalidInput: when it is not well, or of another revision.
    :raises MomaError: when pg_restore is needed and missing.
    """
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, CHUNK)
    if not is_sqlite():
        _find("pg_restore", "Restoring a backup", str(target))
        return
    try:
        with closing(sqlite3.connect(target)) as database:
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise unusable_backup(f"holds a database that cannot be read: {error}") from error
    if verdict != "ok" or found != revision:
        raise unusable_backup(f"holds a database that is not well: {verdict}, revision {found}")


def replace(source: Path) -> None:
    """Put the database in ``source`` in the place of the site's own.

    :raises MomaError: when somebody uses that, or Postgres' programs fail.
    """
    db.session.remove()
    db.engine.dispose()
    if is_sqlite():
        try:
            with closing(sqlite3.connect(source)) as saved, closing(sqlite3.connect(_sqlite_path())) as live:
                live.execute("BEGIN IMMEDIATE")  # the copying itself would wait for ever for whoever writes
                live.rollback()
                saved.backup(live)
        except sqlite3.Error as error:
            raise MomaError(f"The database cannot be replaced: {error}. Stop what uses it.") from error
    else:
        upgrade()  # so that there is something to replace
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _run_postgres("pg_restore", *options, str(source), needed_for="Restoring a backup")


def _sqlite_path() -> str:
    return str(make_url(current_app.config["DATABASE_URL"]).database)


def _run_postgres(program: str, *arguments: str, needed_for: str) -> None:
    """Run one of Postgres' programs on the site's database; the password travels in the environment."""
    found = _find(program, needed_for, *arguments)
    url = make_url(current_app.config["DATABASE_URL"])
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [found, f"--dbname={_public_address()}", *arguments], env=environment, capture_output=True, check=False
    )
    if done.returncode:
        raise MomaError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")


def _find(program: str, needed_for: str, *arguments: str) -> str:
    found = shutil.which(program)
    if found is None:
        command = " ".join((program, f"--dbname={_public_address()}", *arguments))
        raise MomaError(f"{needed_for} of a Postgres database needs {program}, which is not on the path: {command}")
    return found


def _public_address() -> str:
    url = make_url(current_app.config["DATABASE_URL"])
    return url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
