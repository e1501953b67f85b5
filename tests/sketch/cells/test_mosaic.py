"""Mosaic: rows of tesserae end at the outline."""

import numpy as np

from sketch.cells import mosaic
from tests.support.marked import disc


def test_draw_of_a_dark_disc_keeps_its_silhouette() -> None:
    field = disc()
    light = mosaic.draw(field).mean(-1)
    inside, outside = light[field.away > 6].mean(), light[(field.away < -6) & (field.away > -60)].mean()
    assert outside - inside > 0.2


def test_draw_lays_a_joint_along_the_outline() -> None:
    # Light things on a light ground in dark grout: the outline is the darkest line about itself.
    field = disc(lightness=0.85)
    light = mosaic.draw(field).mean(-1)
    line, beside = np.abs(field.away) < 1, (np.abs(field.away) > 2.5) & (np.abs(field.away) < 5)
    assert light[line].mean() < light[beside].mean() - 0.05
