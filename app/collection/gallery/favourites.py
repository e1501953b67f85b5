"""Favourites: the walks that a visitor marked with the star, known by the hash of their cookie."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.collection.gallery import number_pages
from app.collection.gallery.number_pages import NumberPage
from app.core.errors import Conflict
from app.core.i18n.formatting import number
from app.core.i18n.gettext import _
from app.storage.collection_models import Favourite
from app.storage.database import db, writing
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import lookup

ORDER = "favourites"
FAVOURITES_MAX = 10_000


def add(walk: Walk, owner: str, *, admit: Callable[[], None]) -> None:
    """Make a walk a favourite of the visitor with this hash; a favourite stays one.

    :param admit: checks the rate limit; may raise to refuse the favourite.
    :raises Conflict: when the walk is not finished, or the visitor has ``FAVOURITES_MAX`` favourites.
    """
    if is_favourite(walk, owner):
        return
    if walk.state != FINISHED:
        raise Conflict(_("Only a walk that is painted can be a favourite."))
    if _count(owner) >= FAVOURITES_MAX:
        message = _("%(most)s favourites are as many as a visitor can have.", most=number(FAVOURITES_MAX))
        raise Conflict(message)
    admit()
    there = select(Walk.number).where(Walk.number == walk.number, Walk.deleted_at.is_(None))
    with suppress(IntegrityError), writing() as session:  # the same click twice
        if session.scalar(there.with_for_update(read=True)) is not None:
            session.add(Favourite(owner_hash=owner, walk_number=walk.number))


def remove(walk: Walk, owner: str) -> None:
    """Take the star from a walk; one without it stays as it is."""
    with writing() as session:
        session.execute(delete(Favourite).where(Favourite.owner_hash == owner, Favourite.walk_number == walk.number))


def is_favourite(walk: Walk, owner: str | None) -> bool:
    """Return whether a walk is a favourite of the visitor with this hash, if there is one."""
    if owner is None:
        return False
    query = select(Favourite.number).where(Favourite.owner_hash == owner, Favourite.walk_number == walk.number)
    return db.session.scalar(query) is not None


def page(owner: str, *, cursor: str | None = None, limit: int | None = None) -> NumberPage[Walk]:
    """Return one page of a visitor's finished favourites, neither hidden nor deleted, the last marked first.

    :raises InvalidInput: for an invalid cursor.
    """
    options = selectinload(Walk.stops), selectinload(Walk.media)
    query = lookup.select_shown().join(Favourite, Favourite.walk_number == Walk.number)
    query = query.where(Favourite.owner_hash == owner)
    shown: NumberPage[Walk] = number_pages.load(
        query, Favourite.number, order=ORDER, of=owner, cursor=cursor, limit=limit, options=options
    )
    return replace(shown, rows=lookup.without_deleted(shown.rows))


def delete_all_of(owner: str) -> int:
    """Delete all favourites of a visitor; return how many there were."""
    with writing() as session:
        deleted = session.execute(delete(Favourite).where(Favourite.owner_hash == owner))
    return int(deleted.rowcount)  # type: ignore[attr-defined]


def _count(owner: str) -> int:
    query = select(func.count()).select_from(Favourite).where(Favourite.owner_hash == owner)
    return db.session.scalar(query) or 0
