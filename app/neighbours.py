"""Walks that start where another ends, and those that end where it starts: the same words by the same hand."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.database import db
from app.models import FINISHED, Stop, Walk


def mark(walk: Walk) -> None:
    """Write down where ``walk`` starts and ends, by which its neighbours find it."""
    walk.starts, walk.ends = _key(walk.stops[0]), _key(walk.stops[-1])


def after(walk: Walk, limit: int, *, besides: Sequence[Walk] = ()) -> list[Walk]:
    """Return the newest walks that hang and start where ``walk`` ends, but for those shown already."""
    return _hanging(Walk.starts, walk.ends, limit, [walk, *besides])


def before(walk: Walk, limit: int, *, besides: Sequence[Walk] = ()) -> list[Walk]:
    """Return the newest walks that hang and end where ``walk`` starts, but for those shown already."""
    return _hanging(Walk.ends, walk.starts, limit, [walk, *besides])


def _hanging(
    column: InstrumentedAttribute[int | None], key: int | None, limit: int, besides: Sequence[Walk]
) -> list[Walk]:
    if key is None:  # not marked yet: see `gallery reindex`
        return []
    conditions: list[ColumnElement[bool]] = [
        column == key,
        func.coalesce(Walk.state, "") == FINISHED,  # else SQLite would walk through all that hangs, not this index
        Walk.unlisted.is_(False),
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
        Walk.number.not_in([walk.number for walk in besides]),
    ]
    # in the order of the index that finds them, so that no more than a few rows are read of a popular stop
    newest = select(Walk).where(*conditions).order_by(Walk.finished_at.desc(), Walk.number.desc()).limit(limit)
    return list(db.session.scalars(newest.options(selectinload(Walk.stops), selectinload(Walk.media))))


def _key(stop: Stop) -> int:
    """Hash a stop's words and hand, whatever its case and spaces: 64 bits, signed as databases keep them."""
    words = " ".join(unicodedata.normalize("NFKC", stop.prompt).casefold().split())
    return int.from_bytes(hashlib.sha256(f"{stop.hand}\n{words}".encode()).digest()[:8], "big", signed=True)
