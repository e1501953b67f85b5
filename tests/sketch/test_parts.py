"""A drawing taken apart: its own shapes in their order, each where it lies, laid over each other the drawing again."""

import numpy as np
import pytest

from sketch import colour, parts
from sketch.colour import Array
from sketch.parts import Part, PartCache
from sketch.sketchbook import SketchbookError, render_svg
from tests.support.drawings import DIGESTS, SHAPES, book, svg


def laid(found: tuple[Part, ...], side: int = parts.SIDE) -> Array:
    """Lay parts over each other: (side, side, 4), premultiplied."""
    whole = np.zeros((side, side, 4), np.float32)
    for part in found:
        top, left = round(part.top * side), round(part.left * side)
        rows, columns = slice(top, top + part.alpha.shape[0]), slice(left, left + part.alpha.shape[1])
        alpha = part.alpha[..., None]
        whole[rows, columns] *= 1 - alpha
        whole[rows, columns, :3] += part.picture[..., :3] * alpha
        whole[rows, columns, 3:] += alpha
    return whole


def tone(part: Part) -> tuple[int, int, int]:
    seen = part.picture[part.alpha > 0.9][:, :3].mean(0)
    red, green, blue = (round(float(each) * 255) for each in seen)
    return red, green, blue


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "nothing"])
def test_parts_laid_over_each_other_are_the_drawing(name: str) -> None:
    drawing = render_svg(svg(SHAPES[name]), parts.SIDE)
    whole = laid(parts.split_drawing(svg(SHAPES[name])))
    assert np.abs(whole[..., 3] - drawing[..., 3]).mean() < 0.003
    assert np.abs(whole[..., :3] - drawing[..., :3] * drawing[..., 3:]).mean() < 0.003


def test_shapes_are_parts_in_their_order_and_places() -> None:
    body, window = parts.split_drawing(svg(SHAPES["house"]))
    assert tone(body) == (0x7A, 0x30, 0x20) and tone(window) == (255, 255, 255)
    assert (window.left, window.top) == pytest.approx((8 / 32, 8 / 32), abs=1.5 / 128)
    assert window.alpha.shape[0] == pytest.approx(8 / 32 * 128, abs=2.5)


def test_what_is_not_connected_is_several_parts() -> None:
    wings = parts.split_drawing(svg('<path fill="#804020" d="M2 8h8v16h-8zM22 8h8v16h-8z"/>'))
    assert len(wings) == 2 and sorted(part.left for part in wings) == pytest.approx([2 / 32, 22 / 32], abs=0.02)
    assert all(part.alpha.sum() == pytest.approx(8 * 16 * 16, rel=0.02) for part in wings)


def test_hole_stays_a_hole() -> None:
    (ring,) = parts.split_drawing(svg(SHAPES["ring"]))
    assert ring.alpha[64, 64] == 0 and ring.alpha[64, 10] == 1


def test_groups_hand_on_their_colour_and_their_turn() -> None:
    (part,) = parts.split_drawing(
        svg('<g fill="#ff0000"><g transform="translate(16 0)"><path d="M0 0h8v8h-8z"/></g></g>')
    )
    assert tone(part) == (255, 0, 0) and part.left == pytest.approx(0.5, abs=0.02) and part.top == 0


def test_clips_and_gradients_are_kept_and_no_parts_of_their_own() -> None:
    drawing = svg(
        '<defs><clipPath id="c"><rect width="16" height="32"/></clipPath><linearGradient id="g">'
        '<stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient></defs>'
        '<circle cx="16" cy="16" r="14" fill="url(#g)" clip-path="url(#c)"/>'
    )
    (part,) = parts.split_drawing(drawing)
    assert (part.left + part.alpha.shape[1] / 128) < 0.53
    assert part.picture[64, 4, 0] > 0.85 and part.picture[64, -4, 2] > 0.4


