"""Databases that answer but accept no writes: recognise their errors."""

import sqlite3

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError

READ_ONLY = "25006"
REFUSES = "The database refuses writes"
STATES = {READ_ONLY, "42501"}
"""Postgres' SQLSTATEs for a read-only transaction and for a missing privilege (appendix A of its manual)."""
BASE_CODE = 0xFF  # of SQLite's extended error codes
SQLITE_REFUSALS = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
PROBE = text("UPDATE alembic_version SET version_num = version_num WHERE 1 = 0")
"""Changes nothing; a database that refuses writes refuses it too."""


def is_refusal(error: BaseException | None) -> bool:
    """Return whether a driver's error means that the database accepts no writes."""
    code = getattr(error, "sqlite_errorcode", None)
    is_of_sqlite = isinstance(code, int) and code & BASE_CODE in SQLITE_REFUSALS
    return is_of_sqlite or getattr(error, "sqlstate", None) in STATES


def translate_errors(engine: Engine) -> None:
    """Make ``engine`` raise refusals as OperationalError, like other outages; psycopg gives them other classes.

    A connection to a read-only server is not used again: after a failover the address leads to another server.
    """

    @event.listens_for(engine, "handle_error", retval=True)
    def translate(context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        if not is_refusal(error):
            return None
        if getattr(error, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True
        if isinstance(context.sqlalchemy_exception, OperationalError):
            return None
        return OperationalError(context.statement, None, error, hide_parameters=True)
