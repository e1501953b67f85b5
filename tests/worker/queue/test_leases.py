"""Claims: one holder at a time, fenced by the attempt's number, and nothing lost when a holder is."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.storage.database import db, now, writing
from app.storage.task_kinds import FRAMES, KNOTS, STAGES, STOPS
from app.storage.walk_models import (
    FAILED,
    FINISHED,
    PAINTING,
    PIECE_DONE,
    PIECE_TAKEN,
    PIECE_WAITING,
    QUEUED,
    Frame,
    Task,
    Walk,
)
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.worker_rows import read
from worker.queue.leases import (
    Claim,
    LeaseLost,
    claim_next,
    fail_walk,
    holder,
    release_task,
    renew,
    sweep,
    write_as_holder,
)

pytestmark = pytest.mark.databases

ClaimedWalk = tuple[Walk, Claim]


def claimed() -> Claim:
    """Claim the next walk, which must be there."""
    taken = claim_next()
    assert taken is not None
    return taken


@pytest.fixture
def claimed_walk(request_walk: Maker) -> ClaimedWalk:
    """Request a walk and claim its first task."""
    return request_walk(), claimed()


def change(walk_id: str, **values: object) -> None:
    """Write to a walk as another worker would."""
    with writing() as session:
        row = session.query(Walk).filter_by(id=walk_id).populate_existing().one()
        for name, value in values.items():
            setattr(row, name, value)


def change_piece(walk_id: str, **values: object) -> None:
    """Write to a walk's tasks as another worker would."""
    with writing() as session:
        for piece in session.query(Task).join(Walk).filter(Walk.id == walk_id).populate_existing():
            for name, value in values.items():
                setattr(piece, name, value)


def open_pieces(walk: Walk, *pieces: tuple[str, int, int, int]) -> None:
    """Open pieces of a walk as a worker does: kind, level, batch, urgency."""
    with writing() as session:
        for kind, level, batch, urgency in pieces:
            session.add(Task(walk_number=walk.number, kind=kind, level=level, batch=batch, urgency=urgency))


def piece_of(walk_id: str) -> Task:
    """Read a walk's only piece as it stands in the database."""
    number = read(walk_id).number
    return db.session.query(Task).filter_by(walk_number=number).populate_existing().one()


def complete(claim: Claim) -> None:
    """Record a task as done."""
    with writing() as session:
        write_as_holder(session, claim, piece={"state": PIECE_DONE})


def lose(walk_id: str, holder_that_ended: str, *, times: int = 1) -> None:
    """Claim a walk's task by a process that ends before it is done, and sweep."""
    for _ in range(times):
        claimed()
        change_piece(walk_id, lease_holder=holder_that_ended)
        sweep()


@pytest.fixture
def gone() -> str:
    """Name a holder on this machine whose process has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return holder().replace(f":{os.getpid()}:", f":{process.pid}:")


@pytest.fixture
def living() -> Iterator[str]:
    """Name a holder on this machine whose process runs."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield holder().replace(f":{os.getpid()}:", f":{process.pid}:")
    process.communicate(b"\n")


def test_a_claim_takes_the_walk_and_says_who_holds_it(claimed_walk: ClaimedWalk) -> None:
    walk, taken = claimed_walk
    row = read(walk.id)
    assert (taken.walk_id, taken.attempt) == (walk.id, 1)
    piece = piece_of(walk.id)
    assert (row.state, row.attempt) == (PAINTING, 1)
    assert (piece.kind, piece.level, piece.batch, piece.urgency) == (STOPS, 0, 0, 1)
    assert (piece.state, piece.attempt, piece.lease_holder) == (PIECE_TAKEN, 1, holder())
    assert now() < piece.lease_until <= now() + timedelta(seconds=30)
    assert row.started_at is not None


@pytest.mark.sqlite
def test_nothing_is_claimed_when_nothing_waits(app: Flask) -> None:
    assert claim_next() is None


def test_many_threads_at_once_claim_each_walk_once(app: Flask, request_walk: Maker) -> None:
    ids = [request_walk(visitor=f"visitor {number}").id for number in range(12)]
    taken: list[Claim] = []
    start = threading.Barrier(4)

    def take_all() -> None:
        with app.app_context():
            start.wait()
            while found := claim_next():
                taken.append(found)
            db.session.remove()

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found.walk_id for found in taken) == sorted(ids)
    assert {found.attempt for found in taken} == {1}


