"""Candidates as requests: kept for a short time, so many of one person, and what they cost."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.offer.generation import cost, offers, sampler_settings
from app.storage.candidate_models import Candidate, CandidateSet
from app.storage.database import db, now, writing
from app.storage.walk_models import Task
from app.upkeep.maintenance import upkeep
from app.walks.queue import candidate_requests
from tests.support import candidates


def expire(found: CandidateSet) -> None:
    with writing() as session:
        past = now() - timedelta(seconds=1)
        session.execute(update(CandidateSet).where(CandidateSet.number == found.number).values(expires_at=past))


@pytest.mark.databases
def test_expired_photos_have_no_owner_and_upkeep_deletes_them(app: Flask) -> None:
    old, new = candidates.painted("ann"), candidates.painted("ben")
    expire(old)
    assert candidate_requests.find_of_owner(old.id, "ann") is None
    assert candidate_requests.find_of_owner(new.id, "ben") is not None
    upkeep.run()
    assert [each.id for each in db.session.scalars(select(CandidateSet))] == [new.id]
    assert {each.set_number for each in db.session.scalars(select(Candidate))} == {new.number}


@pytest.mark.databases
def test_oldest_sets_of_one_person_give_way(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate_requests, "SETS_MOST", 2)
    kept = candidates.painted("ben")
    sets = [candidates.painted("ann", seed=seed) for seed in range(4)]
    found = {each.id for each in db.session.scalars(select(CandidateSet))}
    assert found == {kept.id, sets[2].id, sets[3].id}


@pytest.mark.databases
def test_deleting_takes_along_what_is_still_to_be_painted(app: Flask) -> None:
    found = candidates.painted("ann", count=2)
    candidate_requests.request_more(found, lambda _first: [], network="here")
    assert db.session.query(Task).count() == 1
    assert candidate_requests.delete_of_owner("ann") == 1
    assert [db.session.query(table).count() for table in (CandidateSet, Candidate, Task)] == [0, 0, 0]


def test_other_visitors_do_not_have_them(app: Flask) -> None:
    found = candidates.painted("ann")
    assert candidate_requests.find_of_owner(found.id, "ben") is None


def test_four_cost_less_than_half_as_much_again_as_eight_frames(app: Flask) -> None:
    settings = sampler_settings.resolve_settings(offers.first())
    assert candidate_requests.count_evaluations(settings, 4) <= 1.5 * cost.of_walk(settings, stops=2, frames=8)
