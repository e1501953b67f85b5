"""The distinct pictures of a film to music: few enough, on the onsets, at equal distances, and without a stutter."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.planning import music_pictures, music_time
from worker.planning.music import Music

FPS = 25.0


def choose(
    music: Music, stops: tuple[int, ...], way: music_time.Way, budget: int, *, fast: float = 0.5, closed: bool = False
) -> music_pictures.Pictures:
    """Choose the pictures of a film whose legs change twice as fast before `fast` as after it."""
    legs = len(stops) - (not closed)
    positions = [0.0] + [leg + inner for leg in range(legs) for inner in (fast, 1.0)]
    seen = [np.full((2, 2, 3), 0.3 * leg + inner) for leg in range(legs) for inner in (0.2, 0.3)]
    frames = music_time.nearest_frame(music.seconds, FPS)
    return music_pictures.choose(music, stops, frames=frames, fps=FPS, way=way, budget=budget, positions=positions,
                                 thumbnails=[np.zeros((2, 2, 3)), *seen], closed=closed)  # fmt: skip


def drums(seconds: float, period: float) -> Music:
    times = tuple(period * beat for beat in range(1, int(seconds / period)))
    return Music(seconds, times, times, tuple(1.0 + beat % 2 for beat in range(len(times))))


def test_steady_film_shows_each_picture_for_the_same_time() -> None:
    chosen = choose(Music(120), (0, 2999), "steady", 240)
    holds = chosen.holds
    assert len(holds) <= 240 and set(holds[:-1]) <= {12, 13} and sum(holds) == 3000
    assert sorted(holds[:-1], reverse=True) == [*holds[:-1]]


def test_budget_that_does_not_divide_the_frames_is_not_used_up_by_a_stutter() -> None:
    holds = choose(Music(15), (0, 374), "steady", 240).holds
    assert set(holds[:-1]) == {2}, "240 pictures in 375 frames would be shown for one or two frames each"


def test_large_budget_generates_each_frame() -> None:
    assert choose(Music(4), (0, 50, 99), "steady", 240).holds == (1,) * 100


def test_pictures_of_a_steady_film_differ_equally() -> None:
    chosen = choose(Music(10), (0, 249), "steady", 60, fast=0.2)
    moved = np.interp(chosen.positions, [0, 0.2, 1], [0, 2, 3])
    steps = np.diff(moved)[:-1]
    assert steps.max() / steps.min() < 1.3


def test_leg_that_changes_more_has_more_pictures() -> None:
    positions, seen = [0.0, 1.0, 2.0], [np.full((2, 2, 3), value) for value in (0.0, 0.1, 0.5)]
    chosen = music_pictures.choose(Music(20), (0, 250, 499), frames=500, fps=FPS, way="steady", budget=100,
                                   positions=positions, thumbnails=seen)  # fmt: skip
    first = sum(position < 1 for position in chosen.positions)
    assert first == pytest.approx(20, abs=2) and len(chosen.positions) - first >= 3 * first


def test_pulse_changes_pictures_on_onsets_and_rests_until_the_next() -> None:
    music = drums(10, 0.5)
    chosen = choose(music, (0, 249), "pulse", 60)
    onsets = [music_time.nearest_frame(time, FPS) for time in music.onsets]
    assert set(onsets) <= set(chosen.starts) and len(chosen.positions) <= 60
    last = {max(start for start in chosen.starts if start < after) for after in onsets[1:]}
    assert all(start - onset < 8 for onset, start in zip(onsets, sorted(last), strict=False))


def test_pulse_with_few_pictures_moves_on_the_strongest_onsets() -> None:
    music = drums(10, 0.5)
    chosen = choose(music, (0, 249), "pulse", 11)
    strong = {
        music_time.nearest_frame(time, FPS) for time, s in zip(music.onsets, music.strengths, strict=True) if s > 1
    }
    assert set(chosen.starts) == {0, 249} | strong


@pytest.mark.parametrize(("fps", "hold"), [(12.5, 1), (25.0, 1), (50.0, 2)])
def test_pictures_of_a_pulse_follow_each_other_at_once_and_the_last_rests(fps: float, hold: int) -> None:
    music = Music(10, (), (2.0, 4.0, 8.0), (1.0, 1.0, 1.0))
    last = round(10 * fps) - 1
    ends = [np.zeros((1, 1, 3)), np.ones((1, 1, 3))]
    chosen = music_pictures.choose(music, (0, last), frames=last + 1, fps=fps, way="pulse", budget=8,
                                   positions=[0.0, 1.0], thumbnails=ends)  # fmt: skip
    onsets = [round(time * fps) for time in music.onsets]
    assert chosen.starts == (0, *sorted([*onsets, *(onset + hold for onset in onsets)]), last)
    steps = np.diff(chosen.positions)
    assert (steps[0:6:2] > 0.1).all() and (steps[1:6:2] > 0.02).all(), "no second picture that hardly differs"


def test_step_on_an_onset_is_as_long_as_the_onset_is_strong() -> None:
    music = drums(10, 0.5)
    chosen = choose(music, (0, 249), "pulse", 21)
    moved = np.interp(chosen.positions, [0, 0.5, 1], [0, 2, 3])
    steps = np.diff(moved)[:-1]
    assert steps[1::2] / steps[:-1:2] == pytest.approx(2.0, rel=0.15)


def test_stop_is_shown_from_its_own_frame() -> None:
    chosen = choose(drums(10, 0.4), (0, 100, 249), "pulse", 80)
    assert chosen.positions[chosen.starts.index(100)] == 1.0
    assert chosen.positions[0] == 0.0 and chosen.positions[-1] == 2.0


def test_walk_that_begins_later_shows_its_first_stop_until_then() -> None:
    chosen = choose(Music(10), (50, 200), "steady", 20)
    assert chosen.starts[0] == 0 and chosen.starts[1] > 50 and chosen.positions.count(0.0) == 1
    assert chosen.holds[-1] == 50


def test_coarse_film_is_in_time_and_as_long() -> None:
    chosen = choose(drums(10, 0.5), (0, 125, 249), "pulse", 80)
    order = chosen.coarse_to_fine()
    assert sorted(order) == list(range(len(chosen.positions)))
    assert [chosen.positions[i] for i in order[:3]] == [0, 1, 2]
    for count in range(3, len(order) + 1):
        painted = order[:count]
        wanted = [chosen.starts[i] for i in sorted(painted)]
        starts = [0, *itertools.accumulate(music_pictures.hold_until_next(wanted, 250))]
        assert starts[:-1] == wanted and starts[-1] == 250
    after = sorted(chosen.starts[i] for i in order[:20])
    assert max(b - a for a, b in itertools.pairwise([*after, 250])) < 40, "soon the whole film moves"


def test_budget_below_the_stops_is_refused() -> None:
    with pytest.raises(ValueError, match="3 stops needs at least 3 pictures, not 2"):
        choose(Music(10), (0, 100, 249), "steady", 2)


@settings(max_examples=60)
@given(
    st.lists(st.floats(0, 9.99), max_size=60, unique=True).map(sorted),
    st.sets(st.integers(0, 249), min_size=2, max_size=6).map(sorted),
    st.sampled_from(music_time.WAYS),
    st.integers(6, 300),
    st.booleans(),
)
def test_pictures_are_distinct_ascend_keep_to_the_budget_and_do_not_stutter(
    onsets: list[float], stops: list[int], way: music_time.Way, budget: int, closed: bool
) -> None:
    loudness = tuple(float(i % 7) for i in range(101))
    music = Music(10, (), tuple(onsets), tuple(1.0 + i % 5 for i in range(len(onsets))), loudness)
    chosen = choose(music, tuple(stops), way, budget, closed=closed)
    assert len(chosen.positions) == len(chosen.starts) <= budget
    assert all(after > before for before, after in itertools.pairwise(chosen.positions))
    assert sum(chosen.holds) == 250 and min(chosen.holds) >= 1
    assert {float(stop) for stop in range(len(stops))} <= set(chosen.positions)
    for stop, frame in enumerate(stops[1:], 1):
        assert chosen.starts[chosen.positions.index(stop)] == frame
    ends = {*stops, 250, *music_time.onset_frames(music, stops, frames=251, fps=FPS)}
    holds = dict(zip(chosen.starts, chosen.holds, strict=True))
    if stops[0]:  # it rests there until then
        holds[stops[0]] = holds[0] - stops[0]
        del holds[0]
    for (start, hold), (after, following) in itertools.pairwise(sorted(holds.items())):
        is_last = after + following in ends
        if after not in ends and not is_last:
            assert hold - 1 <= following <= hold, f"frames {start} to {after + following}"
