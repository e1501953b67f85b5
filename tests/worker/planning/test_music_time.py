"""When a walk to music is where: stops on their times and on beats, and movement by the music between them."""

import itertools
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.planning import music_time
from worker.planning.music import Music

FPS = 25.0
BEATS = tuple(0.5 * beat for beat in range(1, 20))
QUIET_THEN_LOUD = Music(10, BEATS, (2.0, 6.0), (1.0, 3.0), tuple([0.1] * 60 + [1.0] * 41))


def path(way: music_time.Way, music: Music = QUIET_THEN_LOUD, stops: tuple[int, ...] = (0, 249)) -> np.ndarray:
    onsets = music_time.onset_frames(music, stops, frames=250, fps=FPS)
    return music_time.path(music, stops, frames=250, fps=FPS, way=way, onsets=onsets)


def test_times_that_are_given_are_kept_to_half_a_frame() -> None:
    assert music_time.stop_frames(QUIET_THEN_LOUD, [1.01, 3.333, 9.2], fps=FPS) == (25, 83, 230)


def test_stops_without_times_are_at_the_ends_and_on_beats() -> None:
    first, second, third, last = music_time.stop_frames(QUIET_THEN_LOUD, [None] * 4, fps=FPS)
    assert (first, last) == (0, 249)
    assert {second / FPS, third / FPS} <= {round(beat * 50) / 50 for beat in BEATS} | {beat + 0.02 for beat in BEATS}


def test_stop_goes_to_the_beat_where_the_music_changes_most() -> None:
    assert music_time.stop_frames(QUIET_THEN_LOUD, [None, None, None], fps=FPS) == (0, 150, 249)


def test_stop_without_beats_goes_to_an_onset_and_else_stays_even() -> None:
    onset = Music(10, onsets=(4.4,), strengths=(1.0,))
    assert music_time.stop_frames(onset, [None, None, None], fps=FPS) == (0, 110, 249)
    assert music_time.stop_frames(Music(10), [None, None, None], fps=FPS) == (0, 125, 249)


def test_closed_walk_comes_back_at_the_end_of_the_film() -> None:
    frames = music_time.stop_frames(Music(10), [None, None], fps=FPS, closed=True)
    assert frames == (0, 125)
    way = music_time.path(Music(10), frames, frames=250, fps=FPS, way="steady", onsets={}, closed=True)
    assert way[125] == 1 and way[-1] == pytest.approx(2 - 1 / 125)


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        ([0, 5, 5], "stop 3 is at 5 s, less than a frame after"),
        ([0, 5.01, 5.0], "stop 3 .* less than a frame after"),
        ([6, 5, None], "stop 2 is at 5 s"),
        ([0, None, 10.5], "stop 3 is at 10.5 s, outside the film of 10 s"),
        ([-1, None, None], "stop 1 is at -1 s, outside"),
        ([None] * 300, "less than a frame after"),
    ],
)
def test_times_that_no_film_can_have_are_refused_by_stop(at: list[float | None], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        music_time.stop_frames(QUIET_THEN_LOUD, at, fps=FPS)


def test_steady_walk_moves_equally_in_each_frame_of_a_leg() -> None:
    steps = np.diff(path("steady", stops=(0, 100, 249)))
    assert np.allclose(steps[:100], 0.01) and np.allclose(steps[100:], 1 / 149)


def test_pulse_moves_on_onsets_by_their_strength_and_nearly_rests_between() -> None:
    steps = np.diff(path("pulse"), prepend=0)
    assert int(steps.argmax()) == 150 and steps[150] / steps[50] == pytest.approx(3, rel=0.01)
    assert steps[150] > 30 * steps[149], "it begins on the frame of the onset"
    assert steps[150:158].sum() == pytest.approx(0.95 * 0.75, rel=0.01)
    assert 0 < steps[60:149].max() < 0.0003


def test_onset_at_a_stop_arrives_there_and_the_stop_rests() -> None:
    steps = np.diff(path("pulse", stops=(0, 150, 249)), prepend=0)
    assert steps[150] > 0.7
    assert np.allclose(steps[151:], 1 / 99), "no onset moves the second leg, which goes evenly"


def test_energy_moves_as_fast_as_it_is_loud() -> None:
    steps = np.diff(path("energy"))
    assert steps[180:240].mean() / steps[20:120].mean() == pytest.approx(1 / (0.1 + 0.05), rel=0.3)


def test_silence_moves_evenly_in_every_way() -> None:
    for way in music_time.WAYS:
        assert np.allclose(np.diff(path(way, Music(10, loudness=(0.0,) * 101))), 1 / 249)


def test_walk_rests_before_its_first_and_after_its_last_stop() -> None:
    for way in music_time.WAYS:
        way_there = path(way, stops=(100, 200))
        assert not way_there[:101].any() and (way_there[200:] == 1).all() and 0 < way_there[101] < way_there[199] < 1


@given(
    st.lists(st.floats(0, 9.99), max_size=60, unique=True).map(sorted),
    st.sets(st.integers(0, 249), min_size=2, max_size=6).map(sorted),
    st.sampled_from(music_time.WAYS),
    st.booleans(),
)
def test_path_reaches_its_stops_on_time(
    onsets: list[float], stops: list[int], way: music_time.Way, closed: bool
) -> None:
    loudness = tuple(float(i % 7) for i in range(101))
    music = Music(10, (), tuple(onsets), tuple(1.0 + i % 5 for i in range(len(onsets))), loudness)
    moving = music_time.onset_frames(music, stops, frames=250, fps=FPS)
    places = music_time.path(music, stops, frames=250, fps=FPS, way=way, onsets=moving, closed=closed)
    assert len(places) == 250
    assert [places[frame] for frame in stops] == list(range(len(stops)))
    assert (np.diff(places[stops[0] : stops[-1] + 1]) > 0).all()
    for stop, frame in enumerate(stops[1:], 1):
        assert places[frame - 1] < stop


def test_ways_are_those_of_the_type() -> None:
    assert get_args(music_time.Way) == music_time.WAYS == ("steady", "pulse", "energy")


def test_frames_are_those_nearest_to_times_without_drift() -> None:
    beats = [60 / 97 * beat for beat in range(194)]
    errors = [abs(music_time.nearest_frame(beat, 100 / 3) * 0.03 - beat) for beat in beats]
    assert max(errors) <= 0.015 + 1e-9
    assert all(after > before for before, after in itertools.pairwise(music_time.nearest_frame(b, 12.5) for b in beats))
