"""The database in a backup: copy it as of one moment, check a copy, and replace the site's database with it.

SQLite is copied by its backup API, Postgres by pg_dump and pg_restore. Queries that go with a copy see the same moment:
they run on SQLite's copy, and in Postgres within the snapshot that pg_dump uses.
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

from app.core.errors import MomaError
from app.storage.database import db, is_sqlite
from app.storage.schema import upgrade
from app.upkeep.archives.archive_format import CHUNK, unusable_backup


def kind() -> str:
    """Return the kind of the site's database: ``sqlite`` or ``postgresql``."""
    return "sqlite" if is_sqlite() else "postgresql"


Row = tuple[Any, ...]
Sums = dict[str, dict[str, Any]]
DERIVED = "hung_words"  # the prefix of the tables of SQLite's full-text index, derived from other tables


class Snapshot(NamedTuple):
    """A database at one moment: the rows that each query returned, and each table's row count and SHA-256 sum."""

    answers: list[list[Row]]
    sums: Sums


def copy(target: Path, *queries: str) -> Snapshot:
    """Copy the database as of one moment, also while others write; return the results of ``queries`` at that moment.

    :raises MomaError: when pg_dump is needed, and fails or is missing.
    """
    return _copy_sqlite(target, queries) if is_sqlite() else _copy_postgres(target, queries)


def sums() -> Sums:
    """Return the row count and SHA-256 sum of every table, as they are now."""
    if is_sqlite():
        with closing(sqlite3.connect(_sqlite_path())) as live:
            live.execute("BEGIN")
            return _sums(live.execute)
    with db.engine.connect() as connection:
        reader = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        reader.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        return _sums(reader.exec_driver_sql)


def _sums(execute: Callable[[str], Iterable[Any]]) -> Sums:
    tables = {}
    for name, order in _tables().items():
        digest, count = hashlib.sha256(), 0
        for row in execute(f'SELECT * FROM "{name}" ORDER BY {order}'):  # nosec B608  # noqa: S608 - names of ours
            digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
            count += 1
        tables[name] = {"rows": count, "sha256": digest.hexdigest()}
    return tables


def _tables() -> dict[str, str]:
    """Return the names of the tables, each with the columns to order its rows by."""
    inspector = inspect(db.engine)
    named = [name for name in sorted(inspector.get_table_names()) if not name.startswith(DERIVED)]
    keys = {name: inspector.get_pk_constraint(name)["constrained_columns"] for name in named}
    return {name: ", ".join(f'"{column}"' for column in columns) or "1" for name, columns in keys.items()}


def _copy_sqlite(target: Path, queries: Sequence[str]) -> Snapshot:
    with closing(sqlite3.connect(_sqlite_path())) as live, closing(sqlite3.connect(target)) as copied:
        live.backup(copied)
        return Snapshot([copied.execute(query).fetchall() for query in queries], _sums(copied.execute))


def _copy_postgres(target: Path, queries: Sequence[str]) -> Snapshot:
    """Export a snapshot and hold it while pg_dump reads it (Postgres, "Snapshot Synchronization Functions")."""
    dump = ("--format=custom", "--no-owner", "--file", str(target))
    needed_for = "A backup"
    _find("pg_dump", needed_for, *dump)
    with db.engine.connect() as connection:
        reader = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        snapshot = reader.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        _run_postgres("pg_dump", f"--snapshot={snapshot}", *dump, needed_for=needed_for)
        reader.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        answers = [[tuple(row) for row in reader.exec_driver_sql(query)] for query in queries]
        return Snapshot(answers, _sums(reader.exec_driver_sql))


def extract_database(source: IO[bytes], revision: str, target: Path) -> None:
    """Write a backup's database to ``target``, and check that it can be restored.

    :raises InvalidInput: when SQLite finds it damaged, or it is of another revision.
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
            (recorded,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise unusable_backup(f"holds a database that cannot be read: {error}") from error
    if verdict != "ok" or recorded != revision:
        raise unusable_backup(f"holds a database that is not well: {verdict}, revision {recorded}")


def replace(source: Path) -> None:
    """Replace the site's database with the one in ``source``.

    :raises MomaError: when the database is in use, or pg_restore fails or is missing.
    """
    db.session.remove()
    db.engine.dispose()
    if is_sqlite():
        try:
            with closing(sqlite3.connect(source)) as saved, closing(sqlite3.connect(_sqlite_path())) as live:
                live.execute("BEGIN IMMEDIATE")  # raises if another process writes; the copy would wait for it for ever
                live.rollback()
                saved.backup(live)
        except sqlite3.Error as error:
            raise MomaError(f"The database cannot be replaced: {error}. Stop what uses it.") from error
    else:
        upgrade()  # pg_restore --clean expects the tables to be there
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        _run_postgres("pg_restore", *options, str(source), needed_for="Restoring a backup")


def _sqlite_path() -> str:
    return str(make_url(current_app.config["DATABASE_URL"]).database)


def _run_postgres(program: str, *arguments: str, needed_for: str) -> None:
    """Run one of Postgres' programs on the site's database; pass the password in the environment.

    :raises MomaError: when the program fails or is missing, or the address is that of a pooler; ``needed_for`` begins
        the latter messages.
    """
    if current_app.config["DATABASE_POOLER"]:  # the programs change their session, which others would get next
        raise MomaError(
            f"{needed_for} needs a session of its own, and DATABASE_POOLER is set. Run it with the server's own "
            "address: MOMA_DATABASE_POOLER=false MOMA_DATABASE_URL=postgresql://…"
        )
    path = _find(program, needed_for, *arguments)
    url = make_url(current_app.config["DATABASE_URL"])
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [path, f"--dbname={_public_address()}", *arguments], env=environment, capture_output=True, check=False
    )
    if done.returncode:
        raise MomaError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")


def _find(program: str, needed_for: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        command = " ".join((program, f"--dbname={_public_address()}", *arguments))
        raise MomaError(f"{needed_for} of a Postgres database needs {program}, which is not on the path: {command}")
    return path


def _public_address() -> str:
    url = make_url(current_app.config["DATABASE_URL"])
    return url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
