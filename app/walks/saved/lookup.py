"""Look up walks by ID or URL, as far as the client may see them, and select public walks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import joinedload, load_only, selectinload

from app.core.errors import WalkGone, WalkNotFound
from app.core.i18n.gettext import _
from app.storage.database import db
from app.storage.walk_models import FINISHED, ID, WAITING, WALL, Medium, Stop, Walk

NAMED = re.compile(rf"(?:\S*/walks/)?({ID.pattern})(?:[-./?#]\S*)?")
WAITING_NOW = select(
    Walk.number,
    Walk.state,
    Walk.attempt,
    Walk.cost,
    Walk.virtual_start,
    Walk.turn,
    Walk.ticket,
    Walk.frames,
    Walk.painted_count,
    Walk.evaluations,
    Walk.started_at,
    Walk.positions.is_(None).label("is_on_the_way"),
    Walk.given_title,
    Walk.unlisted,
    Walk.owner_hash,
    select(Medium.etag).where(Medium.walk_number == Walk.number, Medium.kind == "gif").scalar_subquery().label("film"),
).where(Walk.id == bindparam("id"), Walk.state.in_(WAITING), Walk.deleted_at.is_(None), Walk.hidden_at.is_(None))

WHOLE = (selectinload(Walk.stops), selectinload(Walk.media))
"""Options of a query of walks: their stops and media are loaded with them."""

CARD_COLUMNS = (
    Walk.number, Walk.id, Walk.state, Walk.unlisted, Walk.deleted_at, Walk.hidden_at, Walk.featured_at,
    Walk.given_title, Walk.frames, Walk.fps, Walk.ending, Walk.hold, Walk.width, Walk.height, Walk.model,
    Walk.model_name, Walk.sound_length,
)  # fmt: skip
CARD_STOP_COLUMNS = Stop.prompt, Stop.requested_style, Stop.chosen_style, Stop.detected_style, Stop.note, Stop.photo
CARD = (
    load_only(*CARD_COLUMNS, raiseload=True),
    selectinload(Walk.stops).load_only(*CARD_STOP_COLUMNS, raiseload=True),
    selectinload(Walk.media),
)
"""Options of a query of walks of which only the card in a list of films is shown; other columns raise an error."""

BY_ID = select(Walk).where(Walk.id == bindparam("id")).options(joinedload(Walk.stops))
"""One statement loads the stops too: on Postgres the walk could be deleted before a second one."""


def public_walk(walk_id: str | None) -> Walk | None:
    """Return the walk with this ID if it is public: finished, and not unlisted, hidden or deleted; else ``None``."""
    walk = any_walk(walk_id)
    return walk if walk is not None and walk.is_public else None


def visible_walk(walk_id: str | None) -> Walk | None:
    """Return the walk with this ID, in any state and also if unlisted; ``None`` if it was hidden or deleted."""
    walk = any_walk(walk_id)
    return walk if walk is not None and walk.deleted_at is None and walk.hidden_at is None else None


def id_in(text: str) -> str | None:
    """Return the ID in a walk's ID, name or address, if ``text`` has the form of one; else ``None``."""
    match = NAMED.fullmatch(text.strip())
    return match[1] if match else None


def any_walk(walk_id: str | None) -> Walk | None:
    """Return the walk with this ID, also if it was hidden or deleted; ``None`` if there never was one."""
    if walk_id is None:
        return None
    walk: Walk | None = db.session.scalars(BY_ID, {"id": walk_id}).unique().one_or_none()
    return walk


def waiting_now(walk_id: str) -> Row[Any] | None:
    """Return the columns that can change on the page of a queued or running walk; ``None`` for any other walk.

    :param walk_id: an ID, with or without a slug.
    """
    name = walk_id.partition("-")[0]
    if not ID.fullmatch(name):
        return None
    row: Row[Any] | None = db.session.execute(WAITING_NOW, {"id": name}).one_or_none()
    return row


def without_deleted(walks: Iterable[Walk]) -> list[Walk]:
    """Return the walks that have stops: a walk deleted between two statements (on Postgres) has none."""
    return [walk for walk in walks if walk.stops]


def newest_public(shared: ColumnElement[bool], limit: int, *, excluding: Sequence[Walk] = ()) -> list[Walk]:
    """Return up to ``limit`` of the newest public walks that satisfy a condition, loaded for their cards.

    :param shared: a condition on a column with an index, which the query uses.
    :param excluding: walks to leave out.
    """
    newest = (
        select(Walk)
        .where(
            shared,
            func.coalesce(Walk.state, "") == FINISHED,  # else SQLite would scan all public walks, not use that index
            Walk.unlisted.is_(False),
            Walk.deleted_at.is_(None),
            Walk.hidden_at.is_(None),
            Walk.number.not_in([walk.number for walk in excluding]),
        )
        .order_by(Walk.finished_at.desc(), Walk.number.desc())
        .limit(limit)
    )
    return without_deleted(db.session.scalars(newest.options(*CARD)))


def select_shown() -> Select[tuple[Walk]]:
    """Return the query of all finished walks that are neither deleted nor hidden, unlisted ones too."""
    return select(Walk).where(Walk.state == FINISHED, Walk.deleted_at.is_(None), Walk.hidden_at.is_(None))


def select_public() -> Select[tuple[Walk]]:
    """Return the query of all public walks, as the gallery shows them."""
    return select_shown().where(Walk.unlisted.is_(False))


def select_exhibited() -> Select[tuple[Walk]]:
    """Return the query of the walks that exhibitions may show: public ones, and unlisted ones that walls recorded.

    Walks of walls with a photo are included only if the owner allowed showing it.
    """
    has_photo = select(Stop.photo).where(Stop.walk_number == Walk.number, Stop.photo.is_not(None)).exists()
    is_kept = (Walk.origin == WALL) & (Walk.photos_may_be_shown | ~has_photo)
    return select_shown().where(Walk.unlisted.is_(False) | is_kept)


def walk_at_address(walk_id: str, *, even_hidden: bool = False) -> Walk:
    """Return the walk with this ID, which may be followed by a hyphen and a slug.

    :raises WalkNotFound: when there is no such walk.
    :raises WalkGone: when it was deleted, or is hidden and ``even_hidden`` is false.
    """
    name = walk_id.partition("-")[0]
    walk = any_walk(name) if ID.fullmatch(name) else None  # no other text reaches the database
    if walk is None:
        raise WalkNotFound(_("No walk has this address. It may have been mistyped."))
    if walk.deleted_at is not None or (walk.hidden_at is not None and not even_hidden):
        raise gone(walk)
    return walk


def gone(walk: Walk) -> WalkGone:
    """Return the error for a deleted or hidden walk, which names who removed it.

    A hidden walk was removed by an operator, any other by its owner.
    """
    if walk.hidden_at is None:
        return WalkGone(_("Its owner deleted it. Its pictures are gone."))
    return WalkGone(_("The operator of this site deleted it."))
