"""The walks of one owner, in every state, unlisted and hidden ones too, in pages; and the prompts of them."""

from datetime import datetime

from sqlalchemy import Select, select

from app.collection.gallery import number_pages
from app.collection.gallery.number_pages import NumberPage
from app.storage.database import db
from app.storage.walk_models import REFUSED, Stop, Walk
from app.walks.saved import lookup

ORDER = "mine"
WALKS_READ = 60
PROMPTS_MAX = 24


def page(*owners: str, cursor: str | None = None, limit: int | None = None) -> NumberPage[Walk]:
    """Return one page of the walks whose owner's hash is one of ``owners``, without deleted ones.

    :raises InvalidInput: for an invalid cursor.
    """
    query = select(Walk).where(Walk.owner_hash.in_(owners), Walk.deleted_at.is_(None))
    return number_pages.load(
        query, Walk.number, order=ORDER, of=owners[0], cursor=cursor, limit=limit, options=lookup.WHOLE
    )


def prompts(*owners: str, since: datetime) -> list[str]:
    """Return the prompts of an owner's walks that were requested since a time, the newest first, each once.

    At most ``PROMPTS_MAX`` of the newest ``WALKS_READ`` walks; none of walks whose prompts were refused.
    """
    newest = _numbers(owners, since).order_by(Walk.number.desc()).limit(WALKS_READ)
    query = select(Stop.prompt).where(Stop.walk_number.in_(newest), Stop.prompt != "")
    rows = db.session.scalars(query.order_by(Stop.walk_number.desc(), Stop.position))
    return list(dict.fromkeys(rows))[:PROMPTS_MAX]


def has_any(*owners: str, since: datetime) -> bool:
    """Return whether there is a walk that :func:`prompts` would read."""
    return db.session.scalar(_numbers(owners, since).limit(1)) is not None


def _numbers(owners: tuple[str, ...], since: datetime) -> Select[int]:
    return select(Walk.number).where(
        Walk.owner_hash.in_(owners), Walk.deleted_at.is_(None), Walk.state != REFUSED, Walk.created_at > since
    )
