"""A commission that was painted before is answered at once: the repeat has a page of its own and shares the files.

Both rows name the same files, which lie in the folder of the walk that was painted. They are deleted with the last row
that names them (see :mod:`app.walks.lifecycle`).
"""

from __future__ import annotations

import hashlib
import json

from flask import current_app
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, selectinload

from app.generation import models_on_offer
from app.queue import revisions
from app.storage.database import db, now
from app.storage.walk_models import FINISHED, Frame, Medium, Walk

FIXED = (
    "width", "height", "precision", "memory_format", "threads", "batch", "levels", "positions", "prefix", "model_name",
    "model_title", "model_revision", "software", "painted_count", "evenness", "jump", "morph",
    "perceptual_step", "strides", "colour", "fps",
)  # fmt: skip
"""What a repeat takes over: all that painting fixed or measured, save what it cost."""


def key_of(walk: Walk) -> str | None:
    """Hash what was asked for, with its settings resolved; ``None`` for a recipe, which wants to be painted anew."""
    if walk.is_pinned:
        return None
    model = models_on_offer.find(walk.model)
    told = {
        "stops": [[stop.prompt, stop.negative_prompt, stop.hand, walk.seed_of(stop)] for stop in walk.stops],
        "frames": [walk.frames, walk.fps, walk.ending, walk.easing],
        "model": walk.model if model is None else model.name,
        "sampler": [walk.preset, walk.scheduler, walk.sampler_steps, walk.guidance, walk.sampling],
    }
    if scenes := [stop.scene for stop in walk.stops if stop.scene is not None]:
        told["scenes"] = scenes
    if any(stop.photo for stop in walk.stops):
        told["photos"] = [[stop.photo, stop.cut_out] for stop in walk.stops]
    if any(stop.lora for stop in walk.stops):
        told["loras"] = [[stop.lora, stop.lora_weight] for stop in walk.stops]
    if any(stop.clip_skip is not None for stop in walk.stops):
        told["clip_skips"] = [stop.clip_skip for stop in walk.stops]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def revision_for(walk: Walk) -> str | None:
    """Name the revision of the model that would paint ``walk``; ``None`` where nothing like it was painted, or unknown.

    The living workers know it; without any, it is that of the model's newest picture.
    """
    if walk.cache_key is None or not current_app.config["CACHE"]:
        return None
    if db.session.scalar(_painted(walk).limit(1)) is None:
        return None
    model = models_on_offer.find(walk.model)
    return None if model is None else current_revision(model.name)


def find_original(session: Session, walk: Walk, revision: str) -> Walk | None:
    """Find the walk that ``walk`` repeats, painted by the model in this ``revision``; none that its owner may not see.

    The caller must be alone in taking walks down (:func:`app.storage.database.take_advisory_lock`).
    """
    query = _painted(walk).where(Walk.model_revision == revision).order_by(Walk.number).limit(1)
    options = (selectinload(Walk.stops), selectinload(Walk.painted), selectinload(Walk.media))
    return session.scalars(query.options(*options), execution_options={"populate_existing": True}).first()


def finish_as_repeat(walk: Walk, original: Walk) -> None:
    """Finish ``walk`` at once with the pictures of ``original``."""
    for name in FIXED:
        setattr(walk, name, getattr(original, name))
    walk.repeat_of = original.repeat_of or original.id
    walk.state, walk.passes = FINISHED, 0
    walk.created_at = walk.started_at = walk.finished_at = now()
    for stop, earlier in zip(walk.stops, original.stops, strict=True):
        stop.note, stop.found_hand = earlier.note, earlier.found_hand
    walk.painted = [
        Frame(index=each.index, position=each.position, rank=each.rank, path=each.path, bytes=each.bytes)
        for each in original.painted
    ]
    walk.media = {
        kind: Medium(kind=kind, path=each.path, bytes=each.bytes, etag=each.etag)
        for kind, each in original.media.items()
    }


def original_of(walk: Walk) -> Walk | None:
    """Return the walk that ``walk`` repeats, if it is public: an unlisted one is not shown to others."""
    if walk.repeat_of is None:
        return None
    found: Walk | None = db.session.scalar(select(Walk).where(Walk.id == walk.repeat_of))
    return found if found is not None and found.is_public else None


def same_files(walk: Walk) -> ColumnElement[bool]:
    """Select the walks that share the files of ``walk``, itself among them."""
    return sharing([walk.repeat_of or walk.id])


def sharing(folders: list[str]) -> ColumnElement[bool]:
    """Select the walks whose files lie in the folders of these names."""
    return or_(Walk.id.in_(folders), Walk.repeat_of.in_(folders))


def _painted(walk: Walk) -> Select[Walk]:
    """Select the finished walks with the key of ``walk`` that its owner may see: public ones, and their own."""
    return select(Walk).where(
        Walk.cache_key == walk.cache_key,
        Walk.state == FINISHED,
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
        or_(Walk.unlisted.is_(False), Walk.owner_hash == walk.owner_hash),
    )


def current_revision(name: str) -> str | None:
    """Name the revision of a model that would paint now; ``None`` where that is not known, or may be one of several."""
    here = revisions.find_revisions(name)
    return next(iter(here)) if len(here) == 1 else None
