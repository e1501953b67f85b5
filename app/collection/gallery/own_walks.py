"""The walks of one owner, in every state, unlisted and hidden ones too, in pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.collection.gallery import cursors
from app.storage.database import db
from app.storage.walk_models import Walk

ORDER = "mine"


@dataclass(frozen=True, slots=True)
class OwnWalks:
    """One page of an owner's walks, newest first.

    ``newer`` and ``older`` are the cursors of the neighbouring pages, ``behind`` is the number of walks on pages
    before this one, ``total`` the number of all walks.
    """

    walks: list[Walk]
    newer: str | None = None
    older: str | None = None
    behind: int = 0
    total: int = 0


def page(owner: str, *, cursor: str | None = None, limit: int | None = None) -> OwnWalks:
    """Return one page of the walks whose owner's hash is ``owner``, without deleted ones.

    :raises InvalidInput: for an invalid cursor.
    """
    limit = limit or int(current_app.config["PAGE_SIZE"])
    own = (Walk.owner_hash == owner, Walk.deleted_at.is_(None))
    upwards, number = _decode(cursor, owner) if cursor else (False, None)
    query = select(Walk).where(*own).options(selectinload(Walk.stops), selectinload(Walk.media)).limit(limit + 1)
    if number is not None:
        query = query.where(Walk.number > number if upwards else Walk.number < number)
    rows = list(db.session.scalars(query.order_by(Walk.number.asc() if upwards else Walk.number.desc())))
    more, walks = len(rows) > limit, rows[:limit]
    if upwards:
        walks.reverse()
    total = db.session.scalar(select(func.count()).select_from(Walk).where(*own)) or 0
    if not walks:
        return OwnWalks([], total=total)
    newer = select(func.count()).select_from(Walk).where(*own, Walk.number > walks[0].number)
    behind = db.session.scalar(newer) or 0
    return OwnWalks(
        walks,
        newer=_encode(True, walks[0].number, owner) if behind else None,
        older=_encode(False, walks[-1].number, owner) if more or upwards else None,
        behind=behind,
        total=total,
    )


def _encode(upwards: bool, number: int, owner: str) -> str:
    return cursors.encode(ORDER, upwards, number, owner[:16])


def _decode(text: str, owner: str) -> tuple[bool, int]:
    upwards, number, whose = cursors.decode(text, ORDER, bool, int, str)
    if whose != owner[:16]:
        raise cursors.invalid_cursor()
    return bool(upwards), int(number)
