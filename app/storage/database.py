"""The database: its handle, its options on SQLite and Postgres, and `writing`, the one way to write to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app, has_app_context, has_request_context
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.core.config import ROOT
from app.storage import compatibility, disk_space, refusals
from app.storage.checkpoints import BACKSTOP_PAGES, Checkpointer
from app.storage.session import Session as HoldingSession
from app.storage.write_places import WritePlaces
from app.storage.write_turns import WriterLock

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MIGRATIONS = ROOT / "migrations"
BUSY_TIMEOUT_MS = 10_000
# secure_delete overwrites deleted rows, and the words in them.
PRAGMAS = "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"
CONNECTIONS = 10  # of one process to Postgres: as many as gunicorn has threads, and some for indexes
POOLED_CONNECTIONS = 5
LOCK_SECONDS = 60  # Postgres' lock_timeout; a process that waits longer gets an error and tries again
KEEPALIVE_SECONDS = 30, 5, 3  # TCP keepalive: idle time, interval, and probes until a connection counts as lost
CONNECT_SECONDS = 3  # how long a page waits for a server that does not answer
CLOCK, TURNS, PLACES = "moma_clock", "moma_write_turns", "moma_write_places"
CLOCK_SECONDS = 30.0  # between two readings of the database's clock
LINE_LOCK = 0x6D6F6D61  # the key of the advisory lock: any number, the same in every process of the site
REVISION = "SELECT max(version_num) FROM alembic_version"
UPGRADE = "flask --app wsgi db upgrade"
UNREACHABLE = "The database cannot be reached"
EMPTY = f"The database is empty. Run: {UPGRADE}"
RESTORE = f"Put a backup back in its place, or begin with an empty database; then run: {UPGRADE}"


class Base(DeclarativeBase):
    """Declarative base with named constraints, so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(TypeDecorator[datetime]):
    """A column of timezone-aware UTC times, also on SQLite, which stores no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(model_class=Base, session_options={"class_": HoldingSession, "expire_on_commit": False})
compatibility.table(db.metadata)
migrate = Migrate(directory=str(MIGRATIONS), render_as_batch=True)


def now() -> datetime:
    """Return the current time in UTC, timezone-aware: Postgres' own if that is the database, as hosts' clocks differ.

    Postgres' clock is read every `CLOCK_SECONDS`; between two readings a monotonic clock is added to it.
    """
    if not has_app_context() or db.engine.dialect.name == "sqlite":  # whose processes share one host
        return datetime.now(UTC)
    read_at, reading = current_app.extensions.get(CLOCK, (-inf, None))
    if monotonic() - read_at > CLOCK_SECONDS:
        with suppress(SQLAlchemyError), db.engine.connect() as connection:  # outside the session's transaction
            began = monotonic()
            shown = connection.scalar(select(func.clock_timestamp()))
            read_at, reading = current_app.extensions[CLOCK] = (began + monotonic()) / 2, shown.astimezone(UTC)
    return datetime.now(UTC) if reading is None else reading + timedelta(seconds=monotonic() - read_at)


def init_app(app: Flask) -> None:
    """Attach the database to ``app``; set timeouts on Postgres, and WAL and a writer lock on SQLite."""
    url = app.config["DATABASE_URL"]
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if make_url(url).get_backend_name() == "sqlite":
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    else:
        options = {
            "pool_pre_ping": True,
            "connect_args": _connect_options(url, has_pooler=app.config["DATABASE_POOLER"]),
        }
        options |= {"pool_size": POOLED_CONNECTIONS, "max_overflow": CONNECTIONS - POOLED_CONNECTIONS}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options | {
        "hide_parameters": True
    }  # errors are logged, but prompts must not be
    app.extensions[PLACES] = WritePlaces()
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        disk_space.append_cure(db.engine)
        refusals.translate_errors(db.engine)
        if db.engine.dialect.name == "sqlite":
            _share_sqlite(db.engine)
            if (name := db.engine.url.database) not in (None, "", ":memory:"):
                app.extensions[TURNS] = WriterLock(Path(name), BUSY_TIMEOUT_MS / 1000)
        else:
            _watch_postgres(db.engine)
            if app.config["DATABASE_POOLER"]:
                _set_timeout_by_transaction(db.engine)


def start_checkpoints(app: Flask) -> None:
    """Make checkpoints of SQLite in a thread instead of in commits; for processes that serve, not for commands."""
    turns = app.extensions.get(TURNS)
    if turns is None:  # Postgres, or in memory
        return
    with app.app_context():
        checkpoints = Checkpointer(Path(str(db.engine.url.database)), turns)

        @event.listens_for(db.engine, "connect")
        def configure(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA wal_autocheckpoint={BACKSTOP_PAGES}")

        @event.listens_for(db.engine, "commit")
        def notify(connection: Connection) -> None:
            if connection.get_execution_options().get("writes", False):
                checkpoints.notify()

        db.engine.dispose()  # connections that were opened before
    checkpoints.start()


def _connect_options(url: str, *, has_pooler: bool) -> dict[str, Any]:
    """Return keepalive and lock timeouts with which each side detects a dead peer; options in the URL are not replaced.

    Without them a statement waits for hours for an unreachable server, and the server keeps the locks of an unreachable
    client. A pooler refuses options of a session, and keeps no prepared statements.
    """
    idle, between, count = KEEPALIVE_SECONDS
    lost_ms = 1000 * (idle + between * count)
    server_options = {
        "lock_timeout": 1000 * LOCK_SECONDS, "tcp_keepalives_idle": idle, "tcp_keepalives_interval": between,
        "tcp_keepalives_count": count, "tcp_user_timeout": lost_ms,
    }  # fmt: skip
    client_options = {
        "connect_timeout": CONNECT_SECONDS, "keepalives": 1, "keepalives_idle": idle, "keepalives_interval": between,
        "keepalives_count": count, "tcp_user_timeout": lost_ms,
        "options": " ".join(f"-c {name}={value}" for name, value in server_options.items()),
    }  # fmt: skip
    if has_pooler:
        client_options |= {"prepare_threshold": None}
        del client_options["options"]
    return {name: value for name, value in client_options.items() if name not in make_url(url).query}


def _set_timeout_by_transaction(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {1000 * LOCK_SECONDS}")


def _share_sqlite(engine: Engine) -> None:
    """Set the pragmas; take the write lock at BEGIN, as busy_timeout does not cover an upgrade from read to write."""

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not send BEGIN itself
        cursor = connection.cursor()
        _hide(engine)
        for pragma in (*PRAGMAS, f"busy_timeout={BUSY_TIMEOUT_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _hide(engine: Engine) -> None:
    """Deny other users than the owner and the group the database; SQLite copies the mode to its other files."""
    file = Path(engine.url.database or ":memory:")
    with suppress(OSError):  # it is in memory, or another user's
        mode = file.stat().st_mode & 0o777
        if mode & 0o007:
            file.chmod(mode & ~0o007)


def _watch_postgres(engine: Engine) -> None:
    from app.storage.postgres_timeout import watch  # the driver is not loaded where SQLite is used

    watch(engine)


@contextmanager
def writing() -> Iterator[Session]:
    """Open a write transaction; commit at the end, roll back on any error.

    A read transaction that is still open is committed first, so nothing unsaved may be pending in the session.

    :raises OperationalError: when the database is busy, or half of the threads that answer requests write already.
    """
    session: Session = db.session()
    if session.in_transaction():
        session.commit()

    with ExitStack() as stack:
        if has_request_context():
            stack.enter_context(current_app.extensions[PLACES].hold())
        turns = cast(WriterLock | None, current_app.extensions.get(TURNS))
        begin = partial(session.connection, execution_options={"writes": True})
        if turns:
            stack.enter_context(turns.hold(begin))
        else:
            begin()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def head() -> str:
    """Return the schema revision that the code is written for."""
    return str(_migrations().get_current_head())


def revisions() -> frozenset[str]:
    """Return the revisions that the code knows: its own and all earlier ones."""
    return frozenset(script.revision for script in _migrations().walk_revisions())


@cache
def _migrations() -> ScriptDirectory:
    """Load the migrations, once in a process; most processes need neither them nor Alembic."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS))


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
    from alembic.runtime.migration import MigrationContext

    code, known = head(), revisions()
    try:
        with db.engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
            missing, present = _compare_columns(connection)
            runs = compatibility.runs_on(connection, known)
    except SQLAlchemyError as error:
        return f"{UNREACHABLE}: {_reason(error)}"
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


