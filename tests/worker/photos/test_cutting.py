"""The main thing of a picture is separated from what surrounds it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support import photos
from worker.photos import cutting

pytestmark = pytest.mark.slow


def overlap(inside: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    high, wide = inside.shape
    fitting = np.asarray(Image.fromarray(truth.astype(np.uint8) * 255).resize((wide, high))) > 127
    return float((inside & fitting).sum() / (inside | fitting).sum())


@pytest.mark.parametrize("at", [(0.5, 0.55), (0.3, 0.5), (0.62, 0.7)])
def test_a_thing_on_busy_ground_is_cut_out_along_its_outline(at: tuple[float, float]) -> None:
    inside = cutting.main_thing(photos.disc_outdoors(at=at))
    assert inside is not None
    assert overlap(inside, photos.disc(at=at)) > 0.9


def test_a_thing_that_touches_the_lower_edge_is_found() -> None:
    inside = cutting.main_thing(photos.disc_outdoors(at=(0.5, 0.9)))
    assert inside is not None
    assert overlap(inside, photos.disc(at=(0.5, 0.9))) > 0.85


def test_transparency_tells_the_thing() -> None:
    inside = cutting.main_thing(photos.sticker())
    assert inside is not None
    assert overlap(inside, photos.sticker()[..., 3] > 0) == 1


def test_a_fingers_ring_is_a_thing_with_what_it_encloses_and_no_more() -> None:
    inside = cutting.main_thing(photos.finger_ring())
    assert inside[80, 80]
    assert not inside[:20].any()
    assert 0.2 < inside.mean() < 0.32


@pytest.mark.slow
@pytest.mark.parametrize("picture", [photos.slope(), np.full((90, 120, 4), 255, np.uint8), photos.sticker()[:6, :6]])
def test_where_nothing_stands_out_nothing_is_cut_out(picture: NDArray[np.uint8]) -> None:
    assert cutting.main_thing(picture) is None


def test_the_same_picture_is_cut_the_same_each_time() -> None:
    first, second = (cutting.main_thing(photos.disc_outdoors()) for _ in range(2))
    assert first is not None and second is not None
    assert np.array_equal(first, second)
