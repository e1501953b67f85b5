"""Schema compatibility: the database records which code runs on it, since older code cannot know newer revisions.

Each migration names as ``oldest_code`` the oldest revision whose code runs on the resulting schema, and the database
stores that value. A program that meets an unknown revision runs on it if it knows that oldest one
(docs/how-to/operators/upgrading.md).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select
from sqlalchemy.exc import NoSuchTableError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

TABLE = "schema_compatibility"


def table(metadata: MetaData) -> Table:
    """Return the table whose single row names the oldest revision whose code runs on the schema."""
    return Table(TABLE, metadata, Column("oldest_code", String(32), primary_key=True))


def oldest_code(connection: Connection) -> str | None:
    """Return the recorded oldest revision; ``None`` if the database is older than this table."""
    if not inspect(connection).has_table(TABLE):
        return None
    return cast(str | None, connection.scalar(select(table(MetaData()).c.oldest_code)))


def runs_on(connection: Connection, known: Collection[str]) -> bool:
    """Return whether code that knows the revisions ``known`` runs on the database, whatever its own revision is."""
    return oldest_code(connection) in known


def note(connection: Connection, scripts: ScriptDirectory, revision: str | None) -> None:
    """Record in the database the ``oldest_code`` of its new revision; called by the migrations' environment.

    :raises ValueError: when the migration does not name its ``oldest_code``.
    """
    try:
        found = Table(TABLE, MetaData(), autoload_with=connection)
    except NoSuchTableError:  # the revision that creates the table has not run, or was just reverted
        return
    named = declared(scripts, revision)
    if named is None:
        raise ValueError(f"Migration {revision} does not name its oldest_code: CONTRIBUTING.md says how")
    connection.execute(delete(found))
    connection.execute(insert(found).values(oldest_code=named))


def declared(scripts: ScriptDirectory, revision: str | None) -> str | None:
    """Return the ``oldest_code`` that a migration names; ``None`` without a revision or a name."""
    script: Any = scripts.get_revision(revision) if revision else None
    return getattr(script.module, "oldest_code", None) if script else None
