"""The aspect ratio and size of a walk's pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.models.aspects import SQUARE

if TYPE_CHECKING:
    from app.storage.walk_models import Walk


def aspect(walk: Walk) -> str:
    """Return the requested aspect ratio, such as ``3:2``."""
    return str((walk.sampling or {}).get("aspect", SQUARE))


def frame(walk: Walk) -> tuple[int | None, int | None]:
    """Return width and height in pixels; ``None`` for those of a square walk that was not rendered yet."""
    planned = (walk.sampling or {}).get("frame", (None, None))
    return walk.width or planned[0], walk.height or planned[1]


def longer_side(walk: Walk) -> int | None:
    """Return the longer side in pixels, or ``None`` if it is unknown."""
    return max((side for side in frame(walk) if side is not None), default=None)


def enlargement(walk: Walk) -> int:
    """Return how many times as large as its model's own size its pictures were requested."""
    return int((walk.sampling or {}).get("enlarged", 1))
