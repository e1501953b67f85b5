"""Actions of owners and operators on a walk: cancel, retry, delete."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict, MediaError
from app.core.i18n.gettext import _
from app.storage import media_store
from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.house_models import Report
from app.storage.task_kinds import SUSPENDED, WALK
from app.storage.walk_models import (
    CANCELLED,
    FAILED,
    QUEUED,
    VISITOR,
    WAITING,
    Frame,
    Medium,
    Stop,
    Task,
    VisualFeatures,
    Walk,
)
from app.walks.queue import admission, candidate_requests, fair_queue, jobs
from app.walks.saved import deletions, lookup, reuse, wall_words
from app.walks.uploads import sound_parts, upload_store

log = logging.getLogger(__name__)

BATCH = 100  # walks that are deleted in one transaction
NO_OWNER = {"visitor": "", "network": "", "owner_hash": ""}


def cancel(walk: Walk) -> None:
    """Cancel a queued or running walk and delete its frames; its worker stops at the next batch.

    :raises Conflict: when the walk is in another state.
    """
    with writing() as session:
        cancelled = session.execute(
            update(Walk)
            .where(Walk.number == walk.number, Walk.state.in_(WAITING))
            .values(state=CANCELLED, finished_at=now(), painted_count=0, evaluations=None)
        )
        if not cancelled.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_("Only a walk that waits or is being painted can be cancelled."))
        _delete_results(session, walk)
    delete_files(walk, keep_photos=True)
    _reload(walk)


def retry(walk: Walk, *, admit: Callable[[int], None] | None = None) -> None:
    """Queue a failed or cancelled walk again; finished frames of a failed walk are kept.

    :param admit: checks the rate limit; called with the cost in UNet evaluations before the change is committed, and
        may raise to refuse it. Without it, neither rate limits nor the queue's capacity are checked.
    :raises Conflict: when the walk is in another state.
    :raises NoRoom: when the queue or the visitor's storage is full.
    """
    if admit:
        admission.check_storage(walk.network)
    line = fair_queue.load_snapshot() if admit else None
    with writing() as session:
        queue_columns = fair_queue.enqueue(session, walk)
        if line is not None and walk.state in (FAILED, CANCELLED):
            admission.check_queue(session, walk, queue_columns["cost"], line)
        queued = session.execute(
            update(Walk)
            .where(Walk.number == walk.number, Walk.state.in_((FAILED, CANCELLED)), Walk.deleted_at.is_(None))
            .values(state=QUEUED, finished_at=None, started_at=None, error=None, interruptions=0, **queue_columns)
        )
        if not queued.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_("Only a walk that failed or was cancelled can be painted again."))
        if admit:
            admit(queue_columns["cost"])
        session.execute(
            update(Task)
            .where(Task.walk_number == walk.number, Task.urgency == SUSPENDED)
            .values(interruptions=0, urgency=WALK, turn=queue_columns["turn"], ticket=queue_columns["ticket"])
        )
    _reload(walk)
    jobs.notify_workers()


def delete_walk(walk: Walk, *, by_operator: bool = False) -> None:
    """Delete a walk: its files, prompts, owner, and reports about it.

    Its page answers 410 and names who deleted it. Restoring an older backup does not restore it. Files that a cached
    result shares with it are kept.

    :param by_operator: whether an operator deletes it, not its owner; the walk is hidden as well.
    """
    _delete([walk], by_operator=by_operator)


def delete_walks_of(owner_hash: str) -> int:
    """Delete all walks and candidates of an owner, as :func:`delete_walk` does; return the number of walks.

    Works in batches, so that other writers need not wait for all of them.
    """
    candidate_requests.delete_of_owner(owner_hash)
    count, own = 0, (Walk.owner_hash == owner_hash, Walk.deleted_at.is_(None))
    while walks := db.session.scalars(select(Walk).where(*own).order_by(Walk.number).limit(BATCH)).all():
        count += _delete(walks, by_operator=False)
    return count


def delete_words_of(owner_hash: str) -> int:
    """Delete an owner's words for walls, and the walks that show their pictures; return the number of words."""
    count, walk_ids = wall_words.delete_of(owner_hash)
    if walk_ids:
        shown = select(Walk).where(Walk.id.in_(walk_ids)).options(*lookup.WHOLE)
        _delete(db.session.scalars(shown).all(), by_operator=False)
    return count


def _delete(walks: Sequence[Walk], *, by_operator: bool) -> int:
    numbers = [walk.number for walk in walks]
    uploads = [(walk.owner_hash, stop.photo) for walk in walks for stop in walk.stops if stop.photo]
    uploads += [(walk.owner_hash, walk.sound_digest) for walk in walks if walk.sound_digest]
    with writing() as session:
        take_advisory_lock(session)  # else a cached result could be created while no row names its files
        if by_operator:
            session.execute(update(Walk).where(Walk.number.in_(numbers)).values(hidden_at=now()))
        count = _reduce_to_tombstones(session, numbers)
    for walk in walks:
        deletions.record(walk.id, by_operator=by_operator)
        delete_files(walk)
        _reload(walk)
    for owner_hash, digest in uploads:  # else they would be stored for the rest of their day
        forget_uploads(owner_hash, [digest])
    return count


