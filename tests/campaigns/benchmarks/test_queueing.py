"""The simulated day: it agrees with what is known of queues, repeats itself, and keeps to the scaler's limits."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import queueing
from benchmarks.queueing import DAY, Scaler


@pytest.mark.parametrize(("workers", "load"), [(1, 0.5), (1, 0.8), (4, 3.2), (16, 13.0)])
def test_fixed_workers_keep_walks_waiting_as_erlang_says(workers: int, load: float) -> None:
    rng, count = np.random.default_rng(5), 150_000
    at = np.cumsum(rng.exponential(1.0, count))
    at *= (DAY - 1) / at[-1]
    mean = load * DAY / count
    found = queueing.simulate_walks(at, rng.exponential(mean, count), Scaler(least=workers, most=workers))
    waits = queueing.erlang_c(load, workers)
    assert (found.waits > 0).mean() == pytest.approx(waits, abs=0.03)
    assert found.waits.mean() == pytest.approx(waits * mean / (workers - load), rel=0.12)
    assert found.busy == pytest.approx(load / workers, rel=0.02)


def test_erlangs_formula_for_one_worker_is_its_load() -> None:
    assert queueing.erlang_c(0.3, 1) == pytest.approx(0.3)


def test_arrivals_of_a_day_are_as_many_as_asked_for_and_swing_as_asked_for() -> None:
    expected = queueing.rates(1_000, peak=4.0, seconds=60.0)
    assert expected.sum() == pytest.approx(24_000)
    assert expected.max() / expected.min() == pytest.approx(4.0, rel=1e-3)
    assert expected.argmax() / 60 == pytest.approx(20.0, abs=0.05)
    at = queueing.arrivals(1_000, peak=4.0, rng=np.random.default_rng(3))
    assert abs(len(at) - 24_000) < 5 * 24_000**0.5
    assert (np.diff(at) >= 0).all()
    assert (at[0] >= 0) and (at[-1] < DAY)


def test_a_day_repeats_itself_by_its_seed() -> None:
    def day(seed: int) -> tuple[int, float, float]:
        found = queueing.simulate_day(200, [1.0, 2.0, 3.0], Scaler(), peak=4.0, seed=seed)
        return found.walks, found.wait(0.99), found.workers_mean

    assert day(1) == day(1)
    assert day(1) != day(2)


@pytest.mark.parametrize("an_hour", [50, 30_000])
def test_there_are_never_less_workers_than_the_least_nor_more_than_the_most(an_hour: int) -> None:
    found = queueing.simulate_day(an_hour, [2.0], Scaler(least=3, most=20), peak=4.0, seed=1)
    assert 3 <= found.workers_mean <= found.workers_most <= 20


def test_scaler_adds_in_steps_and_takes_only_what_was_not_wanted_for_a_while() -> None:
    scaler = Scaler(each=2.0, busy=0.0, stable_seconds=45.0)
    past = scaler.memory()
    assert scaler.next(1, 100, 0.0, past) == 5
    assert scaler.next(5, 100, 0.0, past) == 10
    assert [scaler.next(50, 0, 0.0, past) for _ in range(3)] == [50, 50, 25]


def test_scaler_keeps_room_beside_what_was_busy_lately() -> None:
    scaler = Scaler(busy=0.5, lately=100.0)
    assert scaler.wanted(0, 1000.0) == 20  # ten were busy
    assert scaler.wanted(400, 0.0) == 50
    assert scaler.wanted(0, 0.0) == scaler.least


def test_workers_do_the_work_that_came() -> None:
    at = np.arange(0.0, DAY, 10.0)
    found = queueing.simulate_walks(at, np.full(len(at), 4.0), Scaler(least=1, most=1))
    assert found.waits.max() == 0
    assert found.busy == pytest.approx(0.4, rel=1e-3)


@pytest.mark.slow
def test_too_few_workers_make_the_line_grow_in_either_reckoning() -> None:
    """With half of what is needed, who comes last in a day waits for as long as all the work that is left takes."""
    few = Scaler(least=5, most=5, busy=0.0)
    rng = np.random.default_rng(1)
    flow = queueing.simulate_flow(36_000, 1.0, few, peak=1.0, rng=rng)
    one_by_one = queueing.simulate_walks(np.arange(0.0, DAY, 0.1), np.full(864_000, 1.0), few)
    assert flow.waits[-1] == pytest.approx(DAY, rel=0.02)
    assert one_by_one.waits[-1] == pytest.approx(DAY, rel=0.02)


@pytest.mark.slow
def test_both_reckonings_agree_on_a_busy_day() -> None:
    scaler = Scaler(start_seconds=45.0)
    rng = np.random.default_rng(2)
    at = queueing.arrivals(15_000, peak=4.0, rng=rng)
    one_by_one = queueing.simulate_walks(at, np.full(len(at), 1.5), scaler, workers=8)
    flow = queueing.simulate_flow(15_000, 1.5, scaler, peak=4.0, rng=rng)
    assert flow.workers_mean == pytest.approx(one_by_one.workers_mean, rel=0.1)
    assert flow.busy == pytest.approx(one_by_one.busy, rel=0.1)


def test_line_alone_orders_more_workers_than_a_look_at_how_busy_they_were() -> None:
    alone = queueing.simulate_day(100_000, [1.5], Scaler(each=2.0, busy=0.0, start_seconds=45.0), peak=4.0, seed=1)
    both = queueing.simulate_day(100_000, [1.5], Scaler(start_seconds=45.0), peak=4.0, seed=1)
    assert both.workers_most < alone.workers_most / 2
    assert both.wait(0.99) < alone.wait(0.99)
