"""Favourites: the walks that a visitor marked with the star, known by the hash of their cookie."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.collection.gallery import number_pages
from app.collection.gallery.number_pages import NumberPage
from app.core.errors import Conflict
from app.core.i18n.formatting import number
from app.core.i18n.gettext import _
from app.storage.collection_models import Favourite
from app.storage.database import db, execute, take_advisory_lock, writing
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import lookup

ORDER = "favourites"
FAVOURITES_MAX = 10_000


def add(walk: Walk, *owners: str, admit: Callable[[], None]) -> None:
    """Make a walk a favourite of the visitor with these hashes, with the first of them; a favourite stays one.

    :param admit: checks the rate limit; may raise to refuse the favourite.
    :raises Conflict: when the walk is not finished, or the visitor has ``FAVOURITES_MAX`` favourites.
    """
    if is_favourite(walk, *owners):
        return
    owner = owners[0]
    if walk.state != FINISHED:
        raise Conflict(_("Only a walk that is painted can be a favourite."))
    _check_room(owner)
    admit()
    there = select(Walk.number).where(Walk.number == walk.number, Walk.deleted_at.is_(None))
    with suppress(IntegrityError), writing() as session:  # the same click twice
        take_advisory_lock(session)  # several at once must not exceed the limit together
        _check_room(owner)
        if session.scalar(there.with_for_update(read=True)) is not None:
            session.add(Favourite(owner_hash=owner, walk_number=walk.number))


def remove(walk: Walk, *owners: str) -> None:
    """Take the star from a walk; one without it stays as it is."""
    execute(delete(Favourite).where(Favourite.owner_hash.in_(owners), Favourite.walk_number == walk.number))


def is_favourite(walk: Walk, *owners: str) -> bool:
    """Return whether a walk is a favourite of the visitor with these hashes; without one it is not."""
    query = select(Favourite.number).where(Favourite.owner_hash.in_(owners), Favourite.walk_number == walk.number)
    return bool(owners) and db.session.scalar(query.limit(1)) is not None


def page(*owners: str, cursor: str | None = None, limit: int | None = None) -> NumberPage[Walk]:
    """Return one page of a visitor's finished favourites, neither hidden nor deleted, the last marked first.

    :raises InvalidInput: for an invalid cursor.
    """
    query = lookup.select_shown().join(Favourite, Favourite.walk_number == Walk.number)
    later = aliased(Favourite)  # a walk that was marked in two browsers before they shared is shown once
    is_later = later.owner_hash.in_(owners), later.walk_number == Favourite.walk_number, later.number > Favourite.number
    query = query.where(Favourite.owner_hash.in_(owners), ~exists().where(*is_later))
    shown: NumberPage[Walk] = number_pages.load(
        query, Favourite.number, order=ORDER, of=owners[0], cursor=cursor, limit=limit, options=lookup.WHOLE
    )
    return replace(shown, rows=lookup.without_deleted(shown.rows))


def delete_all_of(owner: str) -> int:
    """Delete all favourites of a visitor; return how many there were."""
    return execute(delete(Favourite).where(Favourite.owner_hash == owner))


def _check_room(owner: str) -> None:
    query = select(func.count()).select_from(Favourite).where(Favourite.owner_hash == owner)
    if (db.session.scalar(query) or 0) >= FAVOURITES_MAX:
        message = _("%(most)s favourites are as many as a visitor can have.", most=number(FAVOURITES_MAX))
        raise Conflict(message)
