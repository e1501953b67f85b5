"""A drawing is rendered with the last of its colours that is understood, or refused by name."""

from pathlib import Path

import numpy as np
import pytest

from sketch import sketchbook
from sketch.svg import DrawingRefused, rasterise
from sketch.svg_css import document
from tests.support.drawings import SHAPES
from tests.support.drawings import svg as written

WIDE = 'width="32" height="32"'
RED = (255, 0, 0, 255)
BOOK = Path("models/house/sketchbook.zip")


def middle(body: str) -> tuple[int, ...]:
    """Return the colour in the middle of a drawing that has been simplified."""
    drawing = document.simplify(written(body))
    assert document.simplify(drawing) == drawing
    return tuple(map(int, rasterise(drawing, 32)[16, 16]))


@pytest.mark.parametrize(
    "body",
    [f'<rect {WIDE} style="fill:red;fill:color(display-p3 1 0 0)"/>',
     f'<rect {WIDE} style="fill:red;fill:blue;fill:RED;fill:oklch(.6 .2 30)"/>',
     f'<rect {WIDE} fill="red" style="fill:color(display-p3 1 0 0)"/>',
     f'<rect {WIDE} fill="lab(50 40 30)" style="fill:red"/>',
     f'<rect {WIDE} style="fill:red !important;fill:blue"/>',
     f'<style>rect{{fill:red;fill:color(display-p3 1 0 0)}}</style><rect {WIDE}/>',
     f'<style>/* a */ rect {{ fill: red; fill: lch(1 2 3); /* }} */ }} </style><rect {WIDE}/>',
     f'<style><![CDATA[g > rect{{fill:rgb(255 0 0 / 100%)}}]]></style><g><rect {WIDE}/></g>',
     f'<rect {WIDE} fill="rgb(100% 0% 0%)"/>', f"<rect {WIDE} style='fill:hsl(0 100 50)'/>",
     f'<g fill="red"><rect {WIDE} fill=""/></g>', f'<g color="red"><rect {WIDE} fill="currentcolor"/></g>',
     '<path d="M0 16h32" style="stroke:red;stroke:color(srgb-linear 1 0 0)" stroke-width="20"/>',
     '<path d="M0 16h32" stroke="red" style="stroke-width:20;stroke-width:calc(1px + 2px)"/>',
     f'<linearGradient id="g"><stop style="stop-color:red;stop-color:lab(1 2 3)"/></linearGradient>'
     f'<rect {WIDE} fill="url(#g)"/>',
     f'<rect {WIDE} style=";--a:1;junk;FILL:red"/>', f'<style>rect{{FILL:red;--a:b}}</style><rect {WIDE}/>',
     f'<rect {WIDE} fill="red" style="opacity:1;opacity:foo"/>'],
)  # fmt: skip
def test_last_colour_that_is_understood_is_painted(body: str) -> None:
    assert middle(body) == RED


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<rect fill="color(display-p3 1 0 0)"/>', "fill holds the colour color(display-p3 1 0 0), which is"),
        ('<rect style="stroke:oklch(.6 .2 30)"/>', "stroke holds the colour oklch(.6 .2 30), which is"),
        ("<style>rect{fill:var(--a)}</style><rect/>", "fill holds the colour var(--a), which is"),
        ('<stop stop-color="lab(1 2 3)"/>', "stop-color holds the colour lab(1 2 3), which is"),
        ('<g style="color:light-dark(red,blue)"/>', "color holds the colour light-dark(red,blue), which is"),
        ('<g fill="undefined" style="fill:foo"/>', "fill holds the colour foo, which is"),
        ('<g style="transform:translate(50%)"/>', "transform holds translate(50%)"),
        ('<g transform="rotate3d(1,1,1,9deg)"/>', "transform holds rotate3d"),
        ('<g style="translate:3px"/>', "translate holds 3px"),
        ('<g style="transform:scale(2);transform-box:fill-box"/>', "transform-box holds fill-box"),
        ('<g style="stroke-width:calc(1px + 2px)"/>', "stroke-width holds calc(1px + 2px)"),
        ("<style>@media (max-width: 9px){g{fill:red}}</style>", "styles for (max-width: 9px)"),
        ('<style media="(orientation:landscape)">g{fill:red}</style>', "styles for (orientation: landscape)"),
        ("<style>@layer a{g{fill:red}}</style>", "styles for @layer"),
        ("<style>g{fill:red;rect{fill:blue}}</style>", "styles for fill:red;rect{fill:blue}"),
        ("<style>g:not(.a){fill:red}</style>", "styles for g:not(.a)"),
    ],
)
def test_css_that_is_not_understood_is_refused_by_name(body: str, says: str) -> None:
    with pytest.raises(DrawingRefused) as caught:
        document.simplify(written(body))
    assert f"{says}" in str(caught.value) and "not understood" in str(caught.value)


