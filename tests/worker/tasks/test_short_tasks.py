"""The kinds of short tasks: each is done and may fail."""

from app.storage.walk_models import SHORT_KINDS
from worker.queue import short_failures
from worker.tasks import short_tasks


def test_each_kind_of_short_task_is_done_and_may_fail() -> None:
    assert sorted([*short_tasks.WITH_MODEL, *short_tasks.WITHOUT_MODEL]) == sorted(SHORT_KINDS)
    assert sorted(short_failures.RECORDS) == sorted(SHORT_KINDS)
