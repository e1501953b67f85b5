"""A scene as it is drawn: things where the scene says, light and shadow, the sketch, the same at all sizes."""

import math

import numpy as np
import pytest

from sketch import colour, rendering
from sketch.layers import distance
from sketch.layers.drawn import Drawn
from tests.support.drawings import book, scene_of, thing
from tests.support.drawn_scenes import GROUND, draw


def middle(seen: Drawn, number: int = 1) -> tuple[float, float]:
    rows, columns = np.nonzero(seen.numbers == number)
    size = len(seen.numbers)
    return float(columns.mean() + 0.5) / size, float(rows.mean() + 0.5) / size


@pytest.mark.parametrize(("x", "y", "size"), [(0.5, 0.5, 0.5), (0.25, 0.7, 0.3), (0.8, 0.2, 0.2)])
def test_thing_is_where_the_scene_says_and_as_large(x: float, y: float, size: float) -> None:
    seen = draw(thing("square", x, y, size))
    assert middle(seen) == pytest.approx((x, y), abs=0.01)
    assert (seen.numbers == 1).mean() == pytest.approx(size**2, rel=0.06)
    assert seen.things[..., 3].mean() == pytest.approx(size**2, rel=0.06)


def test_mirrored_thing_is_the_other_way_round() -> None:
    plain, turned = (draw(thing("flag", mirrored=mirrored)).things for mirrored in (False, True))
    assert np.allclose(plain, turned[:, ::-1], atol=1e-6) and not np.allclose(plain, turned, atol=0.1)


def test_quarter_turn_is_clockwise() -> None:
    """What is heavy on the left is heavy above, turned a quarter to the right."""
    seen = draw(thing("flag", turn=math.pi / 2)).things[..., 3]
    assert seen[:64].sum() > 2 * seen[64:].sum()
    assert abs(float(seen[:, :64].sum() - seen[:, 64:].sum())) < 0.1 * seen.sum()


def test_turned_thing_keeps_its_middle_and_area() -> None:
    seen = draw(thing("square", size=0.4, turn=0.6))
    assert middle(seen) == pytest.approx((0.5, 0.5), abs=0.01)
    assert seen.things[..., 3].sum() == pytest.approx(draw(thing("square", size=0.4)).things[..., 3].sum(), rel=0.03)


def test_colour_of_a_thing_is_that_of_the_scene() -> None:
    seen = draw(thing("square", colour="green"))
    _, a, b = colour.lab(seen.things[64, 64, :3])
    assert a < -0.05 < 0.03 < b


def test_later_thing_lies_over_the_earlier() -> None:
    seen = draw(thing("square"), thing("disc", 0.6, 0.6))
    assert seen.numbers[76, 76] == 2 and seen.numbers[40, 40] == 1 and seen.numbers[5, 5] == 0
    assert seen.picture[76, 76, 2] > 0.6 > 0.4 > seen.picture[76, 76, 0] and seen.picture[45, 45, 0] > 0.6


@pytest.mark.parametrize("where", [(-0.5, 0.5), (0.5, -0.5), (1.5, 1.5)])
def test_thing_out_of_the_frame_changes_nothing(where: tuple[float, float]) -> None:
    seen = draw(thing("square", *where, size=0.5))
    assert not seen.numbers.any() and np.array_equal(seen.picture, draw().picture)


@pytest.mark.parametrize("size", [0.04, 1.4, 2.0])
def test_smallest_and_largest_things_are_cut_by_the_frame(size: float) -> None:
    for x, y in ((0.0, 0.0), (1.0, 0.5), (0.5, 1.0)):
        seen = draw(thing("square", x, y, size), size=64)
        assert seen.picture.shape == (64, 64, 3) and seen.numbers.any()


def test_picture_is_things_over_ground() -> None:
    seen = draw(thing("disc"), setting=GROUND)
    alpha = seen.things[..., 3:]
    assert np.allclose(seen.picture, seen.things[..., :3] * alpha + seen.ground * (1 - alpha), atol=1e-6)
    assert all(each.min() >= 0 and each.max() <= 1 for each in (seen.things, seen.ground, seen.picture))


def test_same_scene_gives_the_same_pixels() -> None:
    things = (thing("house", 0.3, 0.6, turn=0.2), thing("cat face", 0.7, 0.7, 0.4, mirrored=True, colour="blue"))
    one, other = (rendering.draw(scene_of(*things, setting=GROUND), book(), 96) for _ in range(2))
    assert np.array_equal(one.things, other.things) and np.array_equal(one.ground, other.ground)
    assert np.array_equal(one.sketch(48), other.sketch(48))


def test_sizes_of_a_scene_agree() -> None:
    things = (
        thing("house", 0.3, 0.6, turn=0.2),
        thing("cat face", 0.7, 0.7, 0.4, mirrored=True),
        thing("ring", 0.5, 0.3, 0.3),
    )
    by_size = {size: draw(*things, setting=GROUND, size=size) for size in (64, 256, 512)}
    for size in (256, 512):
        step = size // 64
        small = by_size[size].picture.reshape(64, step, 64, step, 3).mean((1, 3))
        assert np.abs(small - by_size[64].picture).mean() < 0.02
        sketch = by_size[size].sketch(64)
        assert np.abs(sketch[:3] - by_size[64].sketch(64)[:3]).mean() < 0.05
        assert np.abs(sketch[3] - by_size[64].sketch(64)[3]).mean() * distance.CLAMP < 2.5, "in pixels of 256"
    assert np.abs(by_size[512].sketch(64)[3] - by_size[256].sketch(64)[3]).mean() * distance.CLAMP < 0.6


def test_sketch_holds_colours_and_distances() -> None:
    seen = draw(thing("square", size=0.5), size=256)
    sketch = seen.sketch()
    assert sketch.shape == (4, 64, 64) and sketch.dtype == np.float32 and sketch.flags.c_contiguous
    assert np.abs(sketch).max() <= 1
    assert np.allclose(
        sketch[:3].transpose(1, 2, 0), seen.picture.reshape(64, 4, 64, 4, 3).mean((1, 3)) * 2 - 1, atol=1e-5
    )
    assert sketch[3, 32, 32] * distance.CLAMP == pytest.approx(61.5, abs=1) and sketch[3, 2, 2] < -0.8
    edge = sketch[3, 32] * distance.CLAMP
    assert edge[15] == pytest.approx(-2, abs=0.6) and edge[16] == pytest.approx(2, abs=0.6)


def test_between_things_that_overlap_the_sketch_has_an_outline() -> None:
    apart = draw(thing("square", size=0.6), size=256).sketch()[3]
    both = draw(thing("square", size=0.6), thing("square", 0.5, 0.5, 0.3), size=256).sketch()[3]
    assert apart[32, 22] > 0.2 and 0 < both[32, 22] < 0.05 and (both[20:44, 20:44] > 0).all()


@pytest.mark.parametrize(("side", "size"), [(100, 64), (64, 128), (256, 100)])
def test_sketch_of_a_size_that_does_not_go_into_the_picture_is_refused(side: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} pixels high cannot be made of a picture of {side}"):
        draw(thing("disc"), size=side).sketch(size)


def test_thing_without_a_shape_is_drawn_as_nothing() -> None:
    seen = draw(thing("nothing"), setting=GROUND)
    assert not seen.numbers.any() and np.array_equal(seen.ground, draw(setting=GROUND).ground)
