"""Textile: a cloth has the colours of its yarns, and a motif keeps a rim where it has the colour of the ground."""

from dataclasses import replace

import numpy as np
import pytest

from sketch import colour
from sketch.materials import textile
from tests.support.marked import disc


@pytest.mark.parametrize("inks", textile.INKS)
def test_draw_of_a_motif_sets_its_rim_apart_from_the_ground(inks: tuple[str, ...]) -> None:
    field = replace(disc(), inks=np.stack([colour.parse_hex(ink) for ink in inks]), seed=3)
    drawn = colour.lab(textile.draw(field))
    rim, ground = (drawn[(field.away > low) & (field.away < high)].mean(0) for low, high in ((1, 2.5), (-4.5, -2)))
    assert np.linalg.norm(rim - ground) > 0.15
