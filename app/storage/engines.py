"""How connections behave: timeouts of Postgres; pragmas, transactions and the file's mode of SQLite."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

from app.storage import disk_space, refusals

BUSY_TIMEOUT_MS = 10_000
# secure_delete overwrites deleted rows, and the words in them.
PRAGMAS = "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"
CONNECTIONS = 10  # of one process to Postgres: as many as gunicorn has threads, and some for indexes
POOLED_CONNECTIONS = 5
LOCK_SECONDS = 60  # Postgres' lock_timeout; a process that waits longer gets an error and tries again
KEEPALIVE_SECONDS = 30, 5, 3  # TCP keepalive: idle time, interval, and probes until a connection counts as lost
CONNECT_SECONDS = 3  # how long a page waits for a server that does not answer


def options_for(url: str, *, has_pooler: bool) -> dict[str, Any]:
    """Return the options of SQLAlchemy's engine for the database at ``url``."""
    options: dict[str, Any] = {"hide_parameters": True}  # errors are logged, but prompts must not be
    if make_url(url).get_backend_name() == "sqlite":
        return options | {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    pool = {"pool_size": POOLED_CONNECTIONS, "max_overflow": CONNECTIONS - POOLED_CONNECTIONS, "pool_pre_ping": True}
    return options | pool | {"connect_args": _connect_options(url, has_pooler=has_pooler)}


def configure(engine: Engine, *, has_pooler: bool) -> None:
    """Add to an engine what its connections do when they are opened, begin a transaction or meet an error."""
    disk_space.append_cure(engine)
    refusals.translate_errors(engine)
    if engine.dialect.name == "sqlite":
        _share_sqlite(engine)
        return
    from app.storage.postgres_timeout import watch  # the driver is not loaded where SQLite is used

    watch(engine)
    if has_pooler:
        _set_timeout_by_transaction(engine)


def file_of(engine: Engine) -> Path | None:
    """Return the file of a SQLite database; ``None`` for one in memory, and on Postgres."""
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    return None if name in (None, "", ":memory:") else Path(name)


def _connect_options(url: str, *, has_pooler: bool) -> dict[str, Any]:
    """Return keepalive and lock timeouts with which each side detects a dead peer; options in the URL are not replaced.

    Without them a statement waits for hours for an unreachable server, and the server keeps the locks of an unreachable
    client. A pooler refuses options of a session, and keeps no prepared statements.
    """
    idle, between, count = KEEPALIVE_SECONDS
    lost_ms = 1000 * (idle + between * count)
    server_options = {
        "lock_timeout": 1000 * LOCK_SECONDS,
        "tcp_keepalives_idle": idle,
        "tcp_keepalives_interval": between,
        "tcp_keepalives_count": count,
        "tcp_user_timeout": lost_ms,
    }
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
