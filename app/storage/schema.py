"""The database's schema: which revision it is at, whether it agrees with the code's, and how to migrate it."""

import re
from functools import cache
from typing import cast

from flask import Flask
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from app.core.config import ROOT
from app.storage import compatibility
from app.storage.database import db
from app.storage.database_health import UNREACHABLE, reason_of

MIGRATIONS = ROOT / "migrations"
REVISION = "SELECT max(version_num) FROM alembic_version"
UPGRADE = "flask --app wsgi db upgrade"
EMPTY = f"The database is empty. Run: {UPGRADE}"
RESTORE = f"Put a backup back in its place, or begin with an empty database; then run: {UPGRADE}"


def set_up_migrations(app: Flask) -> None:
    """Set up Flask-Migrate in ``app``; most processes migrate nothing and do not import it."""
    from flask_migrate import Migrate

    Migrate(directory=str(MIGRATIONS), render_as_batch=True).init_app(app, db)


def upgrade() -> None:
    """Migrate the current application's database to the code's revision."""
    from flask_migrate import upgrade as run

    run(directory=str(MIGRATIONS))


def head() -> str:
    """Return the schema revision that the code is written for."""
    earlier = set(_migrations().values())
    (newest,) = (revision for revision in _migrations() if revision not in earlier)
    return newest


def revisions() -> frozenset[str]:
    """Return the revisions that the code knows: its own and all earlier ones."""
    return frozenset(_migrations())


@cache
def _migrations() -> dict[str, str]:
    """Return each migration's revision and the one before it (``""`` for the first), read once, without Alembic."""
    texts = [path.read_text("utf-8") for path in (MIGRATIONS / "versions").glob("*.py")]
    return {_assigned(text, "revision"): _assigned(text, "down_revision") for text in texts}


def _assigned(text: str, name: str) -> str:
    found = re.search(rf'^{name} = "(.+)"$', text, re.MULTILINE)
    return found[1] if found else ""


def recorded_revision() -> str | None:
    """Return the revision recorded in the database; ``None`` while a migration runs."""
    return cast(str | None, db.session.scalar(text(REVISION)))


def is_newer(known: frozenset[str]) -> bool:
    """Return whether the database is at a revision newer than those ``known``, on which that code still runs."""
    revision = recorded_revision()
    return revision is not None and revision not in known and compatibility.runs_on(db.session.connection(), known)


def schema_notice() -> str:
    """Return a notice that the database is newer than the code but compatible, and what to do; ``""`` if it is not."""
    try:
        revision, newer = recorded_revision(), is_newer(revisions())
    except SQLAlchemyError:
        return ""  # `ping` and `schema_state` report a database that does not answer
    finally:
        db.session.rollback()
    return newer_sentence(revision, head()) if newer else ""


def newer_sentence(revision: str | None, ours: str) -> str:
    """Return the notice that a database at ``revision`` is newer than the code (``ours``) but compatible."""
    return (
        f"The database is at revision {revision}, which is newer than the code ({ours}) and still runs with it. "
        "Finish the upgrade: start this program from the newer release."
    )


def schema_state() -> str:
    """Compare the database's schema with the code's; return ``""`` if they agree, else what to run, in a sentence.

    The sentences differ for an empty database, an older one, a newer one, and one whose migration was interrupted. A
    newer one agrees if it records that the code runs on it and has every column that the code knows.
    """
    code, known = head(), revisions()
    try:
        with db.engine.connect() as connection:
            heads = _heads(connection)
            missing, present = _compare_columns(connection)
            runs = compatibility.runs_on(connection, known)
    except SQLAlchemyError as error:
        return f"{UNREACHABLE}: {reason_of(error)}"
    if not heads and not present:
        return EMPTY
    if len(heads) != 1:
        lacks = "more than one" if heads else "no"
        return f"The database was left half-migrated: it has tables of ours and {lacks} recorded revision. {RESTORE}"
    (revision,) = heads
    if revision not in known and not runs:
        return (
            f"The database is at revision {revision}, which is newer than the code ({code}). Update the code, or run "
            f"with the newer code: flask --app wsgi db downgrade {code}"
        )
    if revision != code and revision in known:
        return f"The database is at revision {revision}, the code at {code}. Run: {UPGRADE}"
    if missing:
        return f"The database was left half-migrated: it is at revision {revision} but lacks {missing[0]}. {RESTORE}"
    return ""


def _heads(connection: Connection) -> list[str]:
    """Return the revisions that Alembic recorded."""
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _compare_columns(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the columns of our tables that the database lacks, as ``table.column``, and which of our tables it has."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names()) & set(db.metadata.tables)
    columns = inspector.get_multi_columns(filter_names=sorted(tables)) if tables else {}
    there = {f"{table}.{column['name']}" for (_, table), details in columns.items() for column in details}
    wanted = [f"{table.name}.{column.name}" for table in db.metadata.sorted_tables for column in table.columns]
    return [name for name in wanted if name not in there], sorted(tables)
