"""The line under many visitors, painters that come and go, and retries: no estimate rises, and it comes true."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, current_app
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, select

from app.offer.generation import duration, offers, sampler_settings
from app.requests.walk_requests.validation import validate
from app.site.presentation import wording
from app.storage.database import db, now, writing
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, PIECE_DONE, QUEUED, Task, Walk
from app.walks.queue import fair_queue, jobs
from app.walks.saved import lifecycle
from tests.support import placing, simulated_queue
from worker.planning.pass_plan import Pass
from worker.queue.leases import Claim, claim_next, fail_walk, release_task, sweep, write_as_holder
from worker.tasks.next_pass import enqueue_tasks

VISITORS = [f"visitor {letter}" for letter in "abcdef"]
STOPS = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}


def level_of(batches: int) -> Pass:
    """Lay out a level of so many batches."""
    return Pass("frames", tuple(map(float, range(batches))), 1, tuple((batch,) for batch in range(batches)))


class Line(RuleBasedStateMachine):
    """Visitors who come, ask again, cancel and retry; painters who come, paint at their own pace, and die."""

    @initialize()
    def open(self) -> None:
        """Begin with an empty queue and one painter."""
        with writing() as session:
            session.execute(delete(Walk))
        self.painters = 1
        self.claims: list[Claim] = []
        self.places: dict[int, int] = {}  # the best place that a first-comer was shown
        self.seconds: dict[int, str] = {}  # the time last shown, as the page hands it on
        self.arrivals = itertools.count(1)
        self.came: dict[int, int] = {}
        jobs.workers = lambda: [{"name": str(i)} for i in range(self.painters)]  # put back by the test

    @rule(visitor=st.sampled_from(VISITORS), frames=st.integers(2, 40), steps=st.integers(1, 40))
    def come(self, visitor: str, frames: int, steps: int) -> None:
        """Ask for a walk."""
        walk, _ = placing.place(validate(STOPS | {"frames": frames, "steps": steps}), visitor_key=visitor)
        self.came[walk.number] = next(self.arrivals)

    @precondition(lambda self: len(self.claims) < self.painters)
    @rule()
    def begin(self) -> None:
        """Claim the fairest walk for a free painter; no first-comer who came earlier is passed over.

        A walk that was begun and given back had been chosen before: what it waits for are later pieces.
        """
        waiting = [walk for walk in self._waiting() if walk.attempt == 0]
        drop_snapshot()
        firsts = {walk.number for walk in waiting if not fair_queue.find_estimate(walk).may_be_overtaken}
        claim = claim_next()
        if claim is None:
            return
        self.claims.append(claim)
        walk = db.session.get(Walk, claim.walk_number, populate_existing=True)
        if walk.attempt == 1:  # one that lost its painter, or is at a later piece, had been chosen before
            assert all(self.came[first] >= self.came[claim.walk_number] for first in firsts)

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9), share=st.floats(0, 1))
    def paint(self, which: int, share: float) -> None:
        """Paint some frames of a walk."""
        claim = self.claims[which % len(self.claims)]
        walk = db.session.get(Walk, claim.walk_number, populate_existing=True)
        count = walk.painted_count + int(share * (walk.frames - walk.painted_count))
        with writing() as session:
            write_as_holder(session, claim, painted_count=count)

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9), batches=st.integers(1, 3))
    def open_level(self, which: int, batches: int) -> None:
        """Complete a level, and open the next, which several painters may share."""
        claim = self.claims.pop(which % len(self.claims))
        with writing() as session:
            write_as_holder(session, claim, piece={"state": PIECE_DONE})
            undone = select(Task).where(Task.walk_number == claim.walk_number, Task.state != PIECE_DONE)
            if session.scalar(undone.limit(1)) is None:
                walk = session.get(Walk, claim.walk_number, populate_existing=True)
                enqueue_tasks(
                    session,
                    walk,
                    [level_of(batches)] * (claim.level + 2),
                    claim.level + 1,
                    a_turn=fair_queue.turn_passes(),
                )

    def passes(self, claim: Claim) -> int:
        """Count what a walk cost: less than every frame in full."""
        walk = db.session.get(Walk, claim.walk_number, populate_existing=True)
        return max(1, walk.frames * walk.sampler_steps // 2)

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9), seconds=st.floats(0.01, 500))
    def finish(self, which: int, seconds: float) -> None:
        """Finish a walk, at any pace: the pace that all estimates rest on jumps up and down."""
        claim = self.claims.pop(which % len(self.claims))
        with writing() as session:
            write_as_holder(
                session, claim, state=FINISHED, finished_at=now(), paint_seconds=seconds, evaluations=self.passes(claim)
            )
            session.execute(delete(Task).where(Task.walk_number == claim.walk_number))
        self.claims = [other for other in self.claims if other.walk_number != claim.walk_number]

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9), politely=st.booleans())
    def die(self, which: int, politely: bool) -> None:
        """Lose a painter in the middle of a walk: it gives the walk back, or the sweeper takes it."""
        claim = self.claims.pop(which % len(self.claims))
        if politely:
            release_task(claim)
            return
        with writing() as session:
            write_as_holder(session, claim, piece={"lease_until": now() - timedelta(seconds=1)})
        sweep()

    @rule(count=st.integers(0, 4))
    def hire(self, count: int) -> None:
        """Set the number of painters."""
        self.painters = count

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 9))
    def fail(self, which: int) -> None:
        """Fail a walk."""
        claim = self.claims.pop(which % len(self.claims))
        fail_walk(claim, "No.")
        self.claims = [other for other in self.claims if other.walk_number != claim.walk_number]

    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        """Cancel a waiting walk."""
        if waiting := self._waiting():
            walk = waiting[which % len(waiting)]
            lifecycle.cancel(walk)
            self._forget(walk)

    @rule(which=st.integers(0, 99))
    def retry(self, which: int) -> None:
        """Put a failed or cancelled walk back: it comes again."""
        ended = db.session.scalars(select(Walk).where(Walk.state.in_((FAILED, CANCELLED)))).all()
        if ended:
            walk = ended[which % len(ended)]
            self._forget(walk)
            lifecycle.retry(walk)
            self.came[walk.number] = next(self.arrivals)

    @invariant()
    def shown_places_and_times_hold(self) -> None:
        """Look at each waiting walk's page, as its visitor does: to a first-comer nothing rises."""
        waiting, pool = self._waiting(), fair_queue.load_worker_pool()  # one look at the painters, for this moment
        drop_snapshot()
        for walk in waiting:
            place = fair_queue.find_estimate(walk, pool)
            if walk.number in self.places:
                assert not place.may_be_overtaken, "once first, always first"
                assert place.position <= self.places[walk.number]
            if not place.may_be_overtaken:
                self.places[walk.number] = place.position
            self._look_at_the_time(walk, place.seconds)
            self._check_time(walk, place, pool)
        if waiting:
            assert fair_queue.find_estimate(waiting[-1]) == place, (
                "a page that looks at the painters itself says the same"
            )
        for walk in db.session.scalars(select(Walk).where(Walk.state == PAINTING)):
            self._look_at_the_time(walk, fair_queue.find_estimate(walk, pool).seconds)

    def _check_time(self, walk: Walk, place: fair_queue.QueueEstimate, pool: fair_queue.WorkerPool) -> None:
        """Check that there is no time without painters, and that more painters would not lengthen it."""
        assert place.seconds is None or place.workers
        if place.seconds is not None:
            more = replace(pool, workers=pool.workers + 1)
            assert fair_queue.find_estimate(walk, more).seconds <= place.seconds

    def _look_at_the_time(self, walk: Walk, seconds: float | None) -> None:
        before = self.seconds.get(walk.number)
        shown = wording.lowest(seconds, before)
        if shown is None:
            return
        assert before is None or shown <= float(before)
        self.seconds[walk.number] = f"{shown:.1f}"

    def _waiting(self) -> list[Walk]:
        db.session.rollback()
        query = select(Walk).where(Walk.state == QUEUED).order_by(*fair_queue.ORDER)
        return list(db.session.scalars(query.execution_options(populate_existing=True)))

    def _forget(self, walk: Walk) -> None:
        self.places.pop(walk.number, None)
        self.seconds.pop(walk.number, None)
        self.claims = [claim for claim in self.claims if claim.walk_number != walk.number]


