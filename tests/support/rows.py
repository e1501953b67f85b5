"""Rows of the database: the type of what makes walks, and rows changed as workers, commands and time change them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import inspect, update

from app.storage.database import db, writing
from app.storage.walk_models import Walk

Maker = Callable[..., Walk]
"""A fixture that makes walks: ``request_walk``, ``publish``, and what is built on them."""


def change(rows: Any, *where: Any, **values: object) -> None:
    """Write columns of a row, or of those rows of a model that meet the conditions, and read again what is loaded."""
    with writing() as session:
        if isinstance(rows, type):
            session.execute(update(rows).where(*where).values(**values))
        else:
            row = session.get_one(type(rows), inspect(rows).identity)
            for name, value in values.items():
                setattr(row, name, value)
    db.session.expire_all()


def store(*rows: Any) -> None:
    """Add rows, and read again what is loaded."""
    with writing() as session:
        session.add_all(rows)
    db.session.expire_all()
