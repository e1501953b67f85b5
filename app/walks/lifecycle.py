"""What an owner or an operator may do to a walk: cancel, retry, delete."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict, MediaError
from app.i18n.gettext import _
from app.queue import admission, candidate_requests, fair_queue, jobs, pieces
from app.storage import media_store
from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.house_models import Report
from app.storage.walk_models import (
    CANCELLED,
    FAILED,
    QUEUED,
    VISITOR,
    WAITING,
    Frame,
    Medium,
    Piece,
    Stop,
    VisualFeatures,
    Walk,
)
from app.uploads import photo_store
from app.walks import deletions, reuse, wall_words

log = logging.getLogger(__name__)

TOGETHER = 100  # walks that are deleted in one transaction
NOBODYS = {"visitor": "", "network": "", "owner_hash": ""}


def cancel(walk: Walk) -> None:
    """Cancel a queued or painting walk; its frames are deleted at once, and its worker stops at the next batch.

    :raises Conflict: when it is neither.
    """
    with writing() as session:
        cancelled = session.execute(
            update(Walk)
            .where(Walk.number == walk.number, Walk.state.in_(WAITING))
            .values(state=CANCELLED, finished_at=now(), painted_count=0, passes=None)
        )
        if not cancelled.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_("Only a walk that waits or is being painted can be cancelled."))
        _forget_pictures(session, walk)
    delete_files(walk, keep_photos=True)
    _reload(walk)


def retry(walk: Walk, *, admit: Callable[[int], None] | None = None) -> None:
    """Put a failed or cancelled walk back in the queue; frames already painted are kept.

    ``admit`` is called before it is saved, as before a new walk, and may refuse it by raising.

    :raises Conflict: when it is neither.
    """
    if admit:
        admission.check_storage(walk.network)
    line = fair_queue.load_snapshot() if admit else None
    with writing() as session:
        place = fair_queue.join(session, walk)
        if line is not None and walk.state in (FAILED, CANCELLED):
            admission.check_line(session, walk, place["asked"], line)
        queued = session.execute(
            update(Walk)
            .where(Walk.number == walk.number, Walk.state.in_((FAILED, CANCELLED)), Walk.deleted_at.is_(None))
            .values(state=QUEUED, finished_at=None, started_at=None, error=None, lost=0, **place)
        )
        if not queued.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_("Only a walk that failed or was cancelled can be painted again."))
        if admit:
            admit(place["asked"])
        session.execute(
            update(Piece)
            .where(Piece.walk_number == walk.number, Piece.urgency == pieces.SUSPENDED)
            .values(lost=0, urgency=pieces.WALK, turn=place["turn"], ticket=place["ticket"])
        )
    _reload(walk)
    jobs.notify_workers()


def delete_walk(walk: Walk, *, by_house: bool = False) -> None:
    """Delete a walk: its pictures and words go, who asked for it, and what was said against it.

    Its address says from then on that it was taken down, and by whom; a backup from before does not bring it back.

    Pictures that a repeat of it shows stay with the repeat.
    """
    _delete([walk], by_house=by_house)


def delete_walks_of(owner_hash: str) -> int:
    """Delete all walks that somebody owns, of whatever state, as :func:`delete_walk` does; return how many.

    They go some at a time, so that others can write in between. The candidates that they had painted go first.
    """
    candidate_requests.delete_of_owner(owner_hash)
    count, own = 0, (Walk.owner_hash == owner_hash, Walk.deleted_at.is_(None))
    while walks := db.session.scalars(select(Walk).where(*own).order_by(Walk.number).limit(TOGETHER)).all():
        count += _delete(walks, by_house=False)
    return count


def delete_words_of(owner_hash: str) -> int:
    """Delete what somebody wrote for walls, and the walks that show a picture of theirs; return how many they wrote."""
    count, shown = wall_words.delete_of(owner_hash)
    if shown:
        options = selectinload(Walk.stops), selectinload(Walk.media)
        _delete(db.session.scalars(select(Walk).where(Walk.id.in_(shown)).options(*options)).all(), by_house=False)
    return count


def _delete(walks: Sequence[Walk], *, by_house: bool) -> int:
    numbers = [walk.number for walk in walks]
    brought = [(walk.owner_hash, stop.photo) for walk in walks for stop in walk.stops if stop.photo]
    with writing() as session:
        take_advisory_lock(session)  # else a repeat of one could be made while nothing names its files
        if by_house:
            session.execute(update(Walk).where(Walk.number.in_(numbers)).values(hidden_at=now()))
        count = _clear(session, numbers)
    for walk in walks:
        deletions.note(walk.id, by_house=by_house)
        delete_files(walk)
        _reload(walk)
    for owner_hash, digest in brought:  # what was brought for it would be kept till its day is over
        forget_photos(owner_hash, [digest])
    return count


def remove(walks: Sequence[Walk]) -> None:
    """Remove walks without a trace, files and rows: those of the house's own that nobody was given the address of.

    A later walk must be there, or its number would be given again to another.
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


