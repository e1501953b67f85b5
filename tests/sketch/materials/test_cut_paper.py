"""What cut paper keeps: papers are flat, and what lies right behind a thing is another paper than its own."""

import numpy as np
import pytest

from sketch.materials import cut_paper
from tests.support.discs import disc


@pytest.mark.parametrize("seed", range(8))
def test_draw_lays_a_thing_on_another_paper(seed: int) -> None:
    field = disc(cut_paper.INKS[1], seed=seed, radius=60, tone=(0.9, 0.35, 0.25))
    picture = cut_paper.draw(field)
    inside = np.median(picture[(field.away > 10) & (field.away < 24)], 0)
    outside = np.median(picture[(field.away < -6) & (field.away > -12)], 0)
    assert np.abs(inside - outside).max() > 0.15


def test_draw_of_one_tone_is_flat_within() -> None:
    field = disc(cut_paper.INKS[1], radius=70, side=256)
    part = cut_paper.draw(field)[170:180, 90:110]
    assert part.std((0, 1)).max() < 0.05
