"""Tiles of large pictures: where they lie, at which scales, how many, and what they leave out."""

import io
import itertools

import pytest
from PIL import Image

from studio.collecting import tiles


def test_boxes_of_a_large_picture_are_squares_at_several_scales_that_overlap() -> None:
    found = tiles.boxes(1600, 1200, size=256, most=200)
    sides = [right - left for left, _top, right, _bottom in found]
    assert all(right - left == bottom - top for left, top, right, bottom in found)
    assert sides == sorted(sides, reverse=True) and len(set(sides)) == len(tiles.SCALES)
    finest = [box for box in found if box[2] - box[0] == sides[-1]]
    rows = sorted({top for _left, top, _right, _bottom in finest})
    assert all(after - before <= sides[-1] * tiles.STEP for before, after in itertools.pairwise(rows))


def test_boxes_leave_out_the_border_and_cover_the_rest() -> None:
    found = tiles.boxes(1600, 1200, size=256, most=200)
    assert min(left for left, *_ in found) == 32 and max(right for _, _, right, _ in found) == 1600 - 32
    assert min(top for _, top, *_ in found) == 24 and max(bottom for *_, bottom in found) == 1200 - 24


@pytest.mark.parametrize(("width", "height"), [(256, 256), (257, 300), (300, 260)])
def test_boxes_of_the_least_picture_are_not_smaller_than_what_is_trained_on(width: int, height: int) -> None:
    found = tiles.boxes(width, height, size=256, most=100)
    assert found and all(right - left >= 256 for left, _top, right, _bottom in found)
    assert all(0 <= left < right <= width and 0 <= top < bottom <= height for left, top, right, bottom in found)


@pytest.mark.parametrize("most", [0, 1, 2, 5, 20])
def test_boxes_are_at_most_so_many_and_at_least_one(most: int) -> None:
    found = tiles.boxes(3000, 1100, size=256, most=most)
    assert len(found) == len(set(found)) == max(1, most)


def test_crop_is_reduced_to_what_training_can_crop_again() -> None:
    picture = Image.new("RGB", (2000, 2000), "red")
    with Image.open(io.BytesIO(tiles.crop(picture, (100, 100, 1900, 1900), size=256))) as tile:
        assert (tile.size, tile.format) == ((512, 512), "JPEG")
