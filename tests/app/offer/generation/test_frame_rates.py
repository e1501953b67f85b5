"""Frame rates are those that a GIF can say."""

from __future__ import annotations

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


def test_rate_of_a_slowed_film_is_none_that_was_asked_for() -> None:
    assert not frame_rates.is_exact(6.0)
    assert frame_rates.fraction(6.0) == 6
