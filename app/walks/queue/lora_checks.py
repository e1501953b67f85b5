"""Requests to check a LoRA file: a short task without a walk, whose result stays on its row until it is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.storage.database import db, now, writing
from app.storage.task_kinds import LORA
from app.storage.walk_models import PIECE_DONE, Task, new_id
from app.walks.queue import jobs, queued_tasks

ANSWER, ASKED_AT = "answer", "asked_at"
LIFETIME = timedelta(days=1)
"""The age at which tasks are deleted whose result was never read, because the command was killed."""


def enqueue(file: str, model: str | None) -> str:
    """Enqueue the check of a file in the LoRA folder with the model of this name; return the task's ID."""
    task = new_id()
    with writing() as session:
        for old in session.scalars(select(Task).where(Task.kind == LORA)).all():
            if datetime.fromisoformat(old.payload[ASKED_AT]) < now() - LIFETIME:
                session.delete(old)
        payload = {"file": file, ASKED_AT: now().isoformat()}
        queued_tasks.add_short_task(session, LORA, task=task, model=model, payload=payload)
    jobs.notify_workers()
    return task


def find_answer(task: str) -> str | None:
    """Return why a checked file is unusable, or "" if it fits; None while the task is not done."""
    db.session.rollback()  # start a new transaction, to see the worker's answer
    found: Task | None = db.session.scalar(
        select(Task).where(Task.task == task, Task.kind == LORA).execution_options(populate_existing=True)
    )
    if found is None:
        return "could not be checked: its task was deleted."
    return str(found.payload[ANSWER]) if found.state == PIECE_DONE else None


def delete_check(task: str) -> None:
    """Delete the task of a check, whether it is done or not."""
    with writing() as session:
        session.execute(delete(Task).where(Task.task == task, Task.kind == LORA))


def answer_values(payload: dict[str, Any], reason: str) -> dict[str, Any]:
    """Return the column values of a finished check: released, with the reason as its result."""
    return {
        "state": PIECE_DONE,
        "lease_holder": None,
        "lease_until": None,
        "payload": payload | {ANSWER: reason},
    }
