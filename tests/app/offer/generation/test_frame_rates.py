"""Frame rates are those that a GIF can say."""

from fractions import Fraction

import pytest

from app.offer.generation import frame_rates


@pytest.mark.parametrize(
    ("asked", "shown"),
    [(12.5, 12.5), (1, 1), (50, 50), (30, 33.333), (24, 25), (10, 10), (6.25, 6.25), (40, 33.333), (60, 50)],
)
def test_frame_rate_is_rounded_to_whole_hundredths_of_a_second(asked: float, shown: float) -> None:
    assert frame_rates.rounded(asked) == shown
    assert frame_rates.rounded(shown) == shown and frame_rates.is_exact(shown)


def test_fraction_is_the_rate_without_its_rounding() -> None:
    assert frame_rates.fraction(33.333) == Fraction(100, 3)
    assert frame_rates.fraction(12.5) == Fraction(25, 2)


@pytest.mark.parametrize(
    ("fps", "ending", "hold", "seconds"),
    [(12.5, "stop", 13, 4.0), (12.5, "back", 13, 5.76), (12.5, "round", 0, 1.92), (6.0, "stop", 6, 6.0)],
)
def test_ends_are_held_for_a_second_but_not_if_round(fps: float, ending: str, hold: int, seconds: float) -> None:
    assert frame_rates.hold(fps, ending) == hold
    assert frame_rates.seconds(24, fps, ending, hold) == pytest.approx(seconds)


@pytest.mark.parametrize(("ending", "shown"), [("stop", 24), ("back", 46), ("round", 24)])
def test_film_that_holds_nothing_lasts_as_long_as_its_pictures(ending: str, shown: int) -> None:
    assert frame_rates.seconds(24, 12.5, ending, 0) == pytest.approx(shown / 12.5)


def test_rate_of_a_slowed_film_is_none_that_was_asked_for() -> None:
    assert not frame_rates.is_exact(6.0)
    assert frame_rates.fraction(6.0) == 6
