"""The schedule of a walk: positions, order of painting, interpolation and pacing."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from worker.film import timing
from worker.planning import frame_schedule, interpolation

walks = st.integers(2, 8).flatmap(lambda stops: st.tuples(st.just(stops), st.integers(stops, 240)))


def test_two_stops_share_the_frames_at_equal_distances() -> None:
    assert frame_schedule.positions(2, 5) == (0.0, 0.25, 0.5, 0.75, 1.0)


def test_earlier_legs_take_the_remainder() -> None:
    assert frame_schedule.positions(3, 6) == (0.0, 1 / 3, 2 / 3, 1.0, 1.5, 2.0)


def test_as_many_frames_as_stops_are_the_stops_alone() -> None:
    assert frame_schedule.positions(4, 4) == (0.0, 1.0, 2.0, 3.0)


@given(walks)
def test_positions_rise_and_hold_every_stop(size: tuple[int, int]) -> None:
    stops, frames = size
    placed = frame_schedule.positions(stops, frames)
    assert len(placed) == frames
    assert all(a < b for a, b in itertools.pairwise(placed))
    assert set(range(stops)) <= set(placed)
    in_legs = [sum(leg < position < leg + 1 for position in placed) for leg in range(stops - 1)]
    assert max(in_legs) - min(in_legs) <= 1


@pytest.mark.parametrize(("stops", "frames"), [(3, 2), (2, 1), (2, 0), (1, 5), (0, 0)])
def test_impossible_walk_is_refused(stops: int, frames: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        frame_schedule.positions(stops, frames)


def test_stops_come_first_then_the_middles_of_the_widest_gaps() -> None:
    assert frame_schedule.batches(frame_schedule.positions(2, 9), 2, 4) == [[0, 8], [4, 2, 6, 1], [3, 5, 7]]


def test_ties_go_to_the_left() -> None:
    order = [index for batch in frame_schedule.batches(frame_schedule.positions(3, 7), 3, 1) for index in batch]
    assert order == [0, 3, 6, 1, 4, 2, 5]


def test_many_stops_fill_batches_of_their_own() -> None:
    assert frame_schedule.batches(frame_schedule.positions(5, 6), 5, 2) == [[0, 2], [3, 4], [5], [1]]


@given(walks, st.integers(1, 32))
def test_every_frame_is_painted_once(size: tuple[int, int], batch: int) -> None:
    stops, frames = size
    placed = frame_schedule.positions(stops, frames)
    painted = frame_schedule.batches(placed, stops, batch)
    flat = [index for indices in painted for index in indices]
    assert sorted(flat) == list(range(frames))
    assert [placed[index] for index in flat[:stops]] == list(range(stops))
    assert max(map(len, painted)) <= batch
    assert frame_schedule.batches(list(placed), stops, batch) == painted


def test_uneven_positions_are_filled_at_the_widest_gap_first() -> None:
    positions = [0.0, 0.05, 0.1, 0.8, 1.0]
    assert frame_schedule.batches(positions, 2, 1) == [[0], [4], [3], [2], [1]]


def test_batch_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        frame_schedule.batches(frame_schedule.positions(2, 4), 2, 0)


def test_position_is_split_into_leg_and_t() -> None:
    assert [frame_schedule.leg(position, 3) for position in (0.0, 0.25, 1.0, 1.5, 2.0)] == [
        *((0, 0.0), (0, 0.25), (1, 0.0), (1, 0.5), (1, 1.0))
    ]


@pytest.mark.parametrize("position", [-0.1, 2.1, math.nan])
def test_position_outside_the_walk_is_refused(position: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        frame_schedule.leg(position, 3)


def test_lerp_meets_both_ends_exactly() -> None:
    a, b = np.float32([[0.1, 0.7], [1e-3, -5]]), np.float32([[3.3, -0.2], [7, 1e4]])
    assert np.array_equal(interpolation.lerp(a, b, 0), a)
    assert np.array_equal(interpolation.lerp(a, b, 1), b)
    assert np.allclose(interpolation.lerp(a, b, 0.25), 0.75 * a + 0.25 * b)
    assert interpolation.lerp(a, b, 0.25).dtype == np.float32


@pytest.mark.parametrize("between", [interpolation.lerp, interpolation.slerp])
def test_several_t_stand_in_front(between: type(interpolation.lerp)) -> None:  # type: ignore[valid-type]
    a, b = np.float32([[1, 0, 0]]), np.float32([[0, 1, 0]])
    several = between(a, b, np.array([0, 0.5, 1]))
    assert several.shape == (3, 1, 3)
    assert np.allclose(several[1], between(a, b, 0.5))


def test_slerp_keeps_the_length_that_lerp_loses() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 4, 16, 16)).astype(np.float32)
    middle = interpolation.slerp(a, b, 0.5)
    assert middle.dtype == np.float32
    assert np.linalg.norm(middle) == pytest.approx(np.linalg.norm(a), rel=0.05)
    assert np.linalg.norm(interpolation.lerp(a, b, 0.5)) < 0.8 * np.linalg.norm(a)
    assert np.allclose(interpolation.slerp(a, b, 0), a, atol=1e-6)
    assert np.allclose(interpolation.slerp(a, b, 1), b, atol=1e-6)


def test_slerp_goes_along_the_arc() -> None:
    thirty_degrees = interpolation.slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 1 / 3)
    assert np.allclose(thirty_degrees, [math.cos(math.pi / 6), math.sin(math.pi / 6)])


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.0])
def test_slerp_between_parallel_or_zero_vectors_is_the_straight_line(factor: float) -> None:
    a = np.array([0.6, -0.8])
    assert np.allclose(interpolation.slerp(a, factor * a, 0.25), interpolation.lerp(a, factor * a, 0.25))


@pytest.mark.parametrize("noise", [np.random.default_rng(1).normal(size=(4, 8, 8)), np.ones((2, 8))])
def test_slerp_between_opposite_noises_goes_by_way_of_a_third_and_keeps_its_length(noise: NDArray[np.float64]) -> None:
    way = [interpolation.slerp(noise, -noise, t) for t in np.linspace(0, 1, 9)]
    assert np.allclose(way[0], noise)
    assert np.allclose(way[-1], -noise)
    assert np.allclose([np.linalg.norm(point) for point in way], np.linalg.norm(noise))
    angles = [math.acos(float(np.vdot(a, b) / np.vdot(noise, noise))) for a, b in itertools.pairwise(way)]
    assert np.allclose(angles, math.pi / 8)


def test_slerp_between_opposite_noises_takes_many_positions_at_once() -> None:
    noise = np.random.default_rng(2).normal(size=(4, 3))
    ts = [0.0, 0.3, 0.7, 1.0]
    assert np.allclose(interpolation.slerp(noise, -noise, ts), [interpolation.slerp(noise, -noise, t) for t in ts])


def test_long_way_goes_on_round_the_circle_and_arrives_where_slerp_began() -> None:
    a, b = np.random.default_rng(3).normal(size=(2, 4, 8, 8))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    out = [interpolation.slerp(a, b, t) for t in (0, 0.5, 1)]
    back = [interpolation.long_way(a, b, t) for t in (0, 0.25, 0.5, 0.75, 1)]
    assert np.allclose(back[0], b)
    assert np.allclose(back[-1], a)
    assert np.allclose([np.linalg.norm(point) for point in back], np.linalg.norm(a))
    nearest = min(np.linalg.norm(point - other) for point in back[1:-1] for other in out)
    assert nearest > np.linalg.norm(a) / 2, "nowhere twice"


def test_long_way_between_parallel_noises_is_the_way_back() -> None:
    a = np.random.default_rng(4).normal(size=(4, 8))
    for b in (a, -a):
        assert np.allclose(interpolation.long_way(a, b, 0), b)
        assert np.allclose(interpolation.long_way(a, b, 1), a)


def test_closed_walk_has_a_leg_that_leads_back() -> None:
    assert frame_schedule.leg(2.25, 3, closed=True) == (2, 0.25)
    assert frame_schedule.leg(3.0, 3, closed=True) == (2, 1.0)
    with pytest.raises(ValueError, match="outside"):
        frame_schedule.leg(2.25, 3)


def test_film_that_goes_back_repeats_without_a_doubled_frame() -> None:
    assert timing.film_order(4, "back") == [0, 1, 2, 3, 2, 1]
    assert timing.film_order(2, "back") == [0, 1]
    assert timing.film_order(1, "back") == [0]
    assert timing.film_order(4, "round") == timing.film_order(4) == [0, 1, 2, 3]


def test_whole_film_shows_every_frame_equally_long() -> None:
    assert timing.durations(frame_schedule.positions(2, 24), range(24), 80) == [80] * 24


def test_coarse_film_holds_each_frame_for_its_missing_neighbours() -> None:
    assert timing.durations(frame_schedule.positions(2, 24), [23, 0], 80) == [960, 960]
    assert timing.durations(frame_schedule.positions(2, 5), [0, 4, 2], 100) == [150, 200, 150]


@given(walks, st.integers(20, 500), st.randoms(use_true_random=False))
def test_coarse_film_lasts_as_long_as_the_whole_one(size: tuple[int, int], frame_ms: int, random: object) -> None:
    stops, frames = size
    painted = random.sample(range(frames), random.randint(stops, frames))  # type: ignore[attr-defined]
    times = timing.durations(frame_schedule.positions(stops, frames), painted, frame_ms)
    assert len(times) == len(painted)
    assert all(ms % 10 == 0 and ms >= timing.SHORTEST_MS for ms in times)
    assert sum(times) == pytest.approx(frames * frame_ms, abs=10)


def test_no_frame_is_shorter_than_browsers_can_show() -> None:
    assert timing.durations(frame_schedule.positions(2, 3), range(3), 4) == [20, 20, 20]


@given(
    frames=st.integers(2, 60),
    ending=st.sampled_from(["stop", "back", "round"]),
    frame_ms=st.integers(3, 20).map(lambda tens: 10 * tens),
    hold=st.integers(0, 50),
    data=st.data(),
)
def test_coarse_film_is_as_long(frames: int, ending: str, frame_ms: int, hold: int, data: st.DataObject) -> None:
    painted = data.draw(st.sets(st.integers(0, frames - 1), min_size=1))
    order = timing.film_order(frames, ending)
    durations = timing.durations(range(frames), sorted(painted), frame_ms, ending, hold)
    assert len(durations) == sum(index in painted for index in order)
    assert sum(durations) == frame_ms * sum(timing.repeats(frames, ending, hold))


def test_coarse_round_film_shows_its_first_frame_for_what_is_missing_on_both_sides() -> None:
    assert timing.durations(range(8), [0, 4], 100, "round") == [400, 400]
    assert timing.durations(range(5), [0, 4], 100, "back") == [400, 400]
    assert timing.durations(range(8), [0, 4], 100) == [250, 550]
