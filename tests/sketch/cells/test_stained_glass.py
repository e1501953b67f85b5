"""Stained glass: leads are as wide as they are meant to be, wherever they run."""

from dataclasses import replace

import numpy as np
import pytest

from sketch.cells import stained_glass
from sketch.marks import sites
from tests.support.marked import disc


def test_cells_tell_how_far_their_seams_are() -> None:
    field = disc()
    seam, chance = stained_glass._cells(field, sites.scatter(field, 40), np.zeros(field.shape, np.float32))
    beside = chance[:, 1:, 0] != chance[:, :-1, 0]  # pieces differ in their random numbers
    assert seam[:, 1:][beside].max() < 2.5 * field.pixel
    assert seam.max() > 10


@pytest.mark.parametrize("seed", range(6))
def test_draw_leaves_most_of_the_window_to_glass(seed: int) -> None:
    drawn = stained_glass.draw(replace(disc(), seed=seed))
    assert 0.05 < (drawn.mean(-1) < 0.2).mean() < 0.5
