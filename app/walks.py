"""What an owner or an operator may do to a walk: cancel, retry, delete."""

from __future__ import annotations

import logging

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app import line, media, queue
from app.database import db, now, writing
from app.errors import Conflict, MediaError
from app.models import CANCELLED, FAILED, QUEUED, WAITING, Frame, Medium, Stop, Walk

log = logging.getLogger(__name__)


def cancel(walk: Walk) -> None:
    """Cancel a queued or painting walk; its frames are deleted at once, and its worker stops at the next batch.

    :raises Conflict: when it is neither.
    """
    with writing() as session:
        cancelled = session.execute(
            update(Walk)
            .where(Walk.number == walk.number, Walk.state.in_(WAITING))
            .values(state=CANCELLED, finished_at=now(), lease_until=None, lease_holder=None, painted_count=0)
        )
        if not cancelled.rowcount:  # type: ignore[attr-defined]
            raise Conflict("Only a walk that waits or is being painted can be cancelled.")
        _forget_pictures(session, walk)
    _delete_files(walk)
    _reload(walk)


def retry(walk: Walk) -> None:
    """Put a failed or cancelled walk back in line; frames already painted are kept.

    :raises Conflict: when it is neither.
    """
    with writing() as session:
        turn, ticket = line.join(session, walk.visitor)
        queued = session.execute(
            update(Walk)
            .where(Walk.number == walk.number, Walk.state.in_((FAILED, CANCELLED)), Walk.deleted_at.is_(None))
            .values(state=QUEUED, finished_at=None, started_at=None, error=None, lost=0, turn=turn, ticket=ticket)
        )
        if not queued.rowcount:  # type: ignore[attr-defined]
            raise Conflict("Only a walk that failed or was cancelled can be painted again.")
    _reload(walk)
    queue.ring()


def delete_walk(walk: Walk) -> None:
    """Delete a walk: its pictures and words go; its address says from then on that it was taken down."""
    with writing() as session:
        session.execute(
            update(Walk)
            .where(Walk.number == walk.number)
            .values(
                deleted_at=now(),
                words="",
                error=None,
                idempotency_key=None,
                commission_hash="",
                lease_until=None,
                lease_holder=None,
                state=CANCELLED if walk.is_waiting else walk.state,
            )
        )
        session.execute(delete(Stop).where(Stop.walk_number == walk.number))
        _forget_pictures(session, walk)
    _delete_files(walk)
    _reload(walk)


def cancel_or_delete(walk: Walk) -> None:
    """Do what DELETE means: cancel a walk that waits, delete any other."""
    try:
        cancel(walk)
    except Conflict:
        delete_walk(walk)


def _forget_pictures(session: Session, walk: Walk) -> None:
    for table in (Frame, Medium):
        session.execute(delete(table).where(table.walk_number == walk.number))


def _delete_files(walk: Walk) -> None:
    try:
        media.store().delete(media.walk_folder(walk.id))
    except (MediaError, OSError) as error:
        log.warning("The files of walk %s could not be deleted: %s", walk.id, error)


def _reload(walk: Walk) -> None:
    db.session.refresh(walk)
