"""Of many pictures those are taken that are least like one another."""

import numpy as np
import pytest

from worker.planning import variety

LINE = np.array([[0.0], [0.2], [1.0], [0.5], [0.9]], np.float32)


def test_each_is_the_one_farthest_from_all_that_are_taken() -> None:
    assert variety.most_different(LINE, [0], 3) == [2, 3, 1]


def test_where_nothing_is_taken_the_first_is() -> None:
    assert variety.most_different(LINE, [], 2) == [0, 2]


@pytest.mark.parametrize(("taken", "count", "found"), [([0], 9, 4), ([0, 1, 2, 3, 4], 4, 0), ([], 0, 0)])
def test_nothing_is_taken_twice_and_no_more_than_there_is(taken: list[int], count: int, found: int) -> None:
    chosen = variety.most_different(LINE, taken, count)
    assert len(chosen) == len({*chosen} - {*taken}) == found
