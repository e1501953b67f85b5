"""Cached results: a request equal to an earlier one is finished at once with the files of the earlier walk.

The new walk (the *repeat*) has its own page. Both rows name the same files, in the folder of the walk that was
generated. The files are deleted with the last row that names them (see :mod:`app.walks.saved.lifecycle`).
"""

from __future__ import annotations

import hashlib
import json

from flask import current_app
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.text import stop_notes
from app.storage import film_measures
from app.storage.database import db, now
from app.storage.walk_models import FINISHED, PIXEL_COLUMNS, Frame, Medium, StopOptions, Walk
from app.walks.queue import revisions

FIXED = (
    "width", "height", "precision", "memory_format", "threads", "batch", "levels", "positions", "prefix", "model_name",
    "model_title", "model_revision", "software", "painted_count", "fps", "frames", "holds", *film_measures.COPIED,
)  # fmt: skip
"""The columns that a cached result copies: all that generation fixed or measured, except its cost."""

KEYED = {"seed", "frames", "ending", "easing", "preset", "sampler_steps", "guidance"}
"""The columns that each cache key holds; later ones it holds where they are set, so that earlier walks are found."""
OF_LORAS = "lora", "lora_weight"


def key_of(walk: Walk, model: str) -> str | None:
    """Return the cache key of a walk by the model of this name, a hash of its request with resolved settings.

    ``None`` for a walk from a recipe, which is always generated again.
    """
    if walk.is_pinned:
        return None
    content = {
        "stops": [[stop.prompt, stop.negative_prompt, stop.requested_style, walk.seed_of(stop)] for stop in walk.stops],
        "frames": [walk.frames, walk.fps, walk.ending, walk.easing],
        "model": model,
        "sampler": [walk.preset, walk.scheduler, walk.sampler_steps, walk.guidance, walk.sampling],
    }
    if scenes := [stop.scene for stop in walk.stops if stop.scene is not None]:
        content["scenes"] = scenes
    if any(stop.photo for stop in walk.stops):
        content["photos"] = [[stop.photo, stop.cut_out] for stop in walk.stops]
    if walk.sound_digest is not None:
        content["sound"] = [walk.sound_digest, walk.sound_start, walk.sound_length, walk.sound_way]
    options = [stop.options for stop in walk.stops]
    if any(each.lora for each in options):
        content["loras"] = [[each.lora, each.lora_weight] for each in options]
    for name in StopOptions.names():
        if name not in OF_LORAS and any(getattr(each, name) is not None for each in options):
            content[f"{name}s"] = [getattr(each, name) for each in options]
    for name in PIXEL_COLUMNS:
        if name not in KEYED and (value := getattr(walk, name)) != Walk.__table__.columns[name].default.arg:
            content[name] = value
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def revision_for(walk: Walk, model: str) -> str | None:
    """Return the revision of the model of this name that would generate ``walk``.

    ``None`` if no finished walk has the same cache key, the cache is off, or the revision is unknown or ambiguous.
    """
    if walk.cache_key is None or not current_app.config["CACHE"]:
        return None
    if db.session.scalar(_painted(walk).limit(1)) is None:
        return None
    return None if model is None else current_revision(model)


def find_original(session: Session, walk: Walk, revision: str) -> Walk | None:
    """Return a finished walk with the cache key of ``walk`` and this revision that its owner may see, or ``None``.

    The caller must hold the lock against deletions (:func:`app.storage.database.take_advisory_lock`).
    """
    query = _painted(walk).where(Walk.model_revision == revision).order_by(Walk.number).limit(1)
    options = (selectinload(Walk.stops), selectinload(Walk.painted), selectinload(Walk.media))
    return session.scalars(query.options(*options), execution_options={"populate_existing": True}).first()


def finish_as_repeat(walk: Walk, original: Walk) -> None:
    """Set ``walk`` to finished, with the frames, files and measurements of ``original``; does not save it."""
    for name in FIXED:
        setattr(walk, name, getattr(original, name))
    walk.repeat_of = original.repeat_of or original.id
    walk.state, walk.evaluations = FINISHED, 0
    walk.created_at = walk.started_at = walk.finished_at = now()
    for stop, earlier in zip(walk.stops, original.stops, strict=True):
        stop.note, stop.detected_style = stop_notes.with_worker_notes(stop.note, earlier.note), earlier.detected_style
    walk.painted = [
        Frame(index=each.index, position=each.position, rank=each.rank, path=each.path, bytes=each.bytes)
        for each in original.painted
    ]
    walk.media = {
        kind: Medium(kind=kind, path=each.path, bytes=each.bytes, etag=each.etag)
        for kind, each in original.media.items()
    }


def original_of(walk: Walk) -> Walk | None:
    """Return the walk whose files ``walk`` shares, if it is public; otherwise ``None``."""
    if walk.repeat_of is None:
        return None
    original: Walk | None = db.session.scalar(select(Walk).where(Walk.id == walk.repeat_of))
    return original if original is not None and original.is_public else None


def same_files(walk: Walk) -> ColumnElement[bool]:
    """Return the condition that a walk shares the files of ``walk``; ``walk`` itself satisfies it."""
    return sharing([walk.repeat_of or walk.id])


def sharing(folders: list[str]) -> ColumnElement[bool]:
    """Return the condition that a walk's files are in one of the folders with these names."""
    return or_(Walk.id.in_(folders), Walk.repeat_of.in_(folders))


def _painted(walk: Walk) -> Select[Walk]:
    """Return the query of the finished walks with the cache key of ``walk`` that its owner may see.

    A worker of release 1.0 painted walks with a sound silently, without `Walk.holds`: these do not count.
    """
    return select(Walk).where(
        *(() if walk.sound_digest is None else (Walk.holds.is_not(None),)),
        Walk.cache_key == walk.cache_key,
        Walk.state == FINISHED,
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
        or_(Walk.unlisted.is_(False), Walk.owner_hash == walk.owner_hash),
    )


def current_revision(name: str) -> str | None:
    """Return the revision that the running workers have of a model; ``None`` if it is unknown or they differ."""
    here = revisions.find_revisions(name)
    return next(iter(here)) if len(here) == 1 else None
