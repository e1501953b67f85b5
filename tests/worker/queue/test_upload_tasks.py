"""Photos that wait become tasks: each once, the oldest first, done by one worker at a time, and by none for ever."""

from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import select

from app.storage.database import db, now, writing
from app.storage.task_kinds import PHOTO, PHOTOS, SHORT, WALK
from app.storage.upload_models import READY, Upload
from app.storage.walk_models import Task
from tests.support.worker_rows import expire_leases, read_photo
from worker.queue import leases, upload_tasks
from worker.queue.leases import Claim, LeaseLost

pytestmark = pytest.mark.databases


def brought(digest: str, *, minutes_ago: float = 0, kept_hours: float = 24) -> str:
    """Keep a photo as a web process of release 1.0.0 does, and return its id."""
    photo = Upload(
        kind=PHOTOS, details={"width": 8, "height": 8}, digest=digest, owner_hash="ann",
        path=f"photos/{digest}.webp", bytes=5,
        created_at=now() - timedelta(minutes=minutes_ago), expires_at=now() + timedelta(hours=kept_hours),
    )  # fmt: skip
    with writing() as session:
        session.add(photo)
        session.flush()
        return str(photo.id)


def claimed() -> Claim | None:
    """Claim what is next, as a worker does."""
    upload_tasks.enqueue()
    return leases.claim_next()


def finish(claim: Claim, description: str) -> bool:
    with writing() as session:
        leases.write_as_holder(session, claim)
        return upload_tasks.store(session, str(claim.task), state=READY, analysis={"description": description})


def tasks() -> list[str | None]:
    db.session.rollback()
    return list(db.session.scalars(select(Task.task).order_by(Task.number)))


def test_oldest_photo_is_first_and_claimed_by_one_alone(app: object) -> None:
    later, earlier = brought("b"), brought("a", minutes_ago=5)
    first, second = claimed(), claimed()
    assert first is not None and second is not None
    assert [(claim.kind, claim.task) for claim in (first, second)] == [(PHOTOS, earlier), (PHOTOS, later)]
    assert claimed() is None
    assert finish(first, "a fox")
    assert read_photo(earlier).description == "a fox" and read_photo(earlier).state != "waiting"
    assert tasks() == [later]


def test_photo_has_one_task_however_often_photos_are_looked_for(app: object) -> None:
    photo_id = brought("a")
    for _ in range(3):
        upload_tasks.enqueue()
    assert tasks() == [photo_id]


def test_photo_that_is_no_longer_kept_has_no_task(app: object) -> None:
    brought("a", kept_hours=-1)
    upload_tasks.enqueue()
    assert tasks() == []


def test_worker_whose_lease_ran_out_writes_nothing(app: object) -> None:
    photo_id = brought("a")
    late = claimed()
    assert late is not None
    expire_leases()
    assert claimed() is not None
    with pytest.raises(LeaseLost):
        finish(late, "a fox")
    assert read_photo(photo_id).state == "waiting"


def test_photo_that_crashes_workers_gets_no_caption(app: object) -> None:
    photo_id = brought("a")
    for _ in range(current_app.config["LOST_MAX"]):
        assert claimed() is not None
        expire_leases()
    assert claimed() is None and tasks() == []
    assert read_photo(photo_id).state != "waiting" and read_photo(photo_id).description is None


def test_photo_that_is_given_back_waits_on_and_loses_no_attempt(app: object) -> None:
    brought("a")
    for _ in range(current_app.config["LOST_MAX"] + 2):
        claim = claimed()
        assert claim is not None and claim.interruptions == 0
        leases.release_task(claim)
    assert leases.sweep() == 1


def test_photo_that_a_worker_of_the_release_before_described_keeps_its_words(app: object) -> None:
    photo_id = brought("a")
    claim = claimed()
    assert claim is not None
    with writing() as session:
        photo = session.get(Upload, photo_id)
        photo.analysis, photo.state = {"description": "a kite"}, READY
    assert not finish(claim, "a fox")
    assert read_photo(photo_id).description == "a kite" and tasks() == []


def test_task_of_a_photo_is_hidden_from_workers_of_the_release_before(app: object) -> None:
    """They claim tasks of urgency 0 and of walks whatever their kind, and would take this one for a walk's."""
    brought("a")
    upload_tasks.enqueue()
    assert db.session.scalars(select(Task.urgency)).all() == [PHOTO]
    assert PHOTO not in (SHORT, WALK)