@pytest.mark.parametrize(
    "style",
    ['<style media="print">rect{fill:blue}</style>', "<style>@media print{rect{fill:blue}}</style>",
     "<style>@media (prefers-color-scheme:dark){rect{fill:blue}}</style>",
     '<style media="screen">rect{fill:red}</style>', "<style>@media screen, print{rect{fill:red}}</style>",
     "<style>@media screen{rect{fill:red}} @media print{rect{fill:blue}}</style>",
     "<style>@supports (color:lab(1 1 1)){rect{fill:lab(50 40 30)}}</style>",
     "<style>rect:hover{fill:blue}@charset 'utf-8';rect{fill:red}</style>", "<style>@media all{rect{fill:red</style>"],
)  # fmt: skip
def test_styles_for_other_media_are_left_out(style: str) -> None:
    assert middle(f'{style}<rect {WIDE} fill="red"/>') == RED


@pytest.mark.parametrize(
    ("css", "plain"),
    [
        ('style="transform:translate(8px,8px) rotate(45deg)"', 'transform="translate(8,8) rotate(45)"'),
        ('transform="scale(50%) rotate(.1turn)"', 'transform="scale(.5) rotate(36)"'),
        ('transform="scale(2)" style="transform:none"', ""),
    ],
)
def test_transforms_of_css_move_as_those_of_svg(css: str, plain: str) -> None:
    shape = '<rect width="9" height="5" fill="red" {}/>'
    seen = rasterise(document.simplify(written(shape.format(css))), 64)
    assert np.array_equal(seen, rasterise(written(shape.format(plain)), 64))


def test_drawing_that_is_read_already_keeps_every_byte() -> None:
    for body in SHAPES.values():
        assert document.simplify(written(body)) == written(body)
    styled = (
        f"<!-- é --><style>/* a */ rect , g{{fill:red; stroke : none ;}}</style><rect {WIDE} title='a fill=\"b\"'/>"
    )
    assert document.simplify(written(styled)) == written(styled)


def test_entities_and_quotes_survive_what_is_rewritten() -> None:
    body = f'<title>a &amp; b</title><style>a>rect{{fill:rgb(255 0 0)}}</style><a><rect {WIDE} id="&lt;é&quot;"/></a>'
    simple = document.simplify(written(body))
    assert simple == written(body.replace("a>rect{fill:rgb(255 0 0)}", "a&gt;rect{fill:#ff0000}"))


@pytest.mark.skipif(not BOOK.exists(), reason="the library is not here")
@pytest.mark.slow
def test_drawings_of_the_shipped_library_are_not_changed() -> None:
    book = sketchbook.load(BOOK)
    coloured = ["f70a9284deb63f9604b8", "14f6fb3f6f42381a5155"]  # with rgba() in it
    for digest in [*sorted(book.drawings)[::40], *coloured]:
        drawing = book.svg(digest)
        assert document.simplify(drawing) == drawing, digest


@pytest.mark.parametrize(
    "body",
    ['<g style="' + "(" * 100_000 + '"/>', '<g style="' + "a(" * 100_000 + '"/>', '<g style="' + "a:'" * 99_000 + '"/>',
     "<style>" + "{" * 9_000 + "</style>", "<style>" + "a{" * 4_000 + "}" * 4_000 + "</style>",
     "<style>" + "/*" * 8_000 + "</style>", "<style>" + "@media all{" * 1_400 + "</style>",
     '<g fill="' + "rgb(" * 100_000 + '"/>', '<g opacity="1" style="opacity:' + "1" * 100_000 + 'x"/>'],
    ids=lambda body: body[:20],
)  # fmt: skip
def test_malformed_css_is_read_in_time(body: str) -> None:
    try:
        document.simplify(written(body))
    except DrawingRefused as error:
        assert len(str(error)) < 400
