"""Versions of walks: what pages show of them, by which a kept page knows whether it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm.attributes import instance_state

from app.storage.database import db
from app.storage.walk_models import Medium, Stop, Walk
from app.walks.saved.lookup import CARD_COLUMNS, CARD_STOP_COLUMNS

ASIDE = frozenset(("_sa_instance_state", "stops", "painted", "media"))
NUMBERS: BindParameter[Any] = bindparam("numbers", expanding=True)
CARDS = (
    select(*CARD_COLUMNS).where(Walk.number.in_(NUMBERS)).order_by(Walk.number),
    select(Stop.walk_number, Stop.position, *CARD_STOP_COLUMNS)
    .where(Stop.walk_number.in_(NUMBERS))
    .order_by(Stop.walk_number, Stop.position),
    select(Medium.walk_number, Medium.kind, Medium.path, Medium.bytes, Medium.etag)
    .where(Medium.walk_number.in_(NUMBERS))
    .order_by(Medium.walk_number, Medium.kind),
)
"""The rows of what ``lookup.CARD`` loads, as plain rows: several times as fast as objects."""


def of_walk(walk: Walk | None) -> tuple[object, ...] | None:
    """Return a walk's version: the loaded columns of the walk, its stops and its media; ``None`` for no walk."""
    if walk is None:
        return None
    media = walk.media
    return _loaded(walk), *map(_loaded, walk.stops), *(_loaded(media[kind]) for kind in sorted(media))


def of_all(walks: Iterable[Walk]) -> list[tuple[object, ...] | None]:
    """Return the versions of walks, in their order."""
    return [of_walk(walk) for walk in walks]


def of_cards(numbers: Sequence[int]) -> list[object]:
    """Return one version of the cards of the walks with these numbers; their order counts."""
    connection = db.session.connection()
    found = [connection.execute(query, {"numbers": numbers}) for query in CARDS] if numbers else []
    return [list(numbers), *([tuple(row) for row in rows] for rows in found)]


def _loaded(row: Walk | Stop | Medium) -> list[tuple[str, Any]]:
    """Return the loaded columns of a row; an expired row is loaded again."""
    if instance_state(row).expired:
        _ = row.number if isinstance(row, Walk) else row.walk_number
    return [item for item in row.__dict__.items() if item[0] not in ASIDE]
