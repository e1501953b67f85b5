"""Walks of a model that no worker offers: they fail in words, but not while one that offers it may still come."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.storage.database import db, writing
from app.storage.task_kinds import CANDIDATES, FRAMES, STAGES, SUSPENDED
from app.storage.walk_models import FAILED, FINISHED, PAINTING, PIECE_TAKEN, QUEUED, Task, Walk
from app.walks.queue import jobs
from tests.conftest import Maker
from tests.support import candidates
from tests.support.house import NAME
from tests.support.rows import change, store
from tests.support.worker_rows import read
from worker.queue import unoffered_models
from worker.queue.leases import claim_next, holder
from worker.queue.unoffered_models import UnofferedModels

Living = Callable[..., None]
NOT_HERE = f"The model museum is not offered here; this is: {NAME}."


@pytest.fixture
def unoffered() -> UnofferedModels:
    """The models that a worker of its own misses: none yet."""
    return UnofferedModels()


@pytest.fixture
def living(monkeypatch: pytest.MonkeyPatch) -> Living:
    """Return a function that says what this worker offers, and what others on other machines do."""

    def say(*offers: list[str]) -> None:
        names = [holder(), *(f"elsewhere/1:{number}:x" for number in range(1, len(offers)))]
        workers = [
            {"name": name, "model": models[0], "models": dict.fromkeys(models)}
            for name, models in zip(names, offers, strict=True)
        ]
        monkeypatch.setattr(jobs, "workers", lambda: workers)

    return say


@pytest.fixture
def walk(request_walk: Maker) -> Walk:
    """Request a walk of a model that is taken off the site afterwards."""
    walk = request_walk()
    change(walk, model="museum")
    return walk


def miss_for_long(monkeypatch: pytest.MonkeyPatch, unoffered: UnofferedModels | None = None) -> None:
    """Look twice, as long apart as a model may be missed."""
    unoffered = unoffered or UnofferedModels()
    unoffered.fail()
    monkeypatch.setattr(unoffered_models, "PATIENCE_SECONDS", 0.0)
    unoffered.fail()


@pytest.mark.databases
def test_walk_of_a_model_that_no_worker_offers_fails_in_words(
    walk: Walk, request_walk: Maker, living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, anyones = request_walk(visitor="bob"), request_walk(visitor="cleo")
    change(ours, model=NAME)
    living([NAME])
    miss_for_long(monkeypatch)
    failed = read(walk.id)
    assert (failed.state, failed.error) == (FAILED, NOT_HERE)
    assert failed.finished_at is not None
    assert [read(other.id).state for other in (ours, anyones)] == [QUEUED, QUEUED]


def test_it_waits_while_a_worker_of_the_model_may_start(unoffered: UnofferedModels, walk: Walk, living: Living) -> None:
    living([NAME])
    unoffered.fail()
    unoffered.fail()
    assert read(walk.id).state == QUEUED


def test_it_waits_for_a_worker_on_another_machine(walk: Walk, living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    living([NAME], [NAME, "museum"])
    miss_for_long(monkeypatch)
    assert read(walk.id).state == QUEUED


@pytest.mark.databases
def test_time_is_counted_again_once_a_worker_offered_the_model(
    unoffered: UnofferedModels, walk: Walk, living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    living([NAME])
    unoffered.fail()
    living([NAME], ["museum"])
    unoffered.fail()
    assert unoffered.missed_since == {}
    living([NAME])
    unoffered.fail()
    assert unoffered.missed_since.keys() == {"museum"}
    assert read(walk.id).state == QUEUED


def test_nothing_is_given_up_while_redis_knows_no_worker(
    unoffered: UnofferedModels, walk: Walk, living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    living([NAME])
    unoffered.fail()
    monkeypatch.setattr(jobs, "workers", list)
    miss_for_long(monkeypatch, unoffered)
    assert read(walk.id).state == QUEUED


def test_walk_that_a_worker_holds_is_left_to_it(walk: Walk, living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    assert claim_next({"museum"}) is not None
    living([NAME])
    miss_for_long(monkeypatch)
    assert read(walk.id).state == PAINTING


@pytest.mark.databases
def test_walk_between_passes_without_worker_fails(walk: Walk, living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    store(Task(walk_number=walk.number, kind=FRAMES, level=1, urgency=1))
    change(walk, state=PAINTING)
    living([NAME])
    miss_for_long(monkeypatch)
    assert (read(walk.id).state, read(walk.id).error) == (FAILED, NOT_HERE)
    assert db.session.query(Task).one().urgency == SUSPENDED, "no claim passes over it"


@pytest.mark.databases
def test_candidates_that_no_worker_can_paint_fail(app: Flask, living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [candidates.painted("ann", seed=seed) for seed in (3, 4)]
    with writing() as session:
        for each, model in zip(sets, ("museum", None), strict=True):
            session.add(Task(task=each.id, kind=CANDIDATES, batch=8, urgency=0, model=model))
    living([NAME])
    miss_for_long(monkeypatch)
    db.session.expire_all()
    assert [(each.state, each.error) for each in sets] == [("failed", NOT_HERE), ("painted", None)]
    assert [piece.task for piece in db.session.query(Task)] == [sets[1].id]


@pytest.mark.databases
def test_stages_without_worker_are_dropped(publish: Maker, living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = publish()
    change(walk, model="museum")
    with writing() as session:
        session.add(Task(walk_number=walk.number, kind=STAGES, batch=0, urgency=0))
        session.add(Task(walk_number=walk.number, kind=STAGES, batch=1, urgency=0, state=PIECE_TAKEN))
    living([NAME])
    miss_for_long(monkeypatch)
    assert [piece.batch for piece in db.session.query(Task)] == [1]
    assert (read(walk.id).state, read(walk.id).error) == (FINISHED, None)