def drop_snapshot() -> None:
    """Drop the snapshot of the queue; the next one is used until the queue changes again."""
    current_app.extensions.pop(fair_queue.EXTENSION, None)


pytestmark = pytest.mark.settings(LINE_SECONDS=3600.0)  # a snapshot of the queue is kept until it is dropped


@pytest.fixture
def simulated(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Line]]:
    """Stay in an application; afterwards Redis is asked about workers again."""
    monkeypatch.setattr(jobs, "workers", jobs.workers)
    yield Line


@pytest.mark.slow
def test_estimates_of_a_first_comer_never_rise(simulated: type[Line]) -> None:
    machine = simulated.TestCase
    phases = (Phase.generate,)  # a failure is long enough to be understood, and shrinking it takes minutes
    machine.settings = settings(max_examples=25, stateful_step_count=40, deadline=None, phases=phases)
    machine("runTest").runTest()


@pytest.mark.slow
def test_in_a_flood_the_estimated_time_comes_true(app: Flask) -> None:
    line, estimates = simulated_queue.Line(pace=0.01), []
    for number in range(24):
        preset, frames = (("balanced", 24), ("fast", 12), ("balanced", 48), ("balanced", 24))[number % 4]
        line.ask(simulated_queue.Request(0.0, f"visitor {number}", f"network {number}", preset, frames, 2, "house"))
    usual = duration.work_of_walk(sampler_settings.resolve_settings(offers.first()), stops=2, frames=24)
    took = line.pace * usual.evaluations + simulated_queue.FILM_SECONDS
    pace = (took - usual.fixed) / usual.total  # as finished walks show it
    painters = fair_queue.WorkerPool(1, pace)
    while line.work():
        waiting = db.session.scalars(select(Walk).where(Walk.state != FINISHED)).all()
        drop_snapshot()
        estimates += [(walk.number, line.time, fair_queue.find_estimate(walk, painters).seconds) for walk in waiting]
        db.session.rollback()
    done = {number: story.done for number, story in line.stories.items()}
    wrong = [abs(at + seconds - done[number]) for number, at, seconds in estimates]
    assert max(wrong) < 0.25 * line.time
