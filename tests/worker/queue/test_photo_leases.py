"""Photos are looked at by one worker at a time, the oldest first, and by nobody for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.storage.database import now, writing
from app.storage.photo_models import Photo
from tests.worker.rows import read_photo
from worker.queue import photo_leases
from worker.queue.leases import LeaseLost

pytestmark = pytest.mark.databases


def brought(digest: str, *, minutes_ago: float = 0, kept_hours: float = 24) -> str:
    """Keep a photo, and return its id."""
    photo = Photo(
        digest=digest, owner_hash="ann", path=f"photos/{digest}.webp", width=8, height=8, bytes=5,
        created_at=now() - timedelta(minutes=minutes_ago), expires_at=now() + timedelta(hours=kept_hours),
    )  # fmt: skip
    with writing() as session:
        session.add(photo)
        session.flush()
        return str(photo.id)


def test_who_came_first_is_looked_at_first_and_by_one_alone(app: object) -> None:
    later, earlier = brought("b"), brought("a", minutes_ago=5)
    first, second = photo_leases.claim_next(), photo_leases.claim_next()
    assert first is not None and second is not None
    assert (first.id, second.id) == (earlier, later)
    assert photo_leases.claim_next() is None
    photo_leases.finish(first, description="a fox")
    assert read_photo(earlier).description == "a fox" and read_photo(earlier).described_at is not None
    assert photo_leases.waiting() == 0


def test_what_is_no_longer_kept_is_not_looked_at(app: object) -> None:
    brought("a", kept_hours=-1)
    assert photo_leases.claim_next() is None


def test_a_worker_whose_lease_ran_out_writes_nothing(app: object) -> None:
    photo_id = brought("a")
    late = photo_leases.claim_next()
    assert late is not None
    with writing() as session:
        session.get(Photo, photo_id).lease_until = now() - timedelta(seconds=1)
    assert photo_leases.waiting() == 1
    assert photo_leases.claim_next() is not None
    for write in (photo_leases.renew, photo_leases.finish, photo_leases.give_back):
        with pytest.raises(LeaseLost):
            write(late)
    assert read_photo(photo_id).described_at is None


def test_what_kills_workers_is_left_without_words(app: object) -> None:
    photo_id = brought("a")
    for _ in range(photo_leases.ATTEMPTS):
        assert photo_leases.claim_next() is not None
        with writing() as session:
            session.get(Photo, photo_id).lease_until = None
    assert photo_leases.claim_next() is None
    assert read_photo(photo_id).described_at is not None and read_photo(photo_id).description is None


def test_what_is_given_back_does_not_count(app: object) -> None:
    brought("a")
    for _ in range(photo_leases.ATTEMPTS + 2):
        claim = photo_leases.claim_next()
        assert claim is not None
        photo_leases.give_back(claim)
    assert photo_leases.waiting() == 1
