"""What a short task that fails leaves behind, by its kind; the walk it belongs to stays finished.

The task of a frame leaves nothing: the frame's page offers to ask for it again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.storage.task_kinds import CANDIDATES, LORA
from app.storage.walk_models import Task
from app.walks.queue import candidate_requests, lora_checks
from app.walks.uploads.kinds import KINDS
from worker.queue import upload_tasks


def record(session: Session, task: Task, reason: str) -> None:
    """Record that a task failed for a reason, and end it; the caller holds it."""
    RECORDS.get(task.kind, _delete)(session, task, reason)


def _delete(session: Session, task: Task, _reason: str) -> None:
    session.delete(task)


def _fail_candidates(session: Session, task: Task, reason: str) -> None:
    session.delete(task)
    candidate_requests.fail(session, str(task.task), reason)


def _answer_check(_session: Session, task: Task, reason: str) -> None:
    for name, value in lora_checks.answer_values(task.payload, f"could not be checked. {reason}").items():
        setattr(task, name, value)


RECORDS: dict[str, Callable[[Session, Task, str], None]] = {
    CANDIDATES: _fail_candidates,
    LORA: _answer_check,
    **dict.fromkeys(KINDS, upload_tasks.fail),
}
