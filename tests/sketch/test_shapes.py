"""Parts as they lie in a picture: where, how large, in which colour."""

from __future__ import annotations

import numpy as np
import pytest

from sketch.parts import apart
from sketch.shapes import Shape
from tests.support.drawings import SHAPES, svg, thing


def shape(name: str, part: int, **placed: object) -> Shape:
    return Shape(apart(svg(SHAPES[name]))[part], thing(name, **placed))  # type: ignore[arg-type]


@pytest.mark.parametrize("mirrored", [False, True])
def test_middle_of_a_part_moves_with_its_thing(mirrored: bool) -> None:
    window = shape("house", 1, x=0.4, y=0.6, size=0.5, mirrored=mirrored)
    assert window.middle == pytest.approx((0.4 + (0.0625 if mirrored else -0.0625), 0.5375), abs=0.01)
    turned = shape("house", 1, x=0.4, y=0.6, size=0.5, turn=np.pi / 2, mirrored=mirrored)
    assert turned.middle == pytest.approx((0.4625, 0.6 + (0.0625 if mirrored else -0.0625)), abs=0.01)


def test_area_is_a_share_of_the_picture() -> None:
    assert shape("square", 0, size=0.5).area == pytest.approx(0.25, abs=0.01)
    assert shape("house", 1, size=0.8).area == pytest.approx((0.8 * 8 / 32) ** 2, rel=0.1)


def test_distances_are_those_of_the_picture_within_and_without() -> None:
    square = shape("square", 0, x=0.5, y=0.5, size=0.5, turn=0.0)
    x = np.array([0.5, 0.3, 0.2, 0.1], np.float32)
    away, _ = square.looked_up(x, np.full(4, 0.5, np.float32))
    assert away == pytest.approx([0.25, 0.05, -0.05, -0.15], abs=0.01)


def test_colours_go_on_beyond_the_edge() -> None:
    at = np.array([0.5, 0.1], np.float32)
    _, colours = shape("square", 0).looked_up(at, at)
    assert np.allclose(colours[0], colours[1]) and colours[0, 0] > 0.7


def test_part_of_a_coloured_thing_has_its_colour() -> None:
    blue = shape("square", 0, colour="blue")
    red, _, other = blue.colours[32, 32]
    assert other > red
    assert np.linalg.norm(blue.tone - shape("square", 0).tone) > 0.2