def test_a_walk_is_claimed_again_under_the_next_number(claimed_walk: ClaimedWalk) -> None:
    _, first = claimed_walk
    release_task(first)
    second = claimed()
    assert (second.number, second.attempt) == (first.number, 2)


@pytest.mark.sqlite
def test_the_start_is_that_of_the_first_attempt(request_walk: Maker) -> None:
    walk = request_walk()
    release_task(claimed())
    began = read(walk.id).started_at
    claimed()
    assert read(walk.id).started_at == began


def test_an_old_attempt_publishes_nothing(claimed_walk: ClaimedWalk) -> None:
    walk, old = claimed_walk
    release_task(old)
    new = claimed()
    with pytest.raises(LeaseLost), writing() as session:
        write_as_holder(session, old, state=FINISHED)
    with writing() as session:
        write_as_holder(session, new, painted_count=7)
    row = read(walk.id)
    assert (row.state, row.painted_count) == (PAINTING, 7)


def test_what_an_old_attempt_adds_in_the_same_transaction_is_not_kept(claimed_walk: ClaimedWalk) -> None:
    walk, old = claimed_walk
    release_task(old)
    with pytest.raises(LeaseLost), writing() as session:
        session.add(Frame(walk_number=old.walk_number, index=0, position=0.0, rank=0, path="p", bytes=1))
        session.flush()
        write_as_holder(session, old, painted_count=1)
    assert read(walk.id).painted == []


@pytest.mark.parametrize("state", [QUEUED, FINISHED, FAILED, "cancelled", "refused"])
def test_nothing_is_published_on_a_walk_that_is_not_being_painted(claimed_walk: ClaimedWalk, state: str) -> None:
    walk, taken = claimed_walk
    change(walk.id, state=state)
    with pytest.raises(LeaseLost), writing() as session:
        write_as_holder(session, taken, painted_count=1)
    assert (read(walk.id).state, read(walk.id).painted_count) == (state, 0)


def test_renewing_prolongs_the_lease(claimed_walk: ClaimedWalk) -> None:
    walk, taken = claimed_walk
    soon = now() + timedelta(seconds=1)
    change_piece(walk.id, lease_until=soon)
    renew(taken)
    until = piece_of(walk.id).lease_until
    assert until > soon + timedelta(seconds=20)


def test_giving_back_keeps_the_frames_and_the_count(claimed_walk: ClaimedWalk) -> None:
    walk, taken = claimed_walk
    with writing() as session:
        write_as_holder(session, taken, painted_count=1)
        session.add(Frame(walk_number=taken.walk_number, index=0, position=0.0, rank=0, path="p", bytes=1))
    release_task(taken)
    row = read(walk.id)
    assert (row.state, row.painted_count, row.interruptions, len(row.painted)) == (QUEUED, 1, 0, 1)
    piece = piece_of(walk.id)
    assert (piece.state, piece.interruptions, piece.lease_holder, piece.lease_until) == (PIECE_WAITING, 0, None, None)
    assert piece.seconds is not None


@pytest.mark.sqlite
def test_giving_back_what_is_no_longer_ours_changes_nothing(claimed_walk: ClaimedWalk) -> None:
    walk, taken = claimed_walk
    change(walk.id, state="cancelled")
    release_task(taken)
    assert read(walk.id).state == "cancelled"


def test_the_sweep_counts_what_waits(request_walk: Maker) -> None:
    for _ in range(3):
        request_walk()
    claimed()
    assert sweep() == 2


def test_a_walk_whose_lease_ran_out_goes_back_in_line(claimed_walk: ClaimedWalk) -> None:
    walk, taken = claimed_walk
    change_piece(walk.id, lease_until=now() - timedelta(seconds=1))
    assert sweep() == 1
    row = read(walk.id)
    piece = piece_of(walk.id)
    assert (row.state, row.interruptions) == (QUEUED, 1)
    assert (piece.state, piece.interruptions, piece.lease_holder) == (PIECE_WAITING, 1, None)
    with pytest.raises(LeaseLost):
        renew(taken)


