"""Tasks for photos without a description, which are claimed, leased and swept like all others.

The web side only inserts photos, and workers create the tasks. So photos that a web process of release 1.0.0 accepted
are described as well.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.database import db, now, writing
from app.storage.photo_models import Photo
from app.storage.task_kinds import PHOTOS
from app.storage.walk_models import Task
from app.walks.queue import queued_tasks

log = logging.getLogger(__name__)


def enqueue() -> None:
    """Create a task for each undescribed photo without one, in the order of upload."""
    # Runs before each claim, so it reads outside of a write transaction and never waits for the writer lock.
    with db.engine.connect() as connection:
        ids = connection.scalars(select(Photo.id).where(*_has_no_task()).order_by(Photo.created_at, Photo.id)).all()
    for photo_id in ids:
        try:
            with writing() as session:
                queued_tasks.add_short_task(session, PHOTOS, task=photo_id)
        except IntegrityError:
            log.debug("another worker created the task of photo %s", photo_id)


def store_description(session: Session, photo_id: str, **columns: Any) -> bool:
    """Store a photo's description and delete its task; return whether the photo still waited for one."""
    session.execute(delete(Task).where(Task.task == photo_id, Task.kind == PHOTOS))
    waits = Photo.id == photo_id, Photo.described_at.is_(None)
    written = session.execute(
        update(Photo).where(*waits).values(described_at=now(), **columns).execution_options(synchronize_session=False)
    )
    return bool(written.rowcount)  # type: ignore[attr-defined]


def _has_no_task() -> tuple[ColumnElement[bool], ...]:
    has_task = exists().where(Task.task == Photo.id, Task.kind == PHOTOS)
    return Photo.described_at.is_(None), Photo.expires_at > now(), ~has_task