def forget_photos(owner_hash: str, digests: Collection[str] | None = None) -> int:
    """Delete photos that somebody brought and no walk has taken; return how many. A backup does not bring them back."""
    ids = photo_store.forget(owner_hash, digests)
    for photo_id in ids:
        deletions.note(photo_id, by_house=False)
    return len(ids)


def _clear(session: Session, numbers: list[int]) -> int:
    """Leave of walks what tells that they were there: id, times and settings, no words, pictures, owner or network.

    Whatever table refers to walks, its rows go as well.
    """
    cleared = session.execute(
        update(Walk)
        .where(Walk.number.in_(numbers), Walk.deleted_at.is_(None))
        .values(
            deleted_at=now(),
            visitor=case((Walk.owner_hash == "", Walk.visitor), else_=""),  # of the house's own, where they come from
            origin=case((Walk.owner_hash == "", Walk.origin), else_=VISITOR),
            network="",
            owner_hash="",
            words="",
            given_title=None,
            starts=None,
            ends=None,
            error=None,
            drawings=None,
            idempotency_key=None,
            commission_hash="",
            request_id=None,
            cache_key=None,
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
    """Forget who owned the walks that an earlier version deleted, and what was reported of them."""
    with writing() as session:
        gone = select(Walk.number).where(Walk.deleted_at.is_not(None), Walk.owner_hash != "")
        session.execute(delete(Report).where(Report.walk_number.in_(gone)))
        session.execute(update(Walk).where(Walk.number.in_(gone)).values(**NOBODYS))


def cancel_or_delete(walk: Walk) -> None:
    """Do what DELETE means: cancel a walk that waits, delete any other."""
    try:
        cancel(walk)
    except Conflict:
        delete_walk(walk)


def delete_files(walk: Walk, *, keep_photos: bool = False) -> None:
    """Delete the files of a walk, save those that a repeat of it names; the last of them takes them all along.

    With ``keep_photos`` what its rows name stays too: of a cancelled walk, the photos that it can be painted after.
    """
    try:
        own = select(Medium.path).where(Medium.walk_number == walk.number)
        kept = _shared(walk) | (set(db.session.scalars(own)) if keep_photos else set())
        for folder in {media_store.walk_folder(walk.id), media_store.walk_folder(walk.repeat_of or walk.id)}:
            _delete_folder(folder, kept=kept)
    except MediaError as error:
        log.warning("The files of walk %s could not be deleted: %s", walk.id, error)


def _forget_pictures(session: Session, walk: Walk) -> None:
    """Delete what is painted and what is still to be done: a worker that is at it cannot publish any more."""
    for table in (Frame, VisualFeatures, Piece):
        session.execute(delete(table).where(table.walk_number == walk.number))
    painted = Medium.kind.not_like("photo-%")  # what was brought may be painted after all
    session.execute(delete(Medium).where(Medium.walk_number == walk.number, painted))
    session.execute(update(Stop).where(Stop.walk_number == walk.number).values(found_hand=""))


def _delete_folder(folder: str, *, kept: set[str]) -> None:
    store = media_store.store()
    if not kept:
        store.delete(folder)
        return
    for path in store.files(folder).keys() - kept:
        store.delete(path)
    store.delete_empty(folder)


def _shared(walk: Walk) -> set[str]:
    """Return the paths that rows of its repeats name, or of the walk that it repeats."""
    numbers = select(Walk.number).where(reuse.same_files(walk), Walk.number != walk.number)
    return {
        path
        for table in (Frame, Medium)
        for path in db.session.scalars(select(table.path).where(table.walk_number.in_(numbers)))
    }


def _reload(walk: Walk) -> None:
    db.session.refresh(walk)
