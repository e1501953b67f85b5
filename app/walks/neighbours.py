"""Walks that start where another ends, and those that end where it starts: the same words by the same hand."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

from app.storage.walk_models import Stop, Walk
from app.walks import lookup


def mark(walk: Walk) -> None:
    """Write down where ``walk`` starts and ends, by which its neighbours find it."""
    walk.starts, walk.ends = _key(walk.stops[0]), _key(walk.stops[-1])


def after(walk: Walk, limit: int, *, excluding: Sequence[Walk] = ()) -> list[Walk]:
    """Return the newest public walks that start where ``walk`` ends, but for those shown already."""
    # one that was painted before its ends were marked has none: see `gallery reindex`
    return (
        [] if walk.ends is None else lookup.newest_public(Walk.starts == walk.ends, limit, excluding=[walk, *excluding])
    )


def before(walk: Walk, limit: int, *, excluding: Sequence[Walk] = ()) -> list[Walk]:
    """Return the newest public walks that end where ``walk`` starts, but for those shown already."""
    return (
        []
        if walk.starts is None
        else lookup.newest_public(Walk.ends == walk.starts, limit, excluding=[walk, *excluding])
    )


def _key(stop: Stop) -> int | None:
    """Hash a stop's words, hand, LoRA and clip skip to 64 bits, signed as databases keep them.

    Case and spaces do not count. A photo's stop is like no other, whatever is written of it.
    """
    if stop.photo is not None:
        return None
    words = " ".join(unicodedata.normalize("NFKC", stop.prompt).casefold().split())
    laid = f"\n{stop.lora} {stop.lora_weight}" if stop.lora else ""
    laid += f"\nclip skip {stop.clip_skip}" if stop.clip_skip is not None else ""
    return int.from_bytes(hashlib.sha256(f"{stop.hand}\n{words}{laid}".encode()).digest()[:8], "big", signed=True)
