"""Neighbours of a walk: walks that start where it ends or end where it starts, with the same prompt and style."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Any

from app.storage.walk_models import Stop, Walk
from app.walks.saved import lookup


def mark(walk: Walk) -> None:
    """Set the keys of the first and last stop of ``walk``, by which neighbours are found; does not save it."""
    walk.first_stop_key, walk.last_stop_key = _key(walk.stops[0]), _key(walk.stops[-1])


def after(walk: Walk, limit: int, *, excluding: Sequence[Walk] = ()) -> list[Walk]:
    """Return up to ``limit`` of the newest public walks that start where ``walk`` ends, without ``excluding``."""
    return _joining(Walk.first_stop_key, walk.last_stop_key, limit, [walk, *excluding])


def before(walk: Walk, limit: int, *, excluding: Sequence[Walk] = ()) -> list[Walk]:
    """Return up to ``limit`` of the newest public walks that end where ``walk`` starts, without ``excluding``."""
    return _joining(Walk.last_stop_key, walk.first_stop_key, limit, [walk, *excluding])


def _joining(column: Any, key: int | None, limit: int, excluding: Sequence[Walk]) -> list[Walk]:
    """Return walks with a key; a walk from a release without keys has none until `gallery reindex` runs."""
    return [] if key is None else lookup.newest_public(column == key, limit, excluding=excluding)


def _key(stop: Stop) -> int | None:
    """Return a signed 64-bit hash of a stop's prompt, style and options; ``None`` for a stop with a photo.

    Case and white space are ignored.
    """
    if stop.photo is not None:
        return None
    words = " ".join(unicodedata.normalize("NFKC", stop.prompt).casefold().split())
    options = stop.options.seen()
    lines = [f"{options.pop('lora')} {options.pop('lora_weight', None)}"] if stop.lora else []
    lines += [f"{name.replace('_', ' ')} {value}" for name, value in options.items()]
    text = "\n".join([stop.requested_style, words, *lines])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
