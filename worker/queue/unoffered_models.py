"""Failing of walks whose model no worker offers any more; no worker would ever claim them.

Workers of other machines may offer other models, and a starting worker is not visible before its model is loaded. So a
model counts as gone only when no live worker has offered it for a while.
"""

from __future__ import annotations

import logging
import time

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from app.offer.generation import offers
from app.storage.database import db, now, writing
from app.storage.task_kinds import FRAME_KINDS
from app.storage.walk_models import FAILED, FINISHED, PIECE_TAKEN, PIECE_WAITING, WAITING, Task, Walk
from app.walks.queue import jobs
from worker.queue import short_failures
from worker.queue.leases import holder, suspend_tasks

PATIENCE_SECONDS = 600.0
"""The time without any offer after which a model counts as gone: longer than a large model loads."""

log = logging.getLogger(__name__)

_FRAMES_IN_LINE = (Task.kind.in_(FRAME_KINDS), Task.state == PIECE_WAITING)
_TASKS_IN_LINE = (Task.task.is_not(None), Task.state == PIECE_WAITING)


class UnofferedModels:
    """Models that walks wait for and no live worker offers, each with the time since when none does."""

    def __init__(self) -> None:
        self.missed_since: dict[str, float] = {}

    def fail(self) -> None:
        """Fail walks and tasks whose model no worker has offered for `PATIENCE_SECONDS`; delete tasks of frames."""
        offered = _offered()
        wanted = _wanted() - offered if offered is not None else ()
        instant = time.monotonic()
        self.missed_since = {name: self.missed_since.get(name, instant) for name in wanted}
        for name, since in self.missed_since.items():
            if instant - since >= PATIENCE_SECONDS:
                _fail_all_of(name)


def _offered() -> set[str] | None:
    """Return the models of all live workers; ``None`` when this worker is not listed, so the list is unreliable."""
    workers = jobs.workers()
    if not any(about["name"] == holder() for about in workers):
        return None
    return {name for about in workers for name in (about["model"], *about.get("models", ()))}


def _wanted() -> set[str]:
    """Return the models that waiting walks, tasks of single frames, and tasks without a walk need."""
    db.session.rollback()  # start a new transaction, to see current rows
    frames = exists().where(Task.walk_number == Walk.number, *_FRAMES_IN_LINE)
    waiting = or_(and_(*_idle()), and_(Walk.state == FINISHED, frames))
    of_walks = select(Walk.model).where(Walk.model.is_not(None), waiting)
    of_tasks = select(Task.model).where(Task.model.is_not(None), *_TASKS_IN_LINE)
    return {str(name) for name in db.session.scalars(of_walks.union(of_tasks))}


def _fail_all_of(name: str) -> None:
    reason = offers.load().not_offered(name)
    with writing() as session:
        locked = select(Walk).where(Walk.model == name, *_idle()).with_for_update(of=Walk)
        for walk in session.scalars(locked.execution_options(populate_existing=True)):
            walk.state, walk.error, walk.finished_at = FAILED, reason, now()
            suspend_tasks(session, walk.number)
            log.warning("walk %s failed: %s", walk.id, walk.error)
        tasks = select(Task).where(Task.model == name, *_TASKS_IN_LINE).with_for_update()
        for piece in session.scalars(tasks.execution_options(populate_existing=True)):
            short_failures.record(session, piece, reason)
        done = select(Walk.number).where(Walk.model == name, Walk.state == FINISHED)
        session.execute(
            delete(Task)
            .where(*_FRAMES_IN_LINE, Task.walk_number.in_(done))
            .execution_options(synchronize_session=False)
        )


def _idle() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for waiting walks none of whose tasks is held."""
    taken = exists().where(Task.walk_number == Walk.number, Task.state == PIECE_TAKEN)
    return Walk.state.in_(WAITING), Walk.deleted_at.is_(None), ~taken
