"""What a photo shows around its thing is a setting like any other, and nothing of ours falls on it."""

import numpy as np
import pytest

from sketch import rendering
from sketch.backdrops import backdrop
from sketch.scene import Scene, SceneError, Thing, read_scene
from sketch.sketchbook import Sketchbook
from sketch.surroundings import PHOTO, Surroundings, resize

GREY = np.full((8, 8, 3), 128, np.uint8)
RED = np.zeros((8, 8, 4), np.uint8)
RED[2:6, 2:6] = (200, 30, 20, 255)
BOOK = Sketchbook((), {}, pictures={"red": RED})


def test_it_is_drawn_as_it_is_at_any_size() -> None:
    around = Surroundings(picture=GREY, digest="grey")
    for size in (4, 8, 32):
        assert np.allclose(backdrop.draw(around, size), 128 / 255)


def test_a_thing_in_its_own_photo_is_neither_lit_nor_casts_a_shadow() -> None:
    drawn = rendering.draw(Scene((Thing("red", size=1.0),), Surroundings(picture=GREY, digest="grey")), BOOK, 8)
    expected = np.where(RED[..., 3:] > 0, RED[..., :3], GREY) / 255
    assert np.allclose(drawn.picture, expected, atol=1e-3)
    assert np.array_equal(drawn.numbers > 0, RED[..., 3] > 0)


def test_pictures_are_one_where_their_digests_are() -> None:
    one = Surroundings(picture=GREY, digest="grey")
    assert one == Surroundings(picture=GREY.copy(), digest="grey") != Surroundings(picture=GREY, digest="other")
    assert len({one, Surroundings(picture=GREY.copy(), digest="grey")}) == 1


def test_it_cannot_be_asked_for_by_name() -> None:
    with pytest.raises(SceneError, match="kind"):
        read_scene({"version": 1, "things": [], "setting": {"kind": PHOTO}})


def test_what_is_not_covered_has_no_colour_that_runs_into_what_is() -> None:
    small = resize(RED, 4, 4)
    assert tuple(small[1, 1]) == (200, 30, 20, 255)
    large = resize(RED, 16, 16)
    seen = large[..., 3] > 32
    assert (
        np.abs(large[seen][:, :3].astype(int) - (200, 30, 20)).max() <= 32
    )  # dark by what is not covered it would be by far more
