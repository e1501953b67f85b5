"""Strokes lie along a form, and only where they are wanted."""

import numpy as np
import pytest

from sketch.colour import Array
from sketch.marks import strokes
from sketch.marks.field import Field


def _field(size: int = 128) -> Field:
    things, ground = np.zeros((size, size, 4), np.float32), np.full((size, size, 3), 0.8, np.float32)
    inks = np.asarray([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], np.float32)
    return Field(things, ground, np.zeros((size, size), np.int16), inks, seed=3)


def _covered(of: Field, width: Array) -> Array:
    way = strokes.along(of, np.zeros(of.shape, np.float32), lean=0.3)
    return of.cut(strokes.distance(of, way, cell=9.0, length=14.0, width=width))


@pytest.mark.parametrize("lean", [0.0, 0.7, -1.2])
def test_along_even_guide_returns_lean(lean: float) -> None:
    of = _field()
    cosine, sine = strokes.along(of, np.zeros(of.shape, np.float32), lean=lean)
    across = cosine * np.sin(lean) - sine * np.cos(lean)
    assert np.abs(across).max() < 1e-3


def test_along_ramp_to_the_right_returns_upright() -> None:
    of = _field()
    x, y = of.places
    cosine, _ = strokes.along(of, np.asarray(x + 0 * y, np.float32))
    assert np.abs(cosine).max() < 0.05


@pytest.mark.parametrize("width", [0.0, -0.5, -3.0])
def test_distance_without_width_leaves_everything_bare(width: float) -> None:
    of = _field()
    assert _covered(of, np.full(of.shape, width, np.float32)).max() < 0.2


def test_distance_wider_strokes_cover_more() -> None:
    of = _field()
    shares = [float(_covered(of, np.full(of.shape, width, np.float32)).mean()) for width in (1.0, 2.0, 3.0)]
    assert 0.02 < shares[0] < shares[1] < shares[2] < 0.95


def test_distance_twice_the_pixels_covers_alike() -> None:
    shares = []
    for size in (128, 256):
        of = _field(size)
        shares.append(_covered(of, np.full(of.shape, 2.5, np.float32)))
    fine = shares[1].reshape(128, 2, 128, 2).mean((1, 3))
    assert np.abs(fine - shares[0]).mean() < 0.06
