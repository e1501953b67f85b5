"""The kinds of short tasks: each is done, may fail, and is left alone by workers that do not know it."""

from app.storage.task_kinds import FRAME_KINDS, KINDS, SHORT_KINDS, SUSPENDED, WALK
from worker.queue import short_failures
from worker.tasks import short_tasks


def test_each_kind_of_short_task_is_done_and_may_fail() -> None:
    assert sorted([*short_tasks.WITH_MODEL, *short_tasks.WITHOUT_MODEL]) == sorted(SHORT_KINDS)
    assert sorted([*short_failures.RECORDS, *FRAME_KINDS]) == sorted(SHORT_KINDS)


def test_kinds_of_short_tasks_share_an_urgency_only_as_releases_before_know_them() -> None:
    known = {"stages": 0, "candidates": 0, "lora": 0, "photos": 3, "large": 4}
    added = [KINDS[kind].urgency for kind in SHORT_KINDS if kind not in known]
    assert {kind: KINDS[kind].urgency for kind in known} == known
    assert not {*added} & {*known.values(), WALK, SUSPENDED}
