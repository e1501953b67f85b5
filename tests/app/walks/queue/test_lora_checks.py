"""The check of a LoRA file by a worker, as the one who asked sees it."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.storage.database import db
from app.storage.walk_models import Task
from app.walks.queue import lora_checks
from tests.support.rows import change


@pytest.fixture
def task(app: Flask) -> str:
    """Ask for a check."""
    return lora_checks.enqueue("ink.safetensors", None)


def test_answer_is_seen_once_a_worker_gave_it(task: str) -> None:
    assert lora_checks.find_answer(task) is None
    row = db.session.scalars(select(Task).where(Task.task == task)).one()
    values = lora_checks.answer_values(row.payload, "is of another family")
    change(Task, Task.task == task, **values)
    assert lora_checks.find_answer(task) == "is of another family"


def test_check_that_was_deleted_meanwhile_says_so(task: str) -> None:
    lora_checks.delete_check(task)
    assert lora_checks.find_answer(task) == "could not be checked: its task was deleted."
