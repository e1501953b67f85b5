"""Coloured squares: things are light against dark squares, or dark against light ones."""

from dataclasses import replace

import pytest

from sketch.cells import squares
from tests.support.marked import disc


@pytest.mark.parametrize("seed", range(8))
def test_draw_of_a_disc_sets_its_squares_apart_from_the_ground(seed: int) -> None:
    field = replace(disc(), seed=seed)
    light = squares.draw(field).mean(-1)
    is_light = squares._polarity(field, squares._patches(field))
    for value, sign in ((0, -1), (1, 1)):
        inside, outside = ((is_light == value) & where for where in (field.away > 5, field.away < -5))
        if inside.sum() > 200:
            assert sign * (light[inside].mean() - light[outside].mean()) > 0.08
