"""Paths of stored files that a command converts one after another, while the site is running."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select

from app.storage.database import db
from app.storage.walk_models import Medium

CHUNK = 200


def count(query: Select[Any]) -> int:
    """Return how many paths a query of ``Medium.path`` finds."""
    number = db.session.scalar(select(func.count()).select_from(query.distinct().subquery())) or 0
    db.session.rollback()
    return number


def each(query: Select[Any]) -> Iterator[str]:
    """Yield the paths that a query of ``Medium.path`` finds, each once, in order; they are read in chunks.

    No transaction stays open while files are converted. A path that the conversion adds is found if it comes later.
    """
    after = ""
    while paths := list(
        db.session.scalars(query.distinct().where(Medium.path > after).order_by(Medium.path).limit(CHUNK))
    ):
        db.session.rollback()
        yield from paths
        after = paths[-1]
    db.session.rollback()
