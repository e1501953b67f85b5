"""One page of a list that is ordered by a row's number, newest first, with signed cursors to its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from flask import current_app
from sqlalchemy import Select, func, select

from app.collection.gallery import cursors
from app.storage.database import db

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.orm.interfaces import ORMOption


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NumberPage(Generic[T]):
    """One page of rows, newest first.

    ``newer`` and ``older`` are the cursors of the neighbouring pages, ``behind`` is the number of rows on pages before
    this one, ``total`` the number of all rows.
    """

    rows: list[T]
    newer: str | None = None
    older: str | None = None
    behind: int = 0
    total: int = 0


def load(
    query: Select[tuple[T]],
    number: InstrumentedAttribute[int],
    *,
    order: str,
    of: str,
    cursor: str | None = None,
    limit: int | None = None,
    options: tuple[ORMOption, ...] = (),
) -> NumberPage[T]:
    """Return one page of the rows that ``query`` selects, by descending ``number``.

    :param number: the column by which the rows are ordered; each of the query's rows has its own.
    :param order: the name of the list's order, which its cursors carry.
    :param of: whose list it is, such as an owner's hash; a cursor of another one is refused.
    :param limit: the size of the page, by default ``PAGE_SIZE``.
    :param options: how related rows are loaded.
    :raises InvalidInput: for an invalid cursor.
    """
    limit = limit or int(current_app.config["PAGE_SIZE"])
    upwards, place = _decode(cursor, order, of) if cursor else (False, None)
    part = query.add_columns(number).options(*options).limit(limit + 1)
    if place is not None:
        part = part.where(number > place if upwards else number < place)
    loaded = db.session.execute(part.order_by(number.asc() if upwards else number.desc())).all()
    more, loaded = len(loaded) > limit, loaded[:limit]
    if upwards:
        loaded = loaded[::-1]
    total = _count(query, number)
    if not loaded:
        return NumberPage([], total=total)
    first, last = loaded[0][1], loaded[-1][1]
    behind = _count(query.where(number > first), number)
    return NumberPage(
        [row for row, _number in loaded],
        newer=_encode(order, True, first, of) if behind else None,
        older=_encode(order, False, last, of) if more or upwards else None,
        behind=behind,
        total=total,
    )


def _count(query: Select[tuple[T]], number: InstrumentedAttribute[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.with_only_columns(number).subquery())) or 0


def _encode(order: str, upwards: bool, number: int, of: str) -> str:
    return cursors.encode(order, upwards, number, of[:16])


def _decode(text: str, order: str, of: str) -> tuple[bool, int]:
    upwards, number, whose = cursors.decode(text, order, bool, int, str)
    if whose != of[:16]:
        raise cursors.invalid_cursor()
    return bool(upwards), int(number)
