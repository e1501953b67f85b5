"""Whether the database answers, and whether it can be written to."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.storage import refusals
from app.storage.database import db, is_sqlite
from app.storage.engines import BUSY_TIMEOUT_MS

UNREACHABLE = "The database cannot be reached"


def ping() -> str:
    """Run a trivial query; return ``""`` if the database answers, else the reason why it does not."""
    try:
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
    except SQLAlchemyError as error:
        db.session.rollback()
        return f"{UNREACHABLE}: {reason_of(error)}"
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


def reason_of(error: SQLAlchemyError) -> str:
    """Return the first line of the driver's message."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
