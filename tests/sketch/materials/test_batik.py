"""Batik: wax keeps the ground's figures off the things, and the baths of dye go from light to dark."""

from dataclasses import replace

import numpy as np
import pytest

from sketch import colour
from sketch.materials import batik
from tests.support.marked import disc


@pytest.mark.parametrize("inks", batik.INKS)
def test_inks_come_from_light_to_dark(inks: tuple[str, ...]) -> None:
    lightness = [colour.lab(colour.parse_hex(ink))[0] for ink in inks]
    assert lightness == sorted(lightness, reverse=True)


@pytest.mark.parametrize("kind", range(6))
@pytest.mark.parametrize("seed", range(3))
def test_figures_of_each_kind_leave_both_dye_and_wax(kind: int, seed: int) -> None:
    covered = batik._figures(replace(disc(), seed=seed), kind)
    assert 0.05 < covered.mean() < 0.8 and np.ptp(covered) > 0.9
