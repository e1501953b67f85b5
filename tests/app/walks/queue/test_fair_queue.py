"""The line: fair turns, places that only move forwards, seconds that are estimated from what was seen."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.core.models.facts import ModelFacts
from app.offer.generation import duration, offers, presets, sampler_settings
from app.storage.database import db, writing
from app.storage.task_kinds import FILM
from app.storage.walk_models import FAILED, FINISHED, PAINTING, PIECE_DONE, PIECE_TAKEN, Stop, Task, Walk, new_id
from app.walks.queue import fair_queue, jobs
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.house import FACTS
from tests.support.rows import change
from worker.planning import pass_plan
from worker.planning.pass_plan import Pass
from worker.queue.leases import claim_next, release_task
from worker.tasks.next_pass import enqueue_tasks

pytestmark = pytest.mark.databases

LEVEL = Pass("stops", (0.0, 1.0), 1, ((0,), (1,)))


def queue_up(visitor: str, network: str = "", *, turns: int = 1) -> int:
    """Put a walk of ``visitor``, so many turns long, in line as a request does, and return its number."""
    with writing() as session:
        walk = Walk(
            id=new_id(), visitor=visitor, network=network or visitor, owner_hash="", request_hash="", seed=0,
            frames=turns, fps=12.5, sampler_steps=fair_queue.turn_passes(), guidance=1.0,
        )  # fmt: skip
        for name, value in fair_queue.enqueue(session, walk).items():
            setattr(walk, name, value)
        session.add(walk)
    return walk.number


@pytest.fixture
def painters(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that says how many workers live, as Redis would know."""

    def live(count: int) -> None:
        monkeypatch.setattr(jobs, "workers", lambda: [{"name": f"worker {i}"} for i in range(count)])

    return live


def serve() -> tuple[int, str] | None:
    """Begin the walk whose turn it is, as a worker does; return its number and visitor."""
    claim = claim_next()
    if claim is None:
        return None
    db.session.rollback()
    return claim.walk_number, db.session.get(Walk, claim.walk_number).visitor


def finish(number: int) -> None:
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == number).values(state=FINISHED))
        session.execute(delete(Task).where(Task.walk_number == number))


def served() -> list[str]:
    """Paint all that wait; return their visitors in the order of painting."""
    order = []
    while (next_one := serve()) is not None:
        order.append(next_one[1])
        finish(next_one[0])
    return order


def test_walks_of_one_visitor_are_painted_in_the_order_they_came(app: Flask) -> None:
    numbers = [queue_up("ann") for _ in range(4)]
    assert [serve()[0] for _ in numbers] == numbers


def test_visitors_take_turns(app: Flask) -> None:
    for visitor in ("ann", "ann", "ann", "ben", "ben", "eve"):
        queue_up(visitor)
    assert served() == ["ann", "ben", "eve", "ann", "ben", "ann"]


@pytest.mark.sqlite
@pytest.mark.slow
def test_sixty_walks_of_one_visitor_do_not_keep_another_waiting(app: Flask) -> None:
    for _ in range(60):
        queue_up("ann")
    queue_up("ben")
    assert served().index("ben") == 1


def test_late_comer_waits_for_one_turn_only_when_the_line_is_far_on(app: Flask) -> None:
    for _ in range(20):
        queue_up("ann")
    for _ in range(10):
        finish(serve()[0])
    queue_up("ben")
    assert served().index("ben") == 1


def test_visitor_whose_walk_is_being_painted_gets_no_turn_before_one_who_waits(app: Flask) -> None:
    queue_up("ann")
    serve()
    ben = queue_up("ben")
    queue_up("ann")
    assert serve()[0] == ben


def test_long_walk_takes_as_many_turns_as_it_has_work(app: Flask) -> None:
    long = queue_up("ann", turns=3)
    queue_up("ann")
    for _ in range(4):
        queue_up("ben")
    assert served() == ["ann", "ben", "ben", "ben", "ann", "ben"]
    assert long


def test_network_has_one_turn_after_the_other_however_many_visitors_it_has(app: Flask) -> None:
    for number in range(10):
        queue_up(f"flood {number}", "one network")
    queue_up("ann")
    queue_up("ben")
    assert served()[:4] == ["flood 0", "ann", "ben", "flood 1"]


def test_within_a_network_visitors_take_turns(app: Flask) -> None:
    for _ in range(3):
        queue_up("ann", "school")
    queue_up("ben", "school")
    for _ in range(4):
        queue_up("eve")
    assert served() == ["ann", "eve", "ben", "eve", "ann", "eve", "ann", "eve"]


