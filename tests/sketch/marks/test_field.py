"""What marks are made from is true to the scene."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from sketch.marks.field import Field, signed_distance


def _field(*, is_place: float = 0.0, cells: int = 0) -> Field:
    things, ground = np.zeros((48, 64, 4), np.float32), np.full((48, 64, 3), 0.8, np.float32)
    things[12:36, 20:44] = (0.1, 0.1, 0.1, 1.0)
    inks = np.asarray([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], np.float32)
    numbers = np.full((48, 64), cells, np.int16)
    return Field(things, ground, numbers, inks, is_place=is_place, seed=5)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_stripes_cover_their_share(share: float) -> None:
    of = _field()
    x, y = of.places
    stripes = of.stripes(np.asarray((x + 0.4 * y) / 24, np.float32), share)
    assert stripes.mean() == pytest.approx(share, abs=0.03)
    if share in (0.0, 1.0):
        assert np.abs(stripes - share).max() < 1e-6


@pytest.mark.parametrize("is_place", [0.0, 1.0])
def test_placed_at_stops_is_all_or_nothing(is_place: float) -> None:
    assert (_field(is_place=is_place).placed == is_place).all()


def test_placed_on_the_way_grows_everywhere() -> None:
    shown = [_field(is_place=share).placed for share in (0.0, 0.3, 0.6, 1.0)]
    assert all((later >= earlier).all() for earlier, later in pairwise(shown))


def test_neighbour_of_a_dark_thing_is_dark_beside_it() -> None:
    of = _field()
    assert of.neighbour[24, 17] < 0.5


def test_scaled_in_cells_is_finer() -> None:
    assert _field(cells=1).scaled < _field().scaled


def of_shape(height: int, width: int) -> Field:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cover = np.clip(height / 4 - np.hypot(x - width / 2, y - height / 2), 0, 1)
    things = np.concatenate([np.full((height, width, 3), 0.5, np.float32), cover[..., None]], -1)
    ground = np.full((height, width, 3), 0.8, np.float32)
    return Field(things, ground, np.zeros((height, width), np.int16), np.eye(3, dtype=np.float32))


@pytest.mark.parametrize("shape", [(64, 64), (40, 64)])
@pytest.mark.parametrize("radius", [0.5, 2.0, 26.0])
def test_blur_is_gaussian_and_goes_on_at_edges(shape: tuple[int, int], radius: float) -> None:
    field = of_shape(*shape)
    noise = np.random.default_rng(1).random(shape, np.float32)
    expected = ndimage.gaussian_filter(noise, radius / field.pixel, truncate=2.5, mode="nearest")
    assert np.abs(field.blur(noise, radius) - expected).max() < 1e-5


def test_away_is_measured_from_the_edge_to_both_sides() -> None:
    y, x = np.mgrid[:64, :96].astype(np.float32)
    far = 15 - np.hypot(x - 60, y - 30)
    away = signed_distance(np.clip(far + 0.5, 0, 1), 4.0)
    assert np.abs(away - 4 * far)[np.abs(far) < 8].max() < 3


def test_inked_keeps_what_was_worked_out_and_takes_other_inks() -> None:
    field = of_shape(32, 32)
    away, other = field.away, np.zeros((3, 3), np.float32)
    inked = field.with_inks(other)
    assert inked.away is away and inked.inks is other and field.inks is not other
