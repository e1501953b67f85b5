"""The relations between walks: continuations and remixes, in both directions."""

from __future__ import annotations

from app.storage.walk_models import Walk
from app.walks.saved import lookup


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
