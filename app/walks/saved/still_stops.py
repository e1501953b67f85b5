"""Stops that are the same picture: between them nothing would move."""

from __future__ import annotations

from typing import Any

from app.storage.walk_models import Stop, Walk


def are_same(walk: Walk, stop: Stop, other: Stop) -> bool:
    """Return whether two stops of a walk with a sketch-conditioned model are rendered as the same picture."""
    return stop.scene is not None and _key(walk, stop) == _key(walk, other)


def _key(walk: Walk, stop: Stop) -> tuple[Any, ...]:
    """Return all that decides a stop's picture in its walk."""
    scene = {name: value for name, value in (stop.scene or {}).items() if name != "reader"}
    without = stop.negative_prompt if walk.guidance > 1 else ""  # otherwise it only decides what the scene shows
    return scene, walk.seed_of(stop), stop.requested_style, without, stop.photo, stop.cut_out, stop.options.seen()
