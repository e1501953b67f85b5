"""Parts as they lie in a picture: where, how large, in which colour."""

import numpy as np
import pytest

from sketch.parts import split_drawing
from sketch.shapes import Seen, Shape
from tests.support.drawings import SHAPES, svg, thing


def shape(name: str, part: int, **placed: object) -> Shape:
    return Shape(split_drawing(svg(SHAPES[name]))[part], thing(name, **placed))  # type: ignore[arg-type]


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
    away = square.sample(x, np.full(4, 0.5, np.float32)).away
    assert away == pytest.approx([0.25, 0.05, -0.05, -0.15], abs=0.01)


def plainly(table: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Look a table up between its places, one place after the other."""
    found = []
    for y, x in zip(row.ravel(), column.ravel(), strict=True):
        i, j = int(y), int(x)
        below, right = min(i + 1, table.shape[0] - 1), min(j + 1, table.shape[1] - 1)
        down, across = np.float32(y - i), np.float32(x - j)
        upper = table[i, j] * (1 - across) + table[i, right] * across
        lower = table[below, j] * (1 - across) + table[below, right] * across
        found.append(upper * (1 - down) + lower * down)
    return np.array(found, np.float32)


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_columns_and_rows_are_looked_up_as_each_place_alone_to_the_bit(turn: float) -> None:
    house = shape("house", 1, x=0.4, y=0.6, size=0.5, turn=turn, mirrored=True)
    x, y = np.linspace(0, 1, 23, dtype=np.float32)[None, :], np.linspace(0, 1, 17, dtype=np.float32)[:, None]
    seen = house.sample(x, y)
    alone = house.sample(*(each.ravel() for each in np.broadcast_arrays(x, y)))
    assert np.array_equal(seen.away.ravel(), alone.away)
    where = np.arange(3, 17 * 23, 7)
    assert np.array_equal(seen.colours(where), alone.colours(np.arange(17 * 23))[where])
    down, across = np.random.default_rng(1).uniform(-4, 60, (2, 50)).astype(np.float32)
    places = Seen(house, down, across)
    high, wide = house.distances.shape
    row, column = down.clip(0, high - 1), across.clip(0, wide - 1)
    away = plainly(house.distances, row, column) - np.hypot(across - column, down - row)
    assert np.array_equal(places.away, np.float32(away * (house.thing.size / house.part.side)))
    assert np.array_equal(places.colours(np.arange(50)), plainly(house.colours, row, column))


def test_colours_go_on_beyond_the_edge() -> None:
    at = np.array([0.5, 0.1], np.float32)
    colours = shape("square", 0).sample(at, at).colours(np.arange(2))
    assert np.allclose(colours[0], colours[1]) and colours[0, 0] > 0.7


def test_part_of_a_coloured_thing_has_its_colour() -> None:
    blue = shape("square", 0, colour="blue")
    red, _, other = blue.colours[32, 32]
    assert other > red
    assert np.linalg.norm(blue.tone - shape("square", 0).tone) > 0.2