def purge(walks: Sequence[Walk]) -> None:
    """Delete walks completely, rows and files, without a tombstone or record.

    Only for the site's own walks whose URLs were never published. A walk with a greater number must exist, or the
    database would use their numbers again.
    """
    with writing() as session:
        take_advisory_lock(session)
        for walk in walks:
            session.delete(session.merge(walk))
    for walk in walks:
        try:
            media_store.store().delete(media_store.walk_folder(walk.id))
        except MediaError as error:
            log.warning("The files of walk %s could not be deleted: %s", walk.id, error)


def forget_uploads(owner_hash: str, digests: Collection[str] | None = None) -> int:
    """Delete an owner's uploads; return how many. A restored backup does not bring them back. Walks keep their copies.

    :param digests: only the uploads with these digests; ``None`` for all.
    """
    ids = upload_store.forget(owner_hash, digests)
    for upload_id in ids:
        deletions.record(upload_id, by_operator=False)
    return len(ids)


def _reduce_to_tombstones(session: Session, numbers: list[int]) -> int:
    """Reduce walks to tombstone rows with ID, times and settings; return how many were not deleted before.

    Words, pictures, owner and network are removed, and all rows of other tables that refer to the walks.
    """
    cleared = session.execute(
        update(Walk)
        .where(Walk.number.in_(numbers), Walk.deleted_at.is_(None))
        .values(
            deleted_at=now(),
            visitor=case((Walk.owner_hash == "", Walk.visitor), else_=""),  # the site's own walks keep their origin
            origin=case((Walk.owner_hash == "", Walk.origin), else_=VISITOR),
            network="",
            owner_hash="",
            search_text="",
            given_title=None,
            first_stop_key=None,
            last_stop_key=None,
            error=None,
            drawings=None,
            idempotency_key=None,
            request_hash="",
            request_id=None,
            cache_key=None,
            **dict.fromkeys(("sound_digest", "sound_start", "sound_length", "sound_way", "sound_pictures")),
            publish_sound=False,
            music=None,
            holds=None,
            state=case((Walk.state.in_(WAITING), CANCELLED), else_=Walk.state),
        )
        .execution_options(synchronize_session=False)
    )
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.references(Walk.__table__):
                session.execute(table.delete().where(key.parent.in_(numbers)))
    return int(cleared.rowcount)  # type: ignore[attr-defined]


def forget_owners() -> None:
    """Remove owners and reports from walks that an earlier version deleted."""
    with writing() as session:
        gone = select(Walk.number).where(Walk.deleted_at.is_not(None), Walk.owner_hash != "")
        session.execute(delete(Report).where(Report.walk_number.in_(gone)))
        session.execute(update(Walk).where(Walk.number.in_(gone)).values(**NO_OWNER))


def cancel_or_delete(walk: Walk) -> None:
    """Cancel a queued or running walk; delete a walk in any other state."""
    try:
        cancel(walk)
    except Conflict:
        delete_walk(walk)


def delete_files(walk: Walk, *, keep_photos: bool = False) -> None:
    """Delete the files of a walk, except those that other walks share; logs a failure of the media store.

    :param keep_photos: keep the files that its own media rows name, such as the photos of a cancelled walk.
    """
    try:
        own = select(Medium.path).where(Medium.walk_number == walk.number)
        keep = _shared(walk) | (set(db.session.scalars(own)) if keep_photos else set())
        for folder in {media_store.walk_folder(walk.id), media_store.walk_folder(walk.repeat_of or walk.id)}:
            _delete_folder(folder, keep=keep)
    except MediaError as error:
        log.warning("The files of walk %s could not be deleted: %s", walk.id, error)


def _delete_results(session: Session, walk: Walk) -> None:
    """Delete the frames, films and tasks of a walk, so that a worker that still runs cannot publish."""
    for table in (Frame, VisualFeatures, Task):
        session.execute(delete(table).where(table.walk_number == walk.number))
    # photos and the sound are needed if the walk is retried
    is_result = Medium.kind.not_like("photo-%") & (Medium.kind != sound_parts.MEDIUM)
    session.execute(delete(Medium).where(Medium.walk_number == walk.number, is_result))
    session.execute(update(Stop).where(Stop.walk_number == walk.number).values(detected_style=""))


def _delete_folder(folder: str, *, keep: set[str]) -> None:
    store = media_store.store()
    if not keep:
        store.delete(folder)
        return
    for path in store.files(folder).keys() - keep:
        store.delete(path)
    store.delete_empty(folder)


def _shared(walk: Walk) -> set[str]:
    """Return the paths of the files that walks with the same files name."""
    numbers = select(Walk.number).where(reuse.same_files(walk), Walk.number != walk.number)
    return {
        path
        for table in (Frame, Medium)
        for path in db.session.scalars(select(table.path).where(table.walk_number.in_(numbers)))
    }


def _reload(walk: Walk) -> None:
    db.session.refresh(walk)
