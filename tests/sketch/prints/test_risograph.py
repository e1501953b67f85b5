"""What risographs keep: inks only take light away from the paper."""

import pytest

from sketch import colour
from sketch.prints import risograph
from tests.support.discs import disc


@pytest.mark.parametrize("inks", risograph.INKS)
def test_draw_is_nowhere_lighter_than_the_paper(inks: tuple[str, ...]) -> None:
    picture = risograph.draw(disc(inks))
    assert (picture <= colour.parse_hex(inks[0]) + 1e-3).all()


def test_draw_of_a_red_thing_stays_red() -> None:
    field = disc(risograph.INKS[1], tone=(0.85, 0.2, 0.15))
    mean = risograph.draw(field)[field.away > 6].mean(0)
    assert mean[0] > mean[1] + 0.15 and mean[0] > mean[2] + 0.1
