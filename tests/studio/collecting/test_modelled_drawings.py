"""Drawings with filters: what they become without looks alike, is short, and is marked with what is one part."""

import numpy as np
import pytest

from sketch import parts, sketchbook
from sketch import svg as svg_files
from sketch.colour import Array
from studio.collecting import svg_shrinking
from studio.collecting.modelled_drawings import clean_drawing
from tests.support.drawings import svg

WHOLE = 'filterUnits="userSpaceOnUse" x="-9" y="-9" width="50" height="50" color-interpolation-filters="sRGB"'
BEGIN = '<feFlood flood-opacity="0" result="b"/><feBlend in="SourceGraphic" in2="b" result="shape"/>'


def blur(deviation: float) -> str:
    return f'<filter id="f" {WHOLE}>{BEGIN}<feGaussianBlur stdDeviation="{deviation}"/></filter>'


INNER = (
    f'<filter id="f" {WHOLE}>{BEGIN}'
    '<feColorMatrix in="SourceAlpha" result="hard" values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 127 0"/>'
    '<feOffset dx="-2" dy="1"/><feGaussianBlur stdDeviation="1"/>'
    '<feComposite in2="hard" k2="-1" k3="1" operator="arithmetic"/>'
    '<feColorMatrix values="0 0 0 0 0.1 0 0 0 0 0.2 0 0 0 0 0.9 0 0 0 1 0"/><feBlend in2="shape"/></filter>'
)
DISC, STROKE = (
    '<circle cx="16" cy="16" r="9" fill="#e04010"/>',
    '<path stroke="#e04010" d="M6 9h20" stroke-width="2" stroke-linecap="round"/>',
)
LEAF = '<rect x="15.8" y="6" width=".4" height="18" fill="#e04010"/>'


def seen(drawing: str) -> Array:
    """Render a drawing, filters and all, on white: (128, 128, 3)."""
    picture = svg_files.to_shares(svg_files.rasterise(drawing, 256)).reshape(128, 2, 128, 2, 4).mean((1, 3))
    return np.asarray(picture[..., :3] * picture[..., 3:] + 1 - picture[..., 3:])


@pytest.mark.slow
@pytest.mark.parametrize("shape", [DISC, STROKE, LEAF])
@pytest.mark.parametrize("asked", [blur(0.4), blur(1.2), INNER])
def test_drawing_without_filters_looks_as_with_them(shape: str, asked: str) -> None:
    drawing = svg(f'<path fill="#fff" d="M0 0h32v32H0z"/><g filter="url(#f)">{shape}</g>{asked}')
    short = clean_drawing(drawing)
    assert "filter" not in short
    away = np.abs(seen(short) - seen(drawing))
    assert away.mean() < 0.012 and np.quantile(away, 0.98) < 0.15  # with a filter, edges are not smooth


def test_invisible_blur_leaves_the_shape_as_it_is() -> None:
    assert "mask" not in clean_drawing(svg(f'<g filter="url(#f)">{DISC}</g>{blur(0.05)}'))


def test_shape_takes_its_paint_from_its_group_when_it_is_blurred() -> None:
    drawing = svg(f'<g fill="#3060c0"><g filter="url(#f)"><circle cx="16" cy="16" r="9"/></g></g>{blur(0.6)}')
    assert np.abs(seen(clean_drawing(drawing)) - seen(drawing)).mean() < 0.012


def test_shades_belong_to_the_part_that_they_lie_on_and_other_things_do_not() -> None:
    fading = '<radialGradient id="g"><stop stop-color="#fff"/><stop offset="1" stop-color="#fff" stop-opacity="0"/>'
    light = f'<circle cx="16" cy="16" r="9" fill="url(#g)"/>{fading}</radialGradient>'
    glint = '<g filter="url(#f)"><circle cx="13" cy="12" r="2" fill="#fff"/></g>'
    eye = '<circle cx="18" cy="18" r="2" fill="#222"/>'
    short = clean_drawing(svg(f"{DISC}{light}{eye}{glint}{blur(0.5)}"))
    found = parts.split_drawing(short)
    assert len(found) == 2  # the glint lies beside the eye, and goes under it
    assert found[0].alpha.sum() > 20 * found[1].alpha.sum()
    assert np.abs(seen(short) - seen(svg(f"{DISC}{light}{eye}{glint}{blur(0.5)}"))).mean() < 0.012


def test_shade_stays_over_what_it_covers() -> None:
    plate = '<rect x="2" y="2" width="28" height="28" fill="#888"/>'
    shade = '<path fill="#000" fill-opacity=".4" d="M4 4h24v24H4z"/>'
    drawing = svg(f"{plate}{DISC}{shade}")
    assert np.abs(seen(clean_drawing(drawing)) - seen(drawing)).max() < 0.02


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("M22.1449 29.258c.052.411-.289.749-.703.749h-10.53", "M22.14 29.26c.05.41-.29.75-.7.75h-10.53"),
        ("M.996.5l1e-3-.25", "M1 .5l0-.25"),
        ("m1.567.891a3.97 3.97 0 1 0 0-7.94z", "m1.57.89a3.97 3.97 0 1 0 0-7.94z"),
        ("M-0.001 2.999L10 .004", "M0 3L10 0"),
    ],
)
def test_path_keeps_two_decimals_and_its_numbers_apart(long: str, short: str) -> None:
    assert svg_shrinking.shorten_path(long) == short


def test_what_nothing_uses_is_left_out_and_what_is_twice_is_once() -> None:
    one = '<stop stop-color="#fff"/><stop offset="1" stop-color="#000"/></linearGradient>'
    drawing = svg(
        f'<defs><linearGradient id="first">{one}<linearGradient id="again">{one}<linearGradient id="no">{one}</defs>'
        '<path id="lone" fill="url(#first)" d="M0 0h9v9z"/><path fill="url(#again)" d="M9 9h9v9z"/><g/>'
    )
    short = svg_shrinking.minify(svg_shrinking.parse_svg(drawing))
    assert short.count("<linearGradient") == 1 and short.count("url(#a)") == 2 and "lone" not in short
    assert "<g" not in short.replace("<g ", "") and sketchbook.render_svg(short, 32)[..., 3].max() == 1


def test_same_drawing_is_cleaned_to_the_same_bytes() -> None:
    drawing = svg(f'<g filter="url(#f)">{DISC}</g>{INNER}')
    assert clean_drawing(drawing) == clean_drawing(drawing)
