"""What silkscreens keep: each cell has a ground of its own, and inks keep their parts while they change."""

import numpy as np

from sketch.prints import silkscreen
from tests.support.discs import disc


def test_draw_in_cells_gives_each_another_ground() -> None:
    picture = silkscreen.draw(disc(silkscreen.INKS[0], columns=3, radius=20, seed=2))
    corners = [picture[2, at] for at in (10, 64, 118)]
    assert all(np.abs(corners[one] - corners[other]).max() > 0.1 for one, other in ((0, 1), (1, 2), (0, 2)))


def test_draw_of_inks_changed_a_little_changes_the_picture_a_little() -> None:
    first = silkscreen.INKS[0]
    changed = (*first[:1], f"{int(first[1], 16) ^ 0x020202:06x}", *first[2:])
    one, other = (silkscreen.draw(disc(inks)) for inks in (first, changed))
    assert np.abs(one - other).max() < 0.03


def test_draw_without_cells_keeps_a_red_thing_red() -> None:
    field = disc(silkscreen.INKS[1], tone=(0.9, 0.2, 0.2), seed=2)
    light = silkscreen.draw(field)[(field.tone > 0.7) & (field.away > 8)]
    assert np.median(light, 0)[0] > np.median(light, 0)[1] + 0.2
