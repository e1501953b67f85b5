"""The statements that are sent to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.storage.database import db


@contextmanager
def sent_statements() -> Iterator[list[tuple[str, Any]]]:
    """List what is sent to the database meanwhile: each statement with its values."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