@pytest.mark.parametrize(
    ("whose", "swept", "state"),
    [
        ("this process", 0, PAINTING),
        ("a process that runs", 0, PAINTING),
        ("a process that has ended", 1, QUEUED),
        ("an earlier process with the same number", 1, QUEUED),
        ("none", 1, QUEUED),
    ],
)
def test_sweep_releases_walk_whose_holder_is_gone(
    claimed_walk: ClaimedWalk, gone: str, living: str, whose: str, swept: int, state: str
) -> None:
    lease: dict[str, dict[str, object]] = {
        "this process": {},
        "a process that runs": {"lease_holder": living},
        "a process that has ended": {"lease_holder": gone},
        "an earlier process with the same number": {"lease_holder": holder().rpartition(":")[0] + ":another"},
        "none": {"lease_holder": None, "lease_until": None},
    }
    walk, _ = claimed_walk
    change_piece(walk.id, **lease[whose])
    assert (sweep(), read(walk.id).state) == (swept, state)


@pytest.mark.sqlite
def test_process_elsewhere_is_not_judged_before_its_lease_ends(claimed_walk: ClaimedWalk, gone: str) -> None:
    walk, _ = claimed_walk
    change_piece(walk.id, lease_holder="elsewhere/1:" + gone.partition(":")[2])
    assert sweep() == 0
    change_piece(walk.id, lease_until=now() - timedelta(seconds=1))
    assert sweep() == 1


def test_the_sweep_sees_what_another_connection_has_just_renewed(app: Flask, claimed_walk: ClaimedWalk) -> None:
    walk, taken = claimed_walk
    change_piece(walk.id, lease_until=now() - timedelta(seconds=1))
    assert piece_of(walk.id).lease_until is not None  # known to this session, and stale in a moment
    with app.app_context():
        renew(taken)
        db.session.remove()
    assert sweep() == 0
    assert read(walk.id).state == PAINTING


@pytest.mark.sqlite
def test_a_walk_that_is_lost_too_often_fails_with_the_reason(request_walk: Maker, gone: str) -> None:
    walk = request_walk()
    lose(walk.id, gone, times=3)
    row = read(walk.id)
    assert (row.state, row.interruptions) == (FAILED, 3)
    assert row.error == "The painting was interrupted 3 times."
    assert row.finished_at is not None
    assert claim_next() is None


def test_each_visitors_first_walk_comes_before_anybodys_second(request_walk: Maker) -> None:
    order = [("ann", 1), ("ann", 2), ("ann", 3), ("bob", 1), ("cleo", 1), ("bob", 2)]
    names = {request_walk(visitor=visitor).id: (visitor, count) for visitor, count in order}
    taken = [names[claimed().walk_id] for _ in order]
    assert [count for _, count in taken] == [1, 1, 1, 2, 2, 3]
    assert [visitor for visitor, count in taken if count == 1] == ["ann", "bob", "cleo"]


@pytest.mark.sqlite
def test_a_walk_that_was_given_back_is_the_next(request_walk: Maker) -> None:
    first = request_walk(visitor="ann")
    request_walk(visitor="bob")
    release_task(claimed())
    assert claimed().walk_id == first.id


@pytest.mark.sqlite
def test_a_walk_that_was_painted_before_there_were_pieces_goes_back_in_line(request_walk: Maker) -> None:
    walk = request_walk()
    change(walk.id, state=PAINTING, attempt=1)
    assert sweep() == 1
    assert read(walk.id).state == QUEUED
    assert claimed().walk_id == walk.id


def test_claim_takes_short_tasks_first_then_first_passes(request_walk: Maker, publish: Maker) -> None:
    old, done = request_walk(visitor="ann"), publish(visitor="eve")
    first = claimed()
    complete(first)
    open_pieces(old, (FRAMES, 2, 0, 1), (FRAMES, 2, 1, 1))
    new = request_walk(visitor="bob")
    open_pieces(done, (STAGES, 0, 1, 0))
    taken = [claimed() for _ in range(4)]
    assert [(each.walk_id, each.kind, each.batch) for each in taken] == [
        (done.id, STAGES, 1), (new.id, STOPS, 0), (old.id, FRAMES, 0), (old.id, FRAMES, 1)
    ]  # fmt: skip
    assert claim_next() is None


