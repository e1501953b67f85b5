"""How far pictures are held to photos on the way between stops."""

import itertools

import pytest

from worker.planning import photo_path


@pytest.mark.parametrize("steps", [1, 2, 20])
def test_a_photo_holds_wholly_at_its_stop_and_nowhere_at_the_next(steps: int) -> None:
    for step in range(steps):
        assert photo_path.photo_weight(0, step, steps) == 1
        assert photo_path.photo_weight(1, step, steps) == 0


def test_it_lets_go_steadily_and_of_details_first() -> None:
    for step in range(5):
        shares = [photo_path.photo_weight(away / 20, step, 5) for away in range(21)]
        assert all(later < earlier for earlier, later in itertools.pairwise(shares))
    assert photo_path.photo_weight(0.5, 4, 5) < photo_path.photo_weight(0.5, 2, 5) < photo_path.photo_weight(0.5, 0, 5)


def test_two_photos_hold_what_lies_between_them_and_a_closed_walk_leads_back() -> None:
    assert photo_path.photo_weights(0.25, [True, True], 0, 3) == {0: 0.75, 1: 0.25}
    assert photo_path.photo_weights(1.0, [True, False, True], 0, 3) == {}
    assert photo_path.photo_weights(2.5, [True, False, False], 0, 3, closed=True) == {0: 0.5}
    assert photo_path.photo_weights(2.0, [False, False, True], 2, 3) == {2: 1.0}
