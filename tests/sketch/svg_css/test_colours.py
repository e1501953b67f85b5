"""Colours of CSS become ones that the renderer reads; what cannot be written so exactly is None."""

import numpy as np
import pytest
from PIL import ImageColor

from sketch.svg import rasterise
from sketch.svg_css import colours
from tests.support.drawings import svg as written

KEPT = (
    "red", "RED", "grey", "#f00", "#F008", "#ff0000", "#ff000080", "rgb(1,2,3)", "rgb( 255 , 0 , 0 )", "none",
    "rgba(1, 2, 3, .89)", "transparent", "currentColor", "inherit", "url(#a)", "url(#a) red", "url(#a) none",
)  # fmt: skip
"""Colours that the renderer reads as they are."""

INEXACT = (
    "", "foo", "#ff", "#ff000", "color(display-p3 1 0 0)", "lab(50 40 30)", "oklch(.6 .2 30)", "var(--a)", "rgb()",
    "rgb(1,2)", "rgb(1 2 3 /)", "rgb(1,2,3,4,5)", "rgb(a b c)", "hsl(x 1 2)", "hwb(1)", "color()", "color(srgb 1 0)",
    "color-mix(in srgb, red, blue)", "url(#a) foo", "red;", "1" * 100_000, "rgb(" * 1_000,
)  # fmt: skip
"""Colours without an exact form."""


@pytest.mark.parametrize(
    ("value", "read"),
    [("currentcolor", "currentColor"), ("NONE", "none"), ("RebeccaPurple", "#663399"), ("initial", "#000"),
     ("unset", "inherit"), ("rgb(255 0 0 / 50%)", "rgba(255,0,0,0.5)"), ("rgb(255 0 0/.5)", "rgba(255,0,0,0.5)"),
     ("rgba(255,0,0,50%)", "rgba(255,0,0,0.5)"), ("rgb(100% 0% 0% / 90%)", "rgba(255,0,0,0.9)"),
     ("rgb(none 300 -5)", "#00ff00"), ("hsl(355 100 60)", "#ff3344"), ("hsl(355deg, 100%, 60%)", "#ff3344"),
     ("hsl(1turn 100% 50% / 50%)", "rgba(255,0,0,0.5)"), ("hsl(-120 100% 50%)", "#0000ff"),
     ("hwb(0 0% 0%)", "#ff0000"), ("hwb(90 60% 60%)", "#808080"), ("hwb(120 50 0)", "#80ff80"),
     ("color(srgb 1 0 .5)", "#ff0080"), ("color(srgb 100% 0% 0% / .25)", "rgba(255,0,0,0.25)"),
     ("url(#a) rgb(255 0 0 / 50%)", "url(#a) rgba(255,0,0,0.5)"),
     *((f" {value} ", value) for value in KEPT), *((value, None) for value in INEXACT)],
)  # fmt: skip
def test_colour_is_written_as_one_that_is_read_or_none(value: str, read: str | None) -> None:
    assert colours.resolve(value, "fill") == read


def test_initial_colour_is_that_of_the_property() -> None:
    assert colours.resolve("initial", "stroke") == "none"
    assert colours.resolve("unset", "stop-color") == "#000"


@pytest.mark.parametrize("value", [*ImageColor.colormap, "hsl(200 30 40)", "hwb(200 30 40)", "rgb(9 99 199)"])
def test_renderer_paints_the_colour_that_was_meant(value: str) -> None:
    drawing = written(f'<rect width="32" height="32" fill="{colours.resolve(value, "fill")}"/>')
    meant = {"hwb(200 30 40)": (76, 128, 153)}.get(value) or ImageColor.getrgb(
        {"hsl(200 30 40)": "hsl(200, 30%, 40%)", "rgb(9 99 199)": "rgb(9, 99, 199)"}.get(value, value)
    )
    assert np.abs(rasterise(drawing, 8)[4, 4, :3].astype(int) - meant).max() <= 1
