"""How long the pictures of a film are shown that is not whole yet."""

from __future__ import annotations

import pytest

from worker.film import timing


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
