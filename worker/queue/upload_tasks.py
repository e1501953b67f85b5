"""Tasks of uploads that wait for a worker, which are claimed, leased and swept like all others.

The web side creates the task of a new upload. Workers create those that are missing: of photos that a web process of
release 1.2 accepted, or that were stored again from a walk.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.database import db, now, writing
from app.storage.upload_models import FAILED, READY, WAITING, Upload
from app.storage.walk_models import Task
from app.walks.queue import queued_tasks
from app.walks.uploads.kinds import KINDS

log = logging.getLogger(__name__)


def enqueue() -> None:
    """Create a task for each waiting upload without one, in the order of upload."""
    # Runs before each claim, so it reads outside of a write transaction and never waits for the writer lock.
    has_task = exists().where(Task.task == Upload.id, Task.kind == Upload.kind)
    waiting = select(Upload.id, Upload.kind).where(Upload.state == WAITING, Upload.expires_at > now(), ~has_task)
    with db.engine.connect() as connection:
        uploads = connection.execute(waiting.order_by(Upload.created_at, Upload.id)).all()
    for upload_id, kind in uploads:
        try:
            with writing() as session:
                queued_tasks.add_short_task(session, kind, task=upload_id)
        except IntegrityError:
            log.debug("another worker created the task of upload %s", upload_id)


def store(session: Session, upload_id: str, **columns: Any) -> bool:
    """Store what was found of an upload and delete its task; return whether the upload still waited for it."""
    session.execute(delete(Task).where(Task.task == upload_id, Task.kind.in_(KINDS)))
    if not columns:
        return False
    waits = Upload.id == upload_id, Upload.state == WAITING
    written = session.execute(
        update(Upload).where(*waits).values(**columns).execution_options(synchronize_session=False)
    )
    return bool(written.rowcount)  # type: ignore[attr-defined]


def fail(session: Session, task: Task, _reason: str) -> None:
    """Record that workers were lost at an upload: it failed, or is used as it is, as its kind says."""
    kind = KINDS[task.kind]
    error = None if kind.is_final else f"Reading the {kind.called} was interrupted. Upload it again."
    store(session, str(task.task), state=READY if kind.is_final else FAILED, error=error)