@pytest.mark.parametrize(
    "body",
    ['<rect id="a" width="8" height="8" fill="#f00"/><use xlink:href="#a" x="20" y="20"/>',
     '<g id="a" fill="#f00"><rect width="8" height="8"/></g><use href="#a" x="20" y="20"/>',
     '<defs><rect id="a" width="8" height="8" fill="#f00"/></defs><use href="#a"/><use href="#a" x="20" y="20"/>',
     '<symbol id="a"><rect width="8" height="8" fill="#f00"/></symbol><use href="#a"/><use href="#a" x="20" y="20"/>'],
)  # fmt: skip
def test_shape_that_is_used_again_is_a_part_each_time(body: str) -> None:
    found = parts.split_drawing(svg(body))
    assert [(round(part.left * 32), round(part.top * 32)) for part in found] == [(0, 0), (20, 20)]
    assert {tone(part) for part in found} == {(255, 0, 0)}
    assert np.abs(laid(found)[..., 3] - render_svg(svg(body), parts.SIDE)[..., 3]).mean() < 0.003


def test_very_many_shapes_are_so_many_parts_and_no_more() -> None:
    dots = "".join(f'<circle cx="{2 + n % 15 * 2}" cy="{2 + n // 15 * 2}" r="0.9" fill="#f00"/>' for n in range(225))
    found = parts.split_drawing(svg(dots))
    assert len(found) == parts.MOST
    assert len(parts.split_drawing(svg('<rect width="32" height="32"/>' * 300))) == parts.MOST


@pytest.mark.parametrize(("body", "count"), [
    ("", 0), ("<g/>", 0), ('<rect width="0" height="9"/>', 0), ('<circle cx="90" cy="90" r="4"/>', 0),
    ('<rect width="9" height="9" fill="none"/>', 0), ('<line x1="2" y1="2" x2="30" y2="30" stroke="#000"/>', 1),
])  # fmt: skip
def test_nothing_to_see_is_no_part(body: str, count: int) -> None:
    assert len(parts.split_drawing(svg(body))) == count


def test_other_sides_give_the_same_parts() -> None:
    for small, large in zip(
        parts.split_drawing(svg(SHAPES["cat face"]), 64), parts.split_drawing(svg(SHAPES["cat face"]), 256), strict=True
    ):
        assert (small.left, small.top) == pytest.approx((large.left, large.top), abs=0.03)
        assert small.alpha.sum() * 16 == pytest.approx(large.alpha.sum(), rel=0.03)


def test_parts_know_how_light_their_whole_drawing_is() -> None:
    for name in ("house", "flag"):
        drawing = svg(SHAPES[name])
        light = colour.lightness(render_svg(drawing, parts.SIDE))
        assert [part.light for part in parts.split_drawing(drawing)] == [light, light]


def test_drawing_is_taken_apart_once() -> None:
    taken = PartCache(book())
    assert (
        taken.parts(DIGESTS["cat face"]) is taken.parts(DIGESTS["cat face"])
        and len(taken.parts(DIGESTS["cat face"])) == 2
    )
    with pytest.raises(SketchbookError, match="There is no drawing"):
        taken.parts("nobody")


def test_marked_group_is_one_part_with_its_shades() -> None:
    shaded = '<circle cx="16" cy="16" r="12" fill="#a04020"/><path fill="#fff" fill-opacity=".5" d="M10 8h6v6h-6z"/>'
    eye = '<circle cx="16" cy="20" r="3" fill="#111"/>'
    whole, seen = parts.split_drawing(svg(f'<g data-part="">{shaded}</g>{eye}'))
    assert len(parts.split_drawing(svg(shaded + eye))) == 3
    assert whole.alpha.sum() == pytest.approx(np.pi * 48**2, rel=0.02) and tone(seen) == (0x11, 0x11, 0x11)
    lit = whole.picture[round(11 * 4 - whole.top * 128), round(13 * 4 - whole.left * 128)]
    assert lit[0] > 0.75 and lit[3] == 1


def test_marked_group_within_a_mask_is_no_part() -> None:
    masked = '<mask id="m"><g data-part=""><path fill="#fff" d="M0 0h32v32H0z"/></g></mask>'
    assert len(parts.split_drawing(svg(f'{masked}<circle cx="16" cy="16" r="9" mask="url(#m)"/>'))) == 1
