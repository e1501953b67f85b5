"""How long the pictures of a film are shown: its ends longer, and those of a film that is not whole yet."""

from fractions import Fraction

import numpy as np
import pytest

from worker.film import timing


@pytest.mark.parametrize(
    ("ending", "times"), [("stop", [4, 1, 1, 1, 4]), ("back", [4, 1, 1, 1, 4, 1, 1, 1]), ("round", [1] * 5)]
)
def test_ends_are_held_where_the_film_ends_or_turns_and_nowhere_else(ending: str, times: list[int]) -> None:
    assert timing.repeats(5, ending, 3) == times
    assert timing.repeats(5, ending) == [1] * len(times)
    assert timing.durations(range(5), range(5), 80, ending, 3) == [80 * each for each in times]


def test_film_of_two_pictures_that_goes_back_holds_both() -> None:
    assert timing.repeats(2, "back", 3) == [4, 4]


def test_stops_between_the_ends_are_passed_as_any_picture() -> None:
    assert timing.durations([0, 0.5, 1, 1.5, 2], range(5), 100, "stop", 10) == [1100, 100, 100, 100, 1100]


def test_coarse_film_holds_its_ends_for_as_long_as_the_whole_one() -> None:
    assert timing.durations(range(9), [0, 4, 8], 100, "stop", 10) == [250 + 1000, 400, 250 + 1000]
    assert timing.durations(range(9), [0, 4, 8], 100, "back", 10) == [400 + 1000, 400, 400 + 1000, 400]


def test_pictures_that_would_follow_too_fast_are_left_out_and_their_time_is_kept() -> None:
    assert timing.thin_out([0, 1, 2, 3, 4, 5], [80] * 6, 170) == ([0, 3], [240, 240])
    assert timing.thin_out([0, 4, 9], [400, 500, 400], 170) == ([0, 4, 9], [400, 500, 400])
    assert timing.thin_out([0, 1, 2, 9], [80, 80, 500, 80], 170) == ([2], [740])
    assert timing.thin_out([0, 1, 2, 9], [80, 80, 500, 170], 170) == ([2, 9], [660, 170])


@pytest.mark.parametrize("times", [[80] * 25, [80, 400, 80, 20, 20, 300, 80], [170] * 3, [20]])
def test_thinned_film_is_as_long_and_shows_no_picture_for_less(times: list[int]) -> None:
    kept, held = timing.thin_out(range(len(times)), times, 170)
    assert sum(held) == sum(times)
    assert len(kept) == len(held)
    assert kept == sorted(set(kept))
    assert len(held) == 1 or min(held) >= 170


def test_durations_of_pictures_add_up_to_the_film_without_drift() -> None:
    holds = [1, 2, 5, 1] * 700
    assert timing.shown_ms(holds, 25) == [40 * hold for hold in holds]
    assert timing.shown_ms([1, 1, 1, 2], Fraction(100, 3)) == [30, 30, 30, 60]
    slowed = timing.shown_ms(holds, 6.5)
    ends = np.cumsum(slowed)
    assert np.abs(ends - 1000 * np.cumsum(holds) / 6.5).max() <= 5 + 1e-9
