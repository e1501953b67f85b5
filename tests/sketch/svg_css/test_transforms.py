"""Transforms of CSS become those of SVG; what depends on a box, or leaves the plane, is None."""

import numpy as np
import pytest

from sketch.svg import rasterise
from sketch.svg_css import transforms
from tests.support.drawings import svg as written

KEPT = "none", "translate(3,4)", "rotate(45 16 16) scale(2)", "matrix(1,0,0,1,2,3)", "skewX(3), skewY(4)", "scale(.5)"
"""Transforms that the renderer reads as they are."""


@pytest.mark.parametrize(
    ("value", "read"),
    [("translate(3px, 4px)", "translate(3,4)"), ("translateX(3px) translateY(4px)", "translate(3,0) translate(0,4)"),
     ("rotate(.25turn)", "rotate(90)"), ("rotate(100grad) scale(2)", "rotate(90) scale(2)"),
     ("scale(50%)", "scale(0.5)"), ("scaleX(2)", "scale(2,1)"), ("scaleY(2)", "scale(1,2)"),
     ("skew(45deg)", "matrix(1,0,1,1,0,0)"), ("skewY(45deg)", "matrix(1,1,0,1,0,0)"), ("ROTATE(9DEG)", "rotate(9)"),
     *((value, value) for value in KEPT)],
)  # fmt: skip
def test_transform_is_written_without_units(value: str, read: str) -> None:
    assert transforms.resolve(value) == read


@pytest.mark.parametrize(
    "value",
    ["foo(1)", "scale(4) foo", "translate(50%)", "translate(1em)", "translate3d(1px,2px,0)", "rotate()", "rotate(9px)",
     "scale(1,2,3)", "", "a" * 100_000, "rotate(" + "1" * 100_000 + "x)", "translate(" + "1 " * 100_000],
)  # fmt: skip
def test_transform_without_a_form_in_svg_is_none(value: str) -> None:
    assert not transforms.resolve(value)


def test_transform_of_css_moves_what_that_of_svg_moves() -> None:
    shape = '<rect width="8" height="4" fill="red" transform="{}"/>'
    css, plain = "translate(9px, 9px) rotate(.125turn) skewX(10deg)", "translate(9,9) rotate(45) skewX(10)"
    seen = rasterise(written(shape.format(transforms.resolve(css))), 64)
    assert np.array_equal(seen, rasterise(written(shape.format(plain)), 64)) and seen[..., 3].any()
