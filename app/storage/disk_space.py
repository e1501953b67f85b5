"""A disk without room: how it is known by what a store or a database raises, and what is said of it."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

CURE = "Make room there (flask --app wsgi media prune)"
OF_POSTGRES = "Make room on the disk of the database's server"
DISK_FULL = "53100"
"""Postgres' code for it (appendix A of its manual)."""


def is_full(error: BaseException | None) -> bool:
    """Tell whether a disk or a quota has no room left."""
    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(error, "sqlstate", None) == DISK_FULL
    )


def append_cure(engine: Engine) -> None:
    """Have a database's own words be followed by what to do, wherever they are shown, where its disk is full."""
    cure = CURE if engine.dialect.name == "sqlite" else OF_POSTGRES

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> None:
        if is_full(context.original_exception):
            for error in (context.original_exception, context.sqlalchemy_exception):
                if error is not None:
                    error.args = (f"{str(error.args[0]).splitlines()[0]}. {cure}", *error.args[1:])
