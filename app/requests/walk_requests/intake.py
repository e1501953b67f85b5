"""Intake of walks: save, commit, then notify the workers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.observability import metrics
from app.core.errors import InvalidInput, MomaError
from app.requests.walk_requests import walk_sounds
from app.requests.walk_requests.drafts import Draft
from app.storage.database import db, writing
from app.storage.walk_models import Walk
from app.walks.queue import admission, fair_queue, jobs
from app.walks.queue.fair_queue import QueueSnapshot
from app.walks.saved import reuse
from app.walks.uploads import photo_stops


def submit(
    draft: Draft,
    *,
    idempotency_key: str | None = None,
    admit: Callable[[int], None] | None = None,
    check: Callable[[int], None] | None = None,
    skip_cache: bool = False,
) -> tuple[Walk, bool]:
    """Save a walk, commit, and notify the workers; return the walk, and whether it is new.

    A walk that was rendered before is finished at once with the cached result, unless ``skip_cache`` is true.
    A repeat of a visitor's ``idempotency_key`` returns the first walk and creates none.
    ``admit`` is called with the UNet evaluations of a new walk before it is saved, and may refuse the
    walk by raising; ``check`` likewise, which counts nothing, before a photo or a sound is copied for it.

    :raises InvalidInput: when the key was used for another walk.
    """
    walk = draft.walk
    revision = None if skip_cache else reuse.revision_for(walk, draft.model)
    key = None if idempotency_key is None else _hash(f"{walk.visitor} {idempotency_key}")
    line = fair_queue.load_snapshot() if admit else None
    paths: list[str] = []
    if (draft.photos or draft.sound) and (key is None or _find_by_key(db.session(), key) is None):
        if check:
            _check_room(walk, line, check, asked=0 if revision else fair_queue.count_evaluations(walk))
        paths = photo_stops.attach(walk, draft.photos)
        if draft.sound is not None:
            paths += walk_sounds.attach(walk, draft.sound)
    walk.idempotency_key = key
    try:
        saved, is_new = _save(walk, line, admit, revision)
    except MomaError:  # before anything was committed
        photo_stops.delete_files(paths)
        raise
    if not is_new or saved.repeat_of:  # which has the files of another
        photo_stops.delete_files(paths)
    if is_new:
        metrics.count_request(is_repeat=bool(saved.repeat_of))
    if is_new and saved.is_waiting:
        jobs.notify_workers()
    return saved, is_new


def _save(
    walk: Walk, line: QueueSnapshot | None, admit: Callable[[int], None] | None, revision: str | None
) -> tuple[Walk, bool]:
    """Commit a walk, unless its key was used before; return the saved walk, and whether it is new."""
    key = walk.idempotency_key
    try:
        with writing() as session:
            if key and (first_walk := _find_by_key(session, key)):
                return _repeat(first_walk, walk.request_hash), False
            for name, value in fair_queue.enqueue(session, walk).items():  # from here on no walk can be deleted
                setattr(walk, name, value)
            original = reuse.find_original(session, walk, revision) if revision else None
            if admit:
                admission.check_storage(walk.network)
                if original is None and line is not None:
                    admission.check_queue(session, walk, walk.cost, line)
                admit(0 if original else walk.cost)
            if original:
                reuse.finish_as_repeat(walk, original)
            session.add(walk)
    except IntegrityError:  # on Postgres the same key may be saved between our check and our commit
        first = _find_by_key(db.session(), key) if key else None
        if first is None:
            raise
        return _repeat(first, walk.request_hash), False
    return walk, True


def _check_room(walk: Walk, line: QueueSnapshot | None, check: Callable[[int], None], *, asked: int) -> None:
    """Check that a walk of ``asked`` UNet evaluations would be admitted, before its files are copied.

    :raises NoRoom: when it would not be. `_save` decides, alone with the queue.
    """
    admission.check_storage(walk.network)
    if asked and line is not None:
        admission.check_queue(db.session(), walk, asked, line)
    check(asked)


def _find_by_key(session: Session, key: str) -> Walk | None:
    return session.scalar(select(Walk).where(Walk.idempotency_key == key))


def _repeat(walk: Walk, fingerprint: str) -> Walk:
    if walk.request_hash != fingerprint:
        raise InvalidInput.on(
            "Idempotency-Key", message="This Idempotency-Key was used for another walk. Send a new key with a new walk."
        )
    return walk


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
