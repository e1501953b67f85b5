"""What planes keep: bars lie on the ground too, strong planes do not lie behind things, small parts are seen."""

import numpy as np
from numpy.typing import NDArray

from sketch import colour
from sketch.cells import planes
from sketch.colour import Array
from tests.support.discs import disc

INKS = planes.INKS[0]


def near(picture: Array, ink: str) -> NDArray[np.bool_]:
    """Return which pixels are in an ink."""
    return np.abs(picture - colour.parse_hex(ink)).max(-1) < 0.12


def test_draw_has_bars_across_the_ground() -> None:
    picture = planes.draw(disc(INKS, radius=40, side=256))
    assert 0.01 < near(picture, INKS[1])[:20].mean() < 0.4


def test_draw_of_a_disc_keeps_its_colour_and_its_outline() -> None:
    field = disc(INKS, side=256)
    red = near(planes.draw(field), INKS[2])
    assert red[field.away > 8].mean() > 0.4
    assert red[(field.away < -8) & (field.away > -30)].mean() < 0.05


def test_draw_shows_a_dark_eye_where_it_is() -> None:
    picture = planes.draw(disc(INKS, side=256))
    light = picture.mean(-1)
    assert light[100:116, 100:116].mean() < light[150:180, 100:116].mean() - 0.1
