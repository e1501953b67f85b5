"""Which walk a walk goes on from or is a remix of, and which ones go on from it or remix it."""

from __future__ import annotations

from app.storage.walk_models import Walk
from app.walks import lookup


def parent_of(walk: Walk) -> Walk | None:
    """Return the walk that ``walk`` goes on from, if it is public: an unlisted one is not shown to others."""
    return lookup.public_walk(walk.continues)


def children_of(walk: Walk, limit: int) -> list[Walk]:
    """Return the newest public walks that go on from ``walk``."""
    return lookup.newest_public(Walk.continues == walk.id, limit)


def model_of(walk_id: str) -> str | None:
    """Name the model that painted a walk, if it can be gone on from."""
    parent = lookup.visible_walk(walk_id)
    return None if parent is None else parent.model_name


def remixed_from(walk: Walk) -> Walk | None:
    """Return the walk that ``walk`` is a remix of, if it is public: an unlisted one is not shown to others."""
    return lookup.public_walk(walk.remix_of)


def remixes_of(walk: Walk, limit: int) -> list[Walk]:
    """Return the newest public remixes of ``walk``."""
    return lookup.newest_public(Walk.remix_of == walk.id, limit)
