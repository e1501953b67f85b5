"""What a decoder is shown of a drawn scene: marks that are drawn, how far they are, and nothing of what is painted."""

from dataclasses import replace

import numpy as np
import pytest

from sketch import rendering
from sketch.colour import Array
from sketch.compositions.composition import Composition
from sketch.layers.drawn import Drawn
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import Scene, Setting
from tests.support.drawings import book, scene_of, thing

BOOK = book()
HOUSE = scene_of(thing("house", turn=0.2), setting=Setting("plain", 0.55, ("b0b0b0",) * 5, 0.0))
PRINTED = replace(HOUSE, composition=Composition("linocut", inks=("f2ead8", "1d1a18"), seed=3))


def drawn(scene: Scene = HOUSE, *, graphic: Array | float | None = None) -> Drawn:
    seen = rendering.draw(scene, BOOK, 128)
    return seen if graphic is None else replace(seen, graphic=graphic)


def smaller(picture: Array) -> Array:
    """Make a picture (128, 128, c) half as large: (c, 64, 64)."""
    return np.asarray(picture.reshape(64, 2, 64, 2, -1).mean((1, 3)).transpose(2, 0, 1), np.float32)


def test_guide_of_a_graphic_scene_is_its_picture_made_smaller_wholly_drawn() -> None:
    seen = drawn(PRINTED)
    guide = seen.guide(64)
    assert guide.shape == (4, 64, 64) and guide.dtype == np.float32 and guide.flags.c_contiguous
    assert np.allclose(guide[:3], smaller(seen.picture) * 2 - 1, atol=1e-5) and np.ptp(guide[:3]) > 1
    assert (guide[3] == 1).all()
    assert np.allclose(seen.guide(128)[:3].transpose(1, 2, 0), seen.picture * 2 - 1)


@pytest.mark.parametrize("composition", [None, Composition("painted", seed=3)])
def test_guide_of_a_painted_scene_is_blank(composition: Composition | None) -> None:
    guide = drawn(replace(HOUSE, composition=composition)).guide(64)
    assert guide.shape == (4, 64, 64) and not guide.any()


def test_guide_of_a_scene_that_is_graphic_in_part_is_the_mean_of_its_picture_and_of_nothing() -> None:
    whole, half = (drawn(graphic=share).guide(64) for share in (1.0, 0.5))
    assert np.allclose(half, whole / 2, atol=1e-6) and (half[3] == 0.5).all()


def test_guide_shows_marks_at_the_places_that_are_graphic_and_nothing_beside_them() -> None:
    share = np.zeros((128, 128), np.float32)
    share[:, 63:] = 1
    guide, whole = drawn(graphic=share).guide(64), drawn(graphic=1.0).guide(64)
    assert not guide[:, :, :31].any() and np.array_equal(guide[:, :, 32:], whole[:, :, 32:])
    edge = smaller(drawn().picture * 2 - 1)[:, :, 31], drawn().picture[:, 63] * 2 - 1
    assert (guide[3, :, 31] == 0.5).all() and not np.allclose(guide[:3, :, 31], edge[0])
    assert np.allclose(guide[:3, :, 31], edge[1].reshape(64, 2, 3).mean(1).T / 2, atol=1e-6)


def test_guide_between_a_graphic_scene_and_a_painted_one_shows_what_has_not_turned() -> None:
    mixture = Mixture(PRINTED, scene_of(thing("cat face")), BOOK, PartCache(BOOK))
    shares = [mixture.at(t, 128).guide(64)[3] for t in (0.1, 0.5, 0.9)]
    assert all(share.min() >= 0 and share.max() <= 1 for share in shares)
    assert shares[0].mean() > 0.7 > shares[1].mean() > 0.3 > shares[2].mean()
    guide = mixture.at(0.5, 128).guide(64)
    assert (np.abs(guide[:3]) <= guide[3] + 1e-6).all(), "colours come in no greater share than the marks"


@pytest.mark.parametrize("side", [100, 256])
def test_guide_of_a_size_that_does_not_go_into_the_picture_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match=f"{side} pixels high cannot be made of a picture of 128"):
        drawn().guide(side)
