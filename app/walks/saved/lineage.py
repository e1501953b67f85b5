"""The relations between walks: continuations, remixes and larger films, in both directions."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from app.storage.database import db
from app.storage.walk_models import FINISHED, PIXEL_COLUMNS, WAITING, Walk
from app.walks.saved import lookup, shapes

LARGER_MAX = 20
"""How many of the newest remixes are compared with a walk to find its larger films."""

SAME_STOPS = "prompt", "negative_prompt", "seed", "requested_style", "scene", "photo", "options"
"""What the stops of a larger film share with the walk that it was made of, beside the columns that change pixels."""


class Relations(NamedTuple):
    """Whether there are walks, public or not, that continue a walk, are its remixes, or join it at an end."""

    children: bool
    remixes: bool
    before: bool
    after: bool


def _is_any(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Walk.number).where(condition).exists()


RELATIONS = select(
    _is_any(Walk.continues == bindparam("id")),
    _is_any(Walk.remix_of == bindparam("id")),
    _is_any(Walk.last_stop_key == bindparam("starts")),
    _is_any(Walk.first_stop_key == bindparam("ends")),
)
"""One statement that finds most walks without any related ones, for which four queries are then saved."""


def relations_of(walk: Walk) -> Relations:
    """Return what kinds of walks are related to ``walk``."""
    found = db.session.execute(
        RELATIONS, {"id": walk.id, "starts": walk.first_stop_key, "ends": walk.last_stop_key}
    ).one()
    return Relations(*map(bool, found))


def parent_of(walk: Walk) -> Walk | None:
    """Return the walk that ``walk`` continues, if it is public; otherwise ``None``."""
    return lookup.public_walk(walk.continues)


def children_of(walk: Walk, limit: int) -> list[Walk]:
    """Return up to ``limit`` of the newest public walks that continue ``walk``."""
    return lookup.newest_public(Walk.continues == walk.id, limit)


def model_of(walk_id: str) -> str | None:
    """Return the name of the model of a walk that can be continued; ``None`` if there is no such walk."""
    parent = lookup.visible_walk(walk_id)
    return None if parent is None else parent.model_name


def remixed_from(walk: Walk) -> Walk | None:
    """Return the walk that ``walk`` is a remix of, if it is public; otherwise ``None``."""
    return lookup.public_walk(walk.remix_of)


def remixes_of(walk: Walk, limit: int) -> list[Walk]:
    """Return up to ``limit`` of the newest public remixes of ``walk``."""
    return lookup.newest_public(Walk.remix_of == walk.id, limit)


def larger_of(walk: Walk, owners: Collection[str]) -> list[Walk]:
    """Return the larger films of a walk that a visitor may see, the smallest first, one of each size.

    Those are finished public walks, and the visitor's own, which may still be waiting: those with one of the hashes
    ``owners``. A finished one comes before a waiting one of its size.
    """
    may_see = and_(Walk.unlisted.is_(False), Walk.state == FINISHED)
    if owners:
        may_see = or_(may_see, and_(Walk.owner_hash.in_(owners), Walk.state.in_((FINISHED, *WAITING))))
    query = select(Walk).where(
        Walk.remix_of == walk.id,
        Walk.seed == walk.seed,
        or_(Walk.width > (walk.width or 0), Walk.width.is_(None)),
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
        may_see,
    )
    newest = query.order_by(Walk.number.desc()).limit(LARGER_MAX)
    remixes = db.session.scalars(newest.options(*lookup.WHOLE))
    larger = [each for each in remixes if is_larger(each, walk)]
    by_size = {shapes.enlargement(each): each for each in sorted(larger, key=lambda each: each.state == FINISHED)}
    return [by_size[times] for times in sorted(by_size)]


def is_larger(walk: Walk, original: Walk) -> bool:
    """Return whether a walk shows the same pictures as ``original``, larger."""
    if shapes.enlargement(walk) <= shapes.enlargement(original) or len(walk.stops) != len(original.stops):
        return False
    pairs = zip(walk.stops, original.stops, strict=True)
    return (
        shapes.aspect(walk) == shapes.aspect(original)
        and all(getattr(walk, name) == getattr(original, name) for name in PIXEL_COLUMNS)
        and all(getattr(stop, name) == getattr(other, name) for stop, other in pairs for name in SAME_STOPS)
    )
