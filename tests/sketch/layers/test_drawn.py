"""Guides show marks that are drawn, and where; of what is painted they show nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sketch import rendering
from sketch.layers.drawn import Drawn
from sketch.scene import Scene
from tests.support.drawings import FLAT, book, thing

BOOK = book()


def drawn(share: np.ndarray | float = 1.0) -> Drawn:
    seen = rendering.draw(Scene((thing("house", turn=0.2),), FLAT), BOOK, 128)
    return replace(seen, graphic=share)


def test_guide_of_a_graphic_scene_is_its_picture_made_smaller() -> None:
    seen = drawn()
    guide = seen.guide(64)
    assert guide.shape == (4, 64, 64) and guide.dtype == np.float32 and guide.flags.c_contiguous
    small = seen.picture.reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.allclose(guide[:3].transpose(1, 2, 0), small * 2 - 1, atol=1e-5) and guide[3].min() == 1


def test_guide_of_a_painted_scene_is_blank() -> None:
    assert not drawn(0.0).guide(64).any()


def test_guide_shows_the_part_of_a_picture_that_is_graphic() -> None:
    share = np.zeros((128, 128), np.float32)
    share[:, :64] = 1
    guide, whole = drawn(share).guide(64), drawn().guide(64)
    assert np.array_equal(guide[..., :32], whole[..., :32]) and not guide[..., 32:].any()


@pytest.mark.parametrize("side", [100, 256])
def test_guide_of_a_size_that_does_not_go_into_the_picture_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match=f"{side} pixels high cannot be made of a picture of 128"):
        drawn().guide(side)