def test_later_pieces_of_one_wait_for_no_other_visitors_further_walks(request_walk: Maker) -> None:
    ann = [request_walk(visitor="ann") for _ in range(20)]
    ben = request_walk(visitor="ben")
    begun = [serve(), serve()]
    assert [number for number, _ in begun] == [ann[0].number, ben.number]
    with writing() as session:
        for walk in (ann[0], ben):
            session.execute(update(Task).where(Task.walk_number == walk.number).values(state=PIECE_DONE))
            enqueue_tasks(session, session.get(Walk, walk.number), [LEVEL, LEVEL], 1, a_turn=fair_queue.turn_passes())
    assert [serve()[0] for _ in range(5)] == [*([ann[0].number, ben.number] * 2), ann[1].number]


def test_pieces_of_a_long_level_come_turn_by_turn(request_walk: Maker) -> None:
    walk = request_walk(visitor="ann", frames=240, steps=100)
    level = Pass("frames", tuple(map(float, range(40))), 100, tuple((batch,) for batch in range(40)))
    with writing() as session:
        enqueue_tasks(session, session.get(Walk, walk.number), [level], 0, a_turn=fair_queue.turn_passes())
    turns = db.session.scalars(select(Task.turn).order_by(Task.batch)).all()
    a_batch = pass_plan.count_evaluations([level], walk.sampling)
    assert a_batch >= 100 and turns == [batch * a_batch // fair_queue.turn_passes() for batch in range(40)]


def test_film_waits_for_no_later_frames(request_walk: Maker) -> None:
    ann, ben = request_walk(visitor="ann"), request_walk(visitor="ben")
    serve(), serve()
    with writing() as session:
        session.execute(update(Task).values(state=PIECE_DONE))
        enqueue_tasks(session, session.get(Walk, ben.number), [LEVEL, LEVEL], 1, a_turn=fair_queue.turn_passes())
        session.get(Walk, ann.number).evaluations = ann.cost
        enqueue_tasks(session, session.get(Walk, ann.number), [LEVEL], 1, a_turn=fair_queue.turn_passes())
    carl = request_walk(visitor="carl")
    request_walk(visitor="ann")
    assert serve()[0] == carl.number, "but for the first picture of a newcomer"
    assert serve()[0] == ann.number
    assert FILM in db.session.scalars(select(Task.kind).where(Task.state == PIECE_TAKEN)).all()


def test_walk_that_waits_to_go_on_is_no_painter(request_walk: Maker, painters: Callable[[int], None]) -> None:
    painters(0)
    for visitor in ("ann", "ben", "carl"):
        request_walk(visitor=visitor)
    serve(), serve(), serve()
    assert fair_queue.load_worker_pool().workers == 3
    with writing() as session:
        session.execute(update(Task).values(state=PIECE_DONE))
        session.execute(update(Walk).values(state=PAINTING))
    assert fair_queue.load_worker_pool().workers == 1


def test_who_cancels_and_asks_again_gains_nothing(request_walk: Maker) -> None:
    first = request_walk(visitor="ann")
    ben = request_walk(visitor="ben")
    lifecycle.cancel(first)
    request_walk(visitor="ann")
    assert serve()[0] == ben.number


def test_walk_put_back_in_line_gets_a_turn_of_today(request_walk: Maker) -> None:
    old = request_walk(visitor="ann")
    change(old, state=FAILED)
    waiting = [request_walk(visitor="ben") for _ in range(3)]
    lifecycle.retry(old)
    assert old.turn == waiting[0].turn
    assert [fair_queue.find_estimate(walk).position for walk in (waiting[0], old, waiting[1])] == [1, 2, 3]
    assert not fair_queue.find_estimate(old).may_be_overtaken


def test_place_counts_those_ahead(request_walk: Maker) -> None:
    ann = [request_walk(visitor="ann") for _ in range(3)]
    ben = request_walk(visitor="ben")
    assert [fair_queue.find_estimate(walk).position for walk in (ann[0], ben, ann[1], ann[2])] == [1, 2, 3, 4]


@pytest.mark.sqlite
def test_further_walks_of_a_visitor_may_be_overtaken_and_say_so(request_walk: Maker) -> None:
    first, second = request_walk(visitor="ann"), request_walk(visitor="ann")
    assert not fair_queue.find_estimate(first).may_be_overtaken
    assert fair_queue.find_estimate(second).may_be_overtaken
    serve()  # even then: the next to come gets the turn that is being served
    assert fair_queue.find_estimate(second).may_be_overtaken
    ben = request_walk(visitor="ben")
    assert [fair_queue.find_estimate(walk).position for walk in (ben, second)] == [1, 2]


@pytest.mark.sqlite
def test_pages_of_walks_further_back_look_again_later(app: Flask) -> None:
    looks = [fair_queue.QueueEstimate(position, None).poll_ms for position in (None, 1, 2, 10, 5000)]
    assert looks == [500, 500, 1000, 5000, 60_000]


@pytest.mark.sqlite
def test_pages_look_several_times_before_their_turn_however_fast_the_line_moves(app: Flask) -> None:
    places = [(5000, 7200.0), (5000, 40.0), (5000, 0.1), (3, 7200.0)]
    looks = [fair_queue.QueueEstimate(position, None, wait=wait).poll_ms for position, wait in places]
    assert looks == [60_000, 10_000, 500, 1500]


@pytest.mark.sqlite
def test_queue_is_read_once_for_pages(app: Flask, request_walk: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[None] = []
    look = fair_queue._query_snapshot
    monkeypatch.setattr(fair_queue, "_query_snapshot", lambda: looks.append(None) or look())
    app.config["LINE_SECONDS"] = 3600.0
    walks = [request_walk(visitor=f"visitor {number}") for number in range(5)]
    for _ in range(2):
        assert [fair_queue.find_estimate(walk).position for walk in walks] == [1, 2, 3, 4, 5]
    assert len(looks) == 1


def test_walks_that_came_since_the_line_was_looked_at_have_their_places(
    app: Flask, request_walk: Maker, publish: Maker, painters: Callable[[int], None]
) -> None:
    painters(1)
    publish()
    ann = [request_walk(visitor="ann", frames=10) for _ in range(2)]
    app.config["LINE_SECONDS"] = 3600.0
    assert fair_queue.find_estimate(ann[1]).position == 2
    ben, carl = (request_walk(visitor=visitor, frames=10) for visitor in ("ben", "carl"))
    assert [fair_queue.find_estimate(walk).position for walk in (ben, carl)] == [2, 3]  # before ann's second
    assert fair_queue.find_estimate(ben).seconds == pytest.approx(2 * seconds(10))


@pytest.mark.sqlite
def test_painted_walk_has_no_place(request_walk: Maker, publish: Maker) -> None:
    done, waits = publish(), request_walk()
    assert fair_queue.find_estimate(done) == fair_queue.QueueEstimate(None, None)
    serve()
    db.session.refresh(waits)
    assert fair_queue.find_estimate(waits).position is None


@pytest.mark.sqlite
@pytest.mark.parametrize("has_begun", [False, True])
def test_time_left_of_the_very_first_walk_is_estimated_at_an_assumed_pace(
    request_walk: Maker, painters: Callable[[int], None], *, has_begun: bool
) -> None:
    painters(1)
    walk = request_walk(frames=10)
    if has_begun:
        change(walk, state=PAINTING)
        db.session.refresh(walk)
    settings = sampler_settings.resolve_settings(offers.first())
    assumed = duration.default_pace(offers.first().facts)
    expected = duration.work_of_walk(settings, stops=2, frames=10).seconds(assumed)
    assert fair_queue.find_estimate(walk).seconds == pytest.approx(expected)


SETTINGS = presets.resolve(presets.DEFAULT, ModelFacts.from_mapping(FACTS))
SHORT = duration.work_of_walk(SETTINGS, stops=2, frames=2)
ALONE = (2.4 - SHORT.fixed) / duration.FIRST  # finished after 2.4 seconds; the only one counts as a worker's first
PACE = ALONE / SHORT.total


def seconds(frames: int, **fields: Any) -> float:
    """Return how long a walk takes at that pace."""
    settings = sampler_settings.resolve_settings(offers.first(), **fields)
    return duration.work_of_walk(settings, stops=2, frames=frames).seconds(PACE)


def test_time_left_is_that_of_the_passes_ahead_at_the_usual_pace(
    request_walk: Maker, publish: Maker, painters: Callable[[int], None]
) -> None:
    painters(1)
    publish()
    first, second = request_walk(frames=10), request_walk(frames=20, visitor="ben")
    assert fair_queue.load_worker_pool().pace == pytest.approx(PACE)
    beside = first.cost / second.cost * seconds(20)  # they are painted side by side
    assert fair_queue.find_estimate(first).seconds == pytest.approx(seconds(10) + beside)
    assert fair_queue.find_estimate(second).seconds == pytest.approx(seconds(10) + seconds(20))


def test_walk_in_progress_counts_by_missing_passes(request_walk: Maker, publish: Maker) -> None:
    publish()
    painting, waits = request_walk(frames=10), request_walk(frames=10, visitor="ben")
    total = painting.cost
    some = total // 2
    for spent, left in ((0, 1.0), (some, 1 - some / total), (total, 0.0), (total + some, 0.0)):
        with writing() as session:
            row = session.get(Walk, painting.number)
            row.state, row.evaluations = PAINTING, spent
        db.session.refresh(painting)
        assert fair_queue.find_estimate(painting).seconds == pytest.approx(left and (left + 1) * seconds(10))
        assert fair_queue.find_estimate(waits).seconds == pytest.approx((left + 1) * seconds(10))


@pytest.mark.sqlite
def test_pace_is_that_of_the_passes_that_were_spent(publish: Maker) -> None:
    walk = publish()
    change(walk, evaluations=60)
    assert fair_queue.load_worker_pool().pace == pytest.approx(ALONE / (60 + SHORT.other))


@pytest.mark.sqlite
def test_walk_that_was_deleted_before_its_passes_were_counted_sets_no_pace(publish: Maker) -> None:
    publish()
    gone = publish(minutes_ago=1)
    with writing() as session:
        session.get(Walk, gone.number).evaluations = None
        session.execute(delete(Stop).where(Stop.walk_number == gone.number))
    assert fair_queue.load_worker_pool().pace == pytest.approx(PACE)


def test_walk_of_an_old_recipe_costs_every_frame_in_full() -> None:
    walk = Walk(frames=10, sampler_steps=20, guidance=7.5, sampling=None, ending="stop", stops=[])
    assert fair_queue.count_evaluations(walk) == 10 * 40


def test_pace_is_the_median_of_the_last_walks(publish: Maker) -> None:
    for minutes, took in ((0, 2.0), (1, 4.0), (2, 200.0)):
        walk = publish(minutes_ago=minutes)
        change(walk, paint_seconds=took)
    assert fair_queue.load_worker_pool().pace == pytest.approx((4.0 - SHORT.fixed) / ALONE * PACE)


@pytest.mark.sqlite
def test_time_left_is_shared_by_the_living_painters(
    request_walk: Maker, publish: Maker, painters: Callable[[int], None]
) -> None:
    publish()
    walks_ahead = [request_walk(frames=10, visitor=f"visitor {i}") for i in range(8)]
    last = request_walk(frames=20, visitor="ben")
    for count in (1, 2, 4, 8):
        painters(count)
        assert fair_queue.find_estimate(last).seconds == pytest.approx(8 * seconds(10) / count + seconds(20))
        assert fair_queue.find_estimate(last).workers == count
    painters(9)  # one for each: no walk waits
    assert fair_queue.find_estimate(last).seconds == pytest.approx(seconds(20))
    assert fair_queue.find_estimate(walks_ahead[3]).seconds == pytest.approx(seconds(10))


@pytest.mark.sqlite
def test_no_time_is_estimated_where_no_painter_lives(
    request_walk: Maker, publish: Maker, painters: Callable[[int], None]
) -> None:
    painters(0)
    publish()
    walk = request_walk()
    assert fair_queue.find_estimate(walk) == fair_queue.QueueEstimate(1, None, workers=0, redis_away=True)


def test_walk_in_progress_proves_a_worker(request_walk: Maker, publish: Maker) -> None:
    publish()
    request_walk(frames=10)
    waits = request_walk(frames=10, visitor="ben")
    assert fair_queue.find_estimate(waits).seconds is None
    serve()
    assert fair_queue.find_estimate(waits).workers == 1
    assert fair_queue.find_estimate(waits).seconds == pytest.approx(2 * seconds(10))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "fields", [{"preset": "exact"}, {"preset": "fast"}, {"steps": 40}, {"guidance": 2.0}, {"steps": 1, "guidance": 0.0}]
)
def test_preset_steps_and_guidance_count_in_the_time_left(
    request_walk: Maker, publish: Maker, painters: Callable[[int], None], fields: dict[str, Any]
) -> None:
    painters(1)
    publish()
    walk = request_walk(frames=10, **fields)
    assert fair_queue.find_estimate(walk).seconds == pytest.approx(seconds(10, **fields))
    assert seconds(10, **fields) != pytest.approx(seconds(10))


def test_walk_that_lost_its_worker_delays_no_other(request_walk: Maker, painters: Callable[[int], None]) -> None:
    painters(2)
    lost, waits = request_walk(visitor="ann"), request_walk(visitor="ben")
    assert fair_queue.find_estimate(waits).position == 2
    claim = claim_next()
    assert fair_queue.find_estimate(waits).position == 1
    release_task(claim)
    assert fair_queue.find_estimate(waits).position == 1
    db.session.refresh(lost)
    assert fair_queue.find_estimate(lost).position == 1
    assert serve()[0] == lost.number
