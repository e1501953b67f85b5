"""The claim in progress: kept beside the work, as long as that goes on; a process that hangs ends."""

import os
import threading
from datetime import timedelta

import pytest
from flask import Flask

from app.storage.database import db, now
from app.storage.walk_models import Task
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.live import PATIENCE
from tests.support.rows import change
from worker.queue import heartbeat
from worker.queue.heartbeat import Heartbeat
from worker.queue.leases import Claim, LeaseLost, claim_next


@pytest.fixture
def claim(app: Flask, request_walk: Maker) -> Claim:
    """A claimed piece whose lease is nearly over."""
    request_walk()
    taken = claim_next()
    assert taken is not None
    change(Task, lease_until=now() + timedelta(seconds=1))
    return taken


@pytest.fixture
def heart() -> Heartbeat:
    """The heartbeat of a worker of its own."""
    return Heartbeat()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the heartbeat goes by: its only item."""
    seconds = [1000.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: seconds[0])
    return seconds


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses with which the process would have ended."""
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    return statuses


def seconds_left() -> float:
    db.session.rollback()
    until = db.session.query(Task.lease_until).scalar()
    return float((until - now()).total_seconds())


@pytest.mark.databases
def test_lease_is_renewed_beside_long_work(heart: Heartbeat, app: Flask, claim: Claim, clock: list[float]) -> None:
    with heart.holding(claim):
        heart.renew_leases()
        assert seconds_left() < 2, "not at every turn"
        clock[0] += app.config["LEASE_SECONDS"] / 3
        heart.renew_leases()
        assert seconds_left() > app.config["LEASE_SECONDS"] - 2


def test_nothing_is_kept_once_the_work_is_done(
    heart: Heartbeat, app: Flask, claim: Claim, clock: list[float], ended: list[int]
) -> None:
    with heart.holding(claim):
        pass
    clock[0] += 10 * app.config["STUCK_SECONDS"]
    heart.renew_leases()
    heart.note_progress()
    assert seconds_left() < 2 and not ended


@pytest.mark.databases
def test_work_stops_if_its_walk_is_cancelled(heart: Heartbeat, app: Flask, claim: Claim, clock: list[float]) -> None:
    with heart.holding(claim):
        lifecycle.cancel(db.session.get(lifecycle.Walk, claim.walk_number))
        heart.note_progress()
        clock[0] += app.config["LEASE_SECONDS"] / 3
        heart.renew_leases()
        with pytest.raises(LeaseLost):
            heart.note_progress()


def test_process_in_which_nothing_goes_on_ends(
    heart: Heartbeat, app: Flask, claim: Claim, clock: list[float], ended: list[int]
) -> None:
    with heart.holding(claim):
        for _ in range(3):
            clock[0] += 0.9 * app.config["STUCK_SECONDS"]
            heart.renew_leases()
            assert not ended
            heart.note_progress()
        clock[0] += 1.1 * app.config["STUCK_SECONDS"]
        heart.renew_leases()
    assert ended == [heartbeat.ENDED]


def test_lease_is_renewed_while_a_claim_waits_for_another_thread(
    heart: Heartbeat, app: Flask, claim: Claim, clock: list[float], ended: list[int]
) -> None:
    with heart.holding(claim):
        heart.hand_over(claim)
    clock[0] += 1.1 * app.config["STUCK_SECONDS"]
    heart.renew_leases()
    assert seconds_left() > app.config["LEASE_SECONDS"] - 2 and not ended, "it waits, and is not stuck"
    with heart.holding(claim):
        pass
    assert not heart._leases


@pytest.mark.databases
def test_each_thread_is_at_a_claim_of_its_own(
    heart: Heartbeat, app: Flask, claim: Claim, request_walk: Maker, clock: list[float], ended: list[int]
) -> None:
    request_walk(visitor="bob")
    other = claim_next()
    assert other is not None
    may_end, began = threading.Event(), threading.Event()

    def stand_still() -> None:
        with heart.holding(other):
            began.set()
            may_end.wait(PATIENCE)

    thread = threading.Thread(target=stand_still)
    thread.start()
    assert began.wait(PATIENCE)
    with heart.holding(claim):
        clock[0] += 1.1 * app.config["STUCK_SECONDS"]
        heart.note_progress()
        heart.renew_leases()
    assert ended == [heartbeat.ENDED], "this thread went on, the other did not"
    may_end.set()
    thread.join(PATIENCE)
    assert not heart._leases


def test_released_claim_is_renewed_no_more(heart: Heartbeat, app: Flask, claim: Claim, clock: list[float]) -> None:
    heart.hand_over(claim)
    heart.release(claim)
    clock[0] += app.config["LEASE_SECONDS"]
    heart.renew_leases()
    assert seconds_left() < 2
