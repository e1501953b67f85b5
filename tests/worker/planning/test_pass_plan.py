"""The plan of a walk: levels, what each starts from, and batches."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from worker.planning import frame_schedule, interpolation, pass_plan
from worker.planning.pass_plan import Between, IntermediateSample, Pass

SAMPLING: dict[str, Any] = {"steps": 9, "ladder": [[6, 4], [8, 12]], "branches": True}
SHORT: dict[str, Any] = {"steps": 9, "ladder": [[6, 4]], "branches": True}
FULL = SHORT | {"branches": False}
EXACT = SAMPLING | {"branches": False}


def look(position: float) -> NDArray[np.float32]:
    """Look at a film that changes slowly up to 0.7 of each leg, and fast after it."""
    leg, t = divmod(position, 1)
    shade = leg + (0.2 * t / 0.7 if t < 0.7 else 0.2 + 0.8 * (t - 0.7) / 0.3)
    return np.full((2, 2, 3), shade, np.float32)


class AnyDepth(dict[int, NDArray[np.float32]]):
    def __init__(self, position: float) -> None:
        super().__init__()
        self.position = position

    def __missing__(self, depth: int) -> NDArray[np.float32]:
        return look(self.position)


class Thumbnails(dict[float, Mapping[int, NDArray[np.float32]]]):
    def __missing__(self, position: float) -> Mapping[int, NDArray[np.float32]]:
        return AnyDepth(position)


def laid_out(sampling: Mapping[str, Any], **wanted: Any) -> list[Pass]:
    """Follow a plan to its end."""
    options = {"stops": 2, "frames": 24, "batch": 8} | wanted
    levels: list[Pass] = []
    while level := pass_plan.following(levels, Thumbnails(), sampling=sampling, **options):
        levels.append(level)
    return levels


def kinds(levels: Sequence[Pass]) -> list[tuple[str, int, int]]:
    return [(level.kind, len(level.positions), level.until) for level in levels]


def test_walk_is_painted_stops_first_then_knots_then_frames() -> None:
    levels = laid_out(SHORT)
    assert kinds(levels) == [("stops", 2, 9), ("knots", 4, 6), ("frames", 22, 9)]
    assert levels[0].positions == (0.0, 1.0)
    assert levels[1].positions == (0.2, 0.4, 0.6, 0.8)


def test_long_film_has_a_second_rung_where_its_pictures_differ_most() -> None:
    assert kinds(laid_out(SAMPLING, frames=12)) == [("stops", 2, 9), ("knots", 4, 6), ("frames", 10, 9)]
    levels = laid_out(SAMPLING, frames=60)
    assert kinds(levels) == [("stops", 2, 9), ("knots", 4, 6), ("knots", 12, 8), ("frames", 58, 9)]
    first, second = levels[1].positions, levels[2].positions
    assert set(first) < set(second)
    assert sum(position > 0.7 for position in second) >= 7


def test_short_films_have_no_more_knots_than_frames() -> None:
    assert kinds(laid_out(SHORT, frames=2)) == [("stops", 2, 9)]
    assert kinds(laid_out(SHORT, frames=3)) == [("stops", 2, 9), ("knots", 1, 6), ("frames", 1, 9)]
    assert kinds(laid_out(SHORT, stops=4, frames=4)) == [("stops", 4, 9)]


def test_frames_are_placed_where_the_pictures_change() -> None:
    positions = pass_plan.settled(laid_out(SHORT), 24)
    assert positions is not None
    assert positions == tuple(sorted(positions))
    assert sum(position > 0.7 for position in positions) > 14


def test_positions_are_settled_once_the_frames_are_laid_out() -> None:
    levels = laid_out(SHORT, frames=12)
    assert [pass_plan.settled(levels[:count], 12) is None for count in range(4)] == [True, True, True, False]
    assert pass_plan.settled(laid_out(SHORT, frames=2), 2) == (0.0, 1.0)


def test_closed_walk_leads_back_and_does_not_paint_its_first_stop_twice() -> None:
    levels = laid_out(SHORT, stops=3, frames=30, closed=True)
    assert levels[0].positions == (0.0, 1.0, 2.0)
    assert len(levels[1].positions) == 12
    positions = pass_plan.settled(levels, 30)
    assert 2 < positions[-1] < 3
    last = pass_plan.find_start(2, levels, positions[-1], SHORT)
    assert (last.left.level, last.right) == (1, IntermediateSample(0, 0.0))


def test_eased_walk_keeps_nearer_to_its_stops() -> None:
    plain, eased = (pass_plan.settled(laid_out(SHORT, easing=easing), 24) for easing in (False, True))
    assert eased[1] < plain[1]
    assert eased[-2] > plain[-2]


def test_fewer_frames_than_stops_are_refused() -> None:
    with pytest.raises(ValueError, match="3 stops needs at least 3 frames, not 2"):
        laid_out(SHORT, stops=3, frames=2)


@pytest.mark.parametrize(
    ("position", "left", "right", "t"),
    [
        (0.5, (1, 0.4), (1, 0.6), 0.5),
        (0.05, (0, 0.0), (1, 0.2), 0.25),
        (0.95, (1, 0.8), (0, 1.0), 0.75),
        (0.4, (1, 0.4), (1, 0.4), 0.0),
    ],
)
def test_frame_starts_from_the_samples_on_either_side(position: float, left: Any, right: Any, t: float) -> None:
    start = Between(6, IntermediateSample(*left), IntermediateSample(*right), pytest.approx(t))
    assert pass_plan.find_start(2, laid_out(SHORT), position, SHORT) == start


def test_knot_of_a_second_rung_goes_on_from_itself_or_starts_between_two_of_the_first() -> None:
    levels = laid_out(SAMPLING, frames=60)
    assert pass_plan.find_start(2, levels, 0.4, SAMPLING) == Between(
        6, IntermediateSample(1, 0.4), IntermediateSample(1, 0.4), 0.0
    )
    new = next(position for position in levels[2].positions if position > 0.8)
    between = pass_plan.find_start(2, levels, new, SAMPLING)
    assert (between.depth, between.left, between.right) == (6, IntermediateSample(1, 0.8), IntermediateSample(0, 1.0))
    frame = pass_plan.find_start(3, levels, 0.999, SAMPLING)
    assert (frame.depth, frame.left.level) == (8, 2)


def test_what_is_painted_in_full_starts_from_its_noise() -> None:
    levels = laid_out(FULL)
    assert pass_plan.find_start(0, levels, 0.0, FULL) is None
    assert pass_plan.find_start(1, levels, 0.4, FULL) is None
    assert pass_plan.find_start(2, levels, 0.5, FULL) is None
    old = pass_plan.levels_of_recipe((0.0, 0.5, 1.0), 2, 9, 4)
    assert pass_plan.find_start(1, old, 0.5, FULL) is None


def test_knots_that_do_not_branch_go_on_from_themselves_or_restart() -> None:
    levels = laid_out(EXACT, frames=60)
    first, second = levels[1], levels[2]
    for batch in second.batches:
        starts = [pass_plan.find_start(2, levels, second.positions[i], EXACT) for i in batch]
        own = [start is not None for start in starts]
        assert all(own) or not any(own), "a batch begins at one depth"
        assert own == [second.positions[i] in first.positions for i in batch]
        assert all(start.left == start.right for start in starts if start is not None)


def test_states_are_kept_for_those_that_start_from_them() -> None:
    stops, first, second, frames = laid_out(SAMPLING, frames=60)
    kept = [pass_plan.kept_depths(level, SAMPLING, frames=60) for level in (stops, first, second, frames)]
    assert kept == [(6, 8), (6,), (8,), ()]


def test_stops_keep_nothing_for_rungs_that_their_film_does_not_climb() -> None:
    [stops, *_] = laid_out(SAMPLING, frames=12)
    assert pass_plan.kept_depths(stops, SAMPLING, frames=12) == (6,)
    assert pass_plan.kept_depths(stops, SAMPLING, frames=2) == ()


@pytest.mark.parametrize("wanted", [{}, {"closed": True}, {"stops": 3, "frames": 70}, {"frames": 5}, {"frames": 3}])
def test_first_samples_are_those_of_the_pass_that_follows_the_stops(wanted: dict[str, Any]) -> None:
    stops, samples, *_ = laid_out(SAMPLING, **wanted)
    film = {"frames": wanted.get("frames", 24), "closed": wanted.get("closed", False)}
    assert pass_plan.first_samples(stops, SAMPLING, **film) == samples.positions
    assert pass_plan.first_samples(samples, SAMPLING, **film) == ()
    assert pass_plan.first_samples(stops, SAMPLING, frames=len(stops.positions)) == ()


def test_stops_are_always_painted_in_pairs() -> None:
    assert laid_out(SHORT, stops=5, batch=24)[0].batches == ((0, 1), (2, 3), (4,))
    assert {laid_out(SHORT, stops=stops)[0].pad for stops in (2, 3, 4)} == {2}


def test_batches_are_large_for_one_worker_and_shared_by_several() -> None:
    alone, four = (laid_out(SHORT, frames=50, batch=24, workers=workers)[2].batches for workers in (1, 4))
    assert [len(batch) for batch in alone] == [8, 20, 20]
    assert [len(batch) for batch in four] == [8, 10, 10, 10, 10]


def test_frames_are_painted_coarse_to_fine() -> None:
    frames = laid_out(SHORT, frames=34)[2]
    positions = pass_plan.settled(laid_out(SHORT, frames=34), 34)
    first = sorted(positions.index(frames.positions[i]) for i in frames.batches[0])
    assert max(b - a for a, b in itertools.pairwise([0, *first, 33])) <= 5


@pytest.mark.slow
@given(
    stops=st.integers(2, 6),
    more=st.integers(0, 100),
    closed=st.booleans(),
    easing=st.booleans(),
    batch=st.integers(1, 24),
    workers=st.integers(1, 5),
    sampling=st.sampled_from([SAMPLING, SHORT, FULL, EXACT]),
)
def test_every_frame_is_painted_once_from_what_was_painted_before(
    stops: int, more: int, closed: bool, easing: bool, batch: int, workers: int, sampling: dict[str, Any]
) -> None:
    frames = stops + more
    levels = laid_out(sampling, stops=stops, frames=frames, closed=closed, easing=easing, batch=batch, workers=workers)
    positions = pass_plan.settled(levels, frames)
    assert len(positions) == frames
    for number, level in enumerate(levels):
        assert sorted(index for part in level.batches for index in part) == list(range(len(level.positions)))
        assert all(len(part) <= max(batch, pass_plan.PAIR) for part in level.batches)
        assert Pass.from_json(json.loads(json.dumps(level.to_json()))) == level
        for position in level.positions:
            between = pass_plan.find_start(number, levels, position, sampling)
            if between is None:
                continue
            for knot in (between.left, between.right):
                assert knot.level < number
                assert knot.position in levels[knot.level].positions
                assert between.depth in pass_plan.kept_depths(
                    levels[knot.level], sampling, frames=frames, closed=closed
                )
            right = between.right.position or (stops if position > stops - 1 else 0.0)
            assert np.isclose(interpolation.lerp(np.array(between.left.position), np.array(right), between.t), position)


@given(stops=st.integers(2, 6), more=st.integers(0, 60), size=st.integers(1, 24))
def test_recipe_without_levels_is_painted_in_the_batches_of_its_time(stops: int, more: int, size: int) -> None:
    positions = frame_schedule.positions(stops, stops + more)
    levels = pass_plan.levels_of_recipe(positions, stops, 20, size)
    painted = [[level.positions[i] for i in batch] for level in levels for batch in level.batches]
    assert painted == [[positions[i] for i in batch] for batch in frame_schedule.batches(positions, stops, size)]
    assert pass_plan.settled(levels, stops + more) == positions
    assert {level.pad for level in levels} == {1}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "doors"},
        {"batches": [[0]]},
        {"batches": [[0, 1], [1]]},
        {"batches": [[0, 1], [2]]},
        {"positions": ["a", 1.0]},
        {"batches": 3},
    ],
)
def test_altered_level_is_refused(change: dict[str, Any]) -> None:
    good = Pass("stops", (0.0, 1.0), 9, ((0, 1),), pad=2).to_json()
    assert Pass.from_json(good).pad == 2
    with pytest.raises((ValueError, TypeError)):
        Pass.from_json(good | change)