def _compare_columns(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the columns of our tables that the database lacks, as ``table.column``, and which of our tables it has."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names()) & set(db.metadata.tables)
    columns = inspector.get_multi_columns(filter_names=sorted(tables)) if tables else {}
    there = {f"{table}.{column['name']}" for (_, table), details in columns.items() for column in details}
    wanted = [f"{table.name}.{column.name}" for table in db.metadata.sorted_tables for column in table.columns]
    return [name for name in wanted if name not in there], sorted(tables)


def ping() -> str:
    """Run a trivial query; return ``""`` if the database answers, else the reason why it does not."""
    try:
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
    except SQLAlchemyError as error:
        db.session.rollback()
        return f"{UNREACHABLE}: {_reason(error)}"
    return ""


def find_refusal() -> str:
    """Return why the database refuses writes; ``""`` if it accepts them, is only busy, or does not answer."""
    try:
        with db.engine.connect() as connection:
            if is_sqlite():  # a database that others write to is not waited for
                connection.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                connection.execute(refusals.PROBE)
            finally:
                if is_sqlite():
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    except SQLAlchemyError as error:
        original = getattr(error, "orig", None)
        return f"{refusals.REFUSES}: {str(original).splitlines()[0]}" if refusals.is_refusal(original) else ""
    return ""


def upgrade() -> None:
    """Migrate the current application's database to the code's revision."""
    from flask_migrate import upgrade as run

    run(directory=str(MIGRATIONS))


def is_sqlite() -> bool:
    """Return whether the current application's database is SQLite."""
    return str(make_url(current_app.config["DATABASE_URL"]).get_backend_name()) == "sqlite"


def take_advisory_lock(session: Session) -> None:
    """Hold the site's advisory lock until the transaction ends, so that such transactions run one at a time.

    Does nothing on SQLite, which has one writer at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LINE_LOCK)))


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
