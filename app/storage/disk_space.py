"""Full disks: recognise them by the errors of stores and databases, and say what to do."""

import errno
import sqlite3

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

CURE = "Make room there (flask --app wsgi media prune)"
OF_POSTGRES = "Make room on the disk of the database's server"
DISK_FULL = "53100"
"""Postgres' SQLSTATE for a full disk (appendix A of its manual)."""


def is_full(error: BaseException | None) -> bool:
    """Return whether an error means that a disk or a quota is full."""
    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(error, "sqlstate", None) == DISK_FULL
    )


def append_cure(engine: Engine) -> None:
    """Append what to do to the message of every error of ``engine`` that a full disk caused."""
    cure = CURE if engine.dialect.name == "sqlite" else OF_POSTGRES

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> None:
        if is_full(context.original_exception):
            for error in (context.original_exception, context.sqlalchemy_exception):
                if error is not None:
                    error.args = (f"{str(error.args[0]).splitlines()[0]}. {cure}", *error.args[1:])
