"""Which code runs on a schema: the database says it, since older code cannot know what came after it.

Each migration names, as ``oldest_code``, the oldest revision whose code runs on the schema that it leaves. The database
keeps that of its own revision. A program that finds a revision it does not know runs on it if it knows the oldest
(docs/upgrading.md).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select
from sqlalchemy.exc import NoSuchTableError

TABLE = "schema_compatibility"


def table(metadata: MetaData) -> Table:
    """Describe the table of one row that names the oldest revision whose code runs on the schema."""
    return Table(TABLE, metadata, Column("oldest_code", String(32), primary_key=True))


def oldest_code(connection: Connection) -> str | None:
    """Return what the database says; ``None`` where it is of before there was such a word."""
    if not inspect(connection).has_table(TABLE):
        return None
    return cast(str | None, connection.scalar(select(table(MetaData()).c.oldest_code)))


def runs_on(connection: Connection, known: Collection[str]) -> bool:
    """Tell whether code that knows the revisions ``known`` runs on the database, whatever its revision is."""
    return oldest_code(connection) in known


def note(connection: Connection, scripts: ScriptDirectory, revision: str | None) -> None:
    """Have the database say with which code its new revision runs; for the migrations' environment.

    :raises ValueError: when the migration does not say it.
    """
    try:
        found = Table(TABLE, MetaData(), autoload_with=connection)
    except NoSuchTableError:  # on the way to, or back from, the revision that brought it
        return
    named = declared(scripts, revision)
    if named is None:
        raise ValueError(f"Migration {revision} does not name its oldest_code: CONTRIBUTING.md says how")
    connection.execute(delete(found))
    connection.execute(insert(found).values(oldest_code=named))


def declared(scripts: ScriptDirectory, revision: str | None) -> str | None:
    """Return the ``oldest_code`` of a migration."""
    script: Any = scripts.get_revision(revision) if revision else None
    return getattr(script.module, "oldest_code", None) if script else None
