"""The gallery: finished, public walks, newest first, in keyset pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import selectinload

from app import search
from app.commission import find
from app.database import db
from app.errors import InvalidInput, WalkGone, WalkNotFound
from app.models import FINISHED, ID, Walk

Key = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Page:
    """Some walks in a row, the cursors beside them (``None`` where the row ends), and how many walks are newer."""

    walks: list[Walk]
    newer: str | None
    older: str | None
    found: int | None = None
    behind: int = 0


def hanging() -> Select[tuple[Walk]]:
    """Select the walks that the public may see in the gallery."""
    return select(Walk).where(
        Walk.state == FINISHED, Walk.unlisted.is_(False), Walk.deleted_at.is_(None), Walk.hidden_at.is_(None)
    )


def total() -> int:
    """Count the walks that hang."""
    return db.session.scalar(select(func.count()).select_from(hanging().subquery())) or 0


def recent(limit: int, *, besides: Walk | None = None, featured_first: bool = False) -> list[Walk]:
    """Return the newest walks that hang; with ``featured_first``, behind those that the house chose last."""
    query = hanging() if besides is None else hanging().where(Walk.number != besides.number)
    chosen = _featured(query, limit) if featured_first else []
    others = query.where(Walk.featured_at.is_(None)) if featured_first else query
    newest = others.order_by(Walk.finished_at.desc(), Walk.number.desc()).limit(limit - len(chosen))
    return chosen + (_run(newest) if len(chosen) < limit else [])


def _featured(query: Select[tuple[Walk]], limit: int) -> list[Walk]:
    numbers = db.session.scalars(select(Walk.number).where(Walk.featured_at.is_not(None))).all()
    if not numbers:  # as on most sites; asked together, SQLite would look through all that hangs
        return []
    return _run(
        query.where(Walk.number.in_(numbers)).order_by(Walk.featured_at.desc(), Walk.number.desc()).limit(limit)
    )


def page(query: str = "", *, cursor: str | None = None, limit: int | None = None) -> Page:
    """Return one page of the gallery, of those walks that match ``query`` if it holds words.

    :raises InvalidInput: for an unusable query or a forged cursor.
    """
    limit = limit or int(current_app.config["PAGE_SIZE"])
    select_walks = hanging()
    condition = search.matching(query) if query.strip() else None
    if query.strip():
        if condition is None:
            return Page([], None, None, found=0)
        select_walks = select_walks.where(condition)
    newer_than, key = _read_cursor(cursor) if cursor else (False, None)
    walks = _neighbours(select_walks, key, limit + 1, newer=newer_than)
    more = len(walks) > limit
    walks = walks[:limit]
    if newer_than:
        walks.reverse()
    found = _count(condition) if condition is not None else None
    return Page(
        walks,
        newer=_cursor(walks[0], newer=True) if walks and (more if newer_than else key is not None) else None,
        older=_cursor(walks[-1], newer=False) if walks and (newer_than or more) else None,
        found=found,
        behind=_count_newer(select_walks, walks[0]) if walks and key is not None else 0,
    )


def walk_at(walk_id: str, *, even_hidden: bool = False) -> Walk:
    """Return the walk with this id (a slug may follow it after a hyphen); one that the house hid to operators only.

    :raises WalkNotFound: when there never was one.
    :raises WalkGone: when it was deleted or is hidden.
    """
    name = walk_id.partition("-")[0]
    walk = find(name) if ID.fullmatch(name) else None  # no other text reaches the database
    if walk is None:
        raise WalkNotFound("No walk has this address. It may have been mistyped.")
    if walk.deleted_at is not None:
        raise WalkGone("Its owner took it down. Its pictures are gone.")
    if walk.hidden_at is not None and not even_hidden:
        raise WalkGone("The house has taken it down.")
    return walk


def _neighbours(query: Select[tuple[Walk]], key: Key | None, limit: int, *, newer: bool) -> list[Walk]:
    place = tuple_(Walk.finished_at, Walk.number)
    if key is not None:
        query = query.where(place > key if newer else place < key)
    order = (Walk.finished_at.asc(), Walk.number.asc()) if newer else (Walk.finished_at.desc(), Walk.number.desc())
    return _run(query.order_by(*order).limit(limit))


def _run(query: Select[tuple[Walk]]) -> list[Walk]:
    options = (selectinload(Walk.stops), selectinload(Walk.media))
    return list(db.session.scalars(query.options(*options)))


def _count(condition: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(hanging().where(condition).subquery())) or 0


def _count_newer(query: Select[tuple[Walk]], walk: Walk) -> int:
    newer = query.where(tuple_(Walk.finished_at, Walk.number) > (walk.finished_at, walk.number))
    return db.session.scalar(select(func.count()).select_from(newer.subquery())) or 0


def _serializer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="gallery")


def _cursor(walk: Walk, *, newer: bool) -> str:
    finished = walk.finished_at
    assert finished is not None  # noqa: S101 - hanging walks are finished
    text = _serializer().dumps([newer, finished.isoformat(), walk.number])
    return text if isinstance(text, str) else text.decode()


def _read_cursor(text: str) -> tuple[bool, Key]:
    try:
        newer, finished, number = _serializer().loads(text)
        return bool(newer), (datetime.fromisoformat(finished), int(number))
    except (BadSignature, ValueError, TypeError) as error:
        raise InvalidInput.on("cursor", message="This cursor was not made here. Begin again without one.") from error
