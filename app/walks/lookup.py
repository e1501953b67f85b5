"""Walks by id or address, as far as the asker may see them; and public ones, by what they share with another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.errors import WalkGone, WalkNotFound
from app.i18n.gettext import _
from app.storage.database import db
from app.storage.walk_models import FINISHED, ID, WAITING, WALL, Medium, Stop, Walk

WAITING_NOW = select(
    Walk.number,
    Walk.state,
    Walk.attempt,
    Walk.asked,
    Walk.start,
    Walk.turn,
    Walk.ticket,
    Walk.frames,
    Walk.painted_count,
    Walk.passes,
    Walk.started_at,
    Walk.positions.is_(None).label("is_on_the_way"),
    Walk.given_title,
    Walk.unlisted,
    Walk.owner_hash,
    select(Medium.etag).where(Medium.walk_number == Walk.number, Medium.kind == "gif").scalar_subquery().label("film"),
).where(Walk.id == bindparam("id"), Walk.state.in_(WAITING), Walk.deleted_at.is_(None), Walk.hidden_at.is_(None))


def public_walk(walk_id: str | None) -> Walk | None:
    """Return the walk with this id if it is public: one that is unlisted, hidden or deleted is shown to nobody."""
    walk = any_walk(walk_id)
    return walk if walk is not None and walk.is_public else None


def visible_walk(walk_id: str | None) -> Walk | None:
    """Return the walk with this id unless it was taken down; who knows the id of an unlisted one may see it."""
    walk = any_walk(walk_id)
    return walk if walk is not None and walk.deleted_at is None and walk.hidden_at is None else None


def any_walk(walk_id: str | None) -> Walk | None:
    """Return the walk with this id, whatever became of it."""
    if walk_id is None:
        return None
    # in one statement with its words: on Postgres it may be deleted before the next
    query = select(Walk).where(Walk.id == walk_id).options(joinedload(Walk.stops))
    found: Walk | None = db.session.scalars(query).unique().one_or_none()
    return found


def waiting_now(walk_id: str) -> Row[Any] | None:
    """Return what may change on the page of the walk at an address while it waits; ``None`` for any other walk."""
    name = walk_id.partition("-")[0]
    if not ID.fullmatch(name):
        return None
    found: Row[Any] | None = db.session.execute(WAITING_NOW, {"id": name}).one_or_none()
    return found


def without_deleted(walks: Iterable[Walk]) -> list[Walk]:
    """Leave out what was deleted while it was read: on Postgres each statement sees what is so by then."""
    return [walk for walk in walks if walk.stops]


def newest_public(shared: ColumnElement[bool], limit: int, *, excluding: Sequence[Walk] = ()) -> list[Walk]:
    """Return the newest public walks that share this, which has an index, but for those shown already."""
    newest = (
        select(Walk)
        .where(
            shared,
            func.coalesce(Walk.state, "") == FINISHED,  # else SQLite would go through all public walks, not that index
            Walk.unlisted.is_(False),
            Walk.deleted_at.is_(None),
            Walk.hidden_at.is_(None),
            Walk.number.not_in([walk.number for walk in excluding]),
        )
        .order_by(Walk.finished_at.desc(), Walk.number.desc())
        .limit(limit)
    )
    return without_deleted(db.session.scalars(newest.options(selectinload(Walk.stops), selectinload(Walk.media))))


def select_public() -> Select[tuple[Walk]]:
    """Select the walks that the public may see in the gallery."""
    return select(Walk).where(
        Walk.state == FINISHED, Walk.unlisted.is_(False), Walk.deleted_at.is_(None), Walk.hidden_at.is_(None)
    )


def select_exhibited() -> Select[tuple[Walk]]:
    """Select the walks that exhibitions may show: public ones, and what walls keep without listing it in the gallery.

    Of those none with the photo of somebody who did not agree.
    """
    has_photo = select(Stop.photo).where(Stop.walk_number == Walk.number, Stop.photo.is_not(None)).exists()
    is_kept = (Walk.origin == WALL) & (Walk.photos_may_be_shown | ~has_photo)
    return select(Walk).where(
        Walk.state == FINISHED, Walk.unlisted.is_(False) | is_kept, Walk.deleted_at.is_(None), Walk.hidden_at.is_(None)
    )


def walk_at_address(walk_id: str, *, even_hidden: bool = False) -> Walk:
    """Return the walk with this id (a slug may follow it after a hyphen); a hidden one only with ``even_hidden``.

    :raises WalkNotFound: when there never was one.
    :raises WalkGone: when it was deleted or is hidden.
    """
    name = walk_id.partition("-")[0]
    walk = any_walk(name) if ID.fullmatch(name) else None  # no other text reaches the database
    if walk is None:
        raise WalkNotFound(_("No walk has this address. It may have been mistyped."))
    if walk.deleted_at is not None or (walk.hidden_at is not None and not even_hidden):
        raise gone(walk)
    return walk


def gone(walk: Walk) -> WalkGone:
    """Say who took a walk down: an operator, who also hides what they delete, or its owner."""
    if walk.hidden_at is None:
        return WalkGone(_("Its owner took it down. Its pictures are gone."))
    return WalkGone(_("The house has taken it down."))
