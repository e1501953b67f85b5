"""The shape of a walk's pictures: what was asked for, and what the model makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.models.aspects import SQUARE

if TYPE_CHECKING:
    from app.storage.walk_models import Walk


def aspect(walk: Walk) -> str:
    """Return the aspect ratio that was asked for."""
    return str((walk.sampling or {}).get("aspect", SQUARE))


def frame(walk: Walk) -> tuple[int | None, int | None]:
    """Return width and height in pixels; those of a square are not known until it is painted."""
    planned = (walk.sampling or {}).get("frame", (None, None))
    return walk.width or planned[0], walk.height or planned[1]


def longer_side(walk: Walk) -> int | None:
    """Return the longer side in pixels, if it is known."""
    return max((side for side in frame(walk) if side is not None), default=None)
