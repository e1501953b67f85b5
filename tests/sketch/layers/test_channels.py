"""Channel by channel pictures come out as if all were broadcast at once, to the last bit."""

import numpy as np
import pytest

from sketch.layers import channels

DICE = np.random.default_rng(1)
TOP, BOTTOM = (DICE.random((6, 5, 3), np.float32) for _ in range(2))
SHARE = DICE.random((6, 5), np.float32)


@pytest.mark.parametrize("top", [TOP, TOP[0, 0]])
def test_over_is_what_broadcasting_gives(top: np.ndarray) -> None:
    expected = BOTTOM + (top - BOTTOM) * SHARE[..., None]
    assert np.array_equal(channels.over(top, SHARE, BOTTOM), expected)
    held = BOTTOM.copy()
    channels.lay(held, np.broadcast_to(top, BOTTOM.shape), SHARE)
    assert np.array_equal(held, expected)


def test_over_a_single_colour_is_a_picture() -> None:
    assert channels.over(TOP[0, 0], SHARE, BOTTOM[0, 0]).shape == (6, 5, 3)


def test_times_and_scale_and_divide_are_what_broadcasting_gives() -> None:
    assert np.array_equal(channels.times(TOP, SHARE), TOP * SHARE[..., None])
    scaled, divided = TOP.copy(), TOP.copy()
    channels.scale(scaled, SHARE)
    channels.divide(divided, SHARE)
    assert np.array_equal(scaled, TOP * SHARE[..., None])
    assert np.array_equal(divided, TOP / SHARE[..., None])


def test_lay_changes_no_channels_beyond_those_laid() -> None:
    held = np.ones((6, 5, 4), np.float32)
    channels.lay(held, TOP, SHARE)
    assert (held[..., 3] == 1).all() and (held[..., :3] < 1).any()