def test_what_a_loaded_model_paints_comes_first_within_a_turn_and_level(request_walk: Maker) -> None:
    ids = {}
    for name in ("ann", "bob", "cleo", "dora"):
        ids[name] = request_walk(visitor=name).id
        change(ids[name], model="other" if name in ("ann", "cleo") else "house")
    again = request_walk(visitor="bob").id
    change(again, model="house")
    taken = [claim_next({"house", "other"}, loaded=("house", None)) for _ in range(5)]
    named = [*(ids[name] for name in ("bob", "dora", "ann", "cleo")), again]
    assert [claim and claim.walk_id for claim in taken] == named, "no second walk comes before another's first"


def test_stages_of_a_finished_walk_leave_it_finished(publish: Maker) -> None:
    walk = publish()
    open_pieces(walk, (STAGES, 0, 0, 0))
    taken = claimed()
    renew(taken)
    assert (read(walk.id).state, read(walk.id).attempt) == (FINISHED, 0)
    fail_walk(taken, "no")
    assert (read(walk.id).state, read(walk.id).error) == (FINISHED, None)
    assert db.session.query(Task).count() == 0


def test_stages_that_kill_their_workers_are_given_up_and_the_walk_stays(publish: Maker, gone: str) -> None:
    walk = publish()
    open_pieces(walk, (STAGES, 0, 0, 0))
    lose(walk.id, gone, times=3)
    assert claim_next() is None
    assert (read(walk.id).state, read(walk.id).interruptions) == (FINISHED, 0)


def test_only_walks_of_offered_models_are_claimed(request_walk: Maker) -> None:
    other, ours, any_model = (request_walk(visitor=name) for name in ("ann", "bob", "cleo"))
    change(other.id, model="another")
    change(ours.id, model="house")
    taken = [claim_next({"house"}) for _ in range(3)]
    assert [each and each.walk_id for each in taken] == [ours.id, any_model.id, None]
    assert claimed().walk_id == other.id


def test_walk_of_several_workers_is_in_progress_while_one_is_at_it(claimed_walk: ClaimedWalk) -> None:
    walk, stops = claimed_walk
    complete(stops)
    open_pieces(walk, (KNOTS, 1, 0, 1), (KNOTS, 1, 1, 1))
    one, other = claimed(), claimed()
    assert (one.batch, other.batch, read(walk.id).attempt) == (0, 1, 3)
    release_task(one)
    assert read(walk.id).state == PAINTING
    release_task(other)
    assert read(walk.id).state == QUEUED


def test_a_failure_calls_everybody_off(claimed_walk: ClaimedWalk) -> None:
    walk, stops = claimed_walk
    complete(stops)
    open_pieces(walk, (KNOTS, 1, 0, 1), (KNOTS, 1, 1, 1))
    one, other = claimed(), claimed()
    fail_walk(one, "No.")
    with pytest.raises(LeaseLost):
        renew(other)
    row = read(walk.id)
    assert (row.state, row.error) == (FAILED, "No.")
    assert claim_next() is None
    lifecycle.retry(row)
    assert {claimed().batch, claimed().batch} == {0, 1}


def test_task_of_a_cancelled_and_restarted_walk_is_not_taken_for_the_old(claimed_walk: ClaimedWalk) -> None:
    walk, old = claimed_walk
    lifecycle.cancel(read(walk.id))
    lifecycle.retry(read(walk.id))
    new = claimed()
    assert new.attempt > old.attempt
    with pytest.raises(LeaseLost), writing() as session:
        write_as_holder(session, old, painted_count=2)
    with pytest.raises(LeaseLost):
        renew(old)
    renew(new)


@pytest.mark.sqlite
def test_a_walk_put_back_in_line_starts_with_no_losses(request_walk: Maker, gone: str) -> None:
    walk = request_walk()
    lose(walk.id, gone, times=3)
    lifecycle.retry(read(walk.id))
    lose(walk.id, gone)
    assert read(walk.id).state == QUEUED


def test_walk_begun_by_another_living_revision_of_the_model_is_left_to_it(request_walk: Maker) -> None:
    """Else two workers, one of them not yet updated, would restart each other's walks for ever."""
    theirs, ours = request_walk(visitor="ann"), request_walk(visitor="bob")
    release_task(claimed())
    change(theirs.id, model_revision="older")
    taken = claim_next(elsewhere={"older"})
    assert taken is not None and taken.walk_id == ours.id
    assert claim_next(elsewhere={"older"}) is None
    assert claimed().walk_id == theirs.id
