"""The walks of one owner, in every state, unlisted and hidden ones too, in pages."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.collection.gallery import number_pages
from app.collection.gallery.number_pages import NumberPage
from app.storage.walk_models import Walk

ORDER = "mine"


def page(owner: str, *, cursor: str | None = None, limit: int | None = None) -> NumberPage[Walk]:
    """Return one page of the walks whose owner's hash is ``owner``, without deleted ones.

    :raises InvalidInput: for an invalid cursor.
    """
    query = select(Walk).where(Walk.owner_hash == owner, Walk.deleted_at.is_(None))
    options = selectinload(Walk.stops), selectinload(Walk.media)
    return number_pages.load(query, Walk.number, order=ORDER, of=owner, cursor=cursor, limit=limit, options=options)
