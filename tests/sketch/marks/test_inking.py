"""Inks are chosen by colour, and give way to each other without a jump."""

import numpy as np

from sketch import colour
from sketch.marks import inking

INKS = colour.lab(np.stack([colour.parse_hex(ink) for ink in ("f2ead8", "1d1a18", "c8452c", "2f5a8a")]))


def test_nearest_ink_itself_is_kept() -> None:
    """A colour that is an ink is drawn in it."""
    chosen = inking.nearest(INKS, INKS, soft=0.002, weights=(1, 2))
    assert np.allclose(chosen, INKS, atol=1e-3)


def test_nearest_slow_change_makes_no_jump() -> None:
    """Between two inks there is a mixture of them."""
    way = np.linspace(0, 1, 401, dtype=np.float32)[:, None]
    chosen = inking.nearest(INKS[2] + (INKS[3] - INKS[2]) * way, INKS, soft=0.002, weights=(1, 2))
    assert np.abs(np.diff(chosen, axis=0)).max() < 0.03


def test_nearest_burdened_ink_is_chosen_less() -> None:
    """An ink with a burden gives way to the next."""
    between = (INKS[2:3] + INKS[3:4]) / 2
    burden = np.array([0, 0, 0.1, 0], np.float32)
    chosen = inking.nearest(between, INKS, soft=0.002, weights=(1, 2), burden=burden)
    assert np.abs(chosen - INKS[3]).max() < np.abs(chosen - INKS[2]).max()


def test_nearest_picture_keeps_shape() -> None:
    """Pictures come out as they went in."""
    picture = np.broadcast_to(INKS[1], (5, 7, 3))
    assert inking.nearest(picture, INKS, soft=0.002, weights=(1, 2)).shape == (5, 7, 3)


def test_opposite_dark_thing_is_light() -> None:
    """What is dark stands before the lightest ink."""
    assert inking.opposite(INKS, INKS[1])[0] > 0.85
