"""Colours: there and back, named ones look as they are called, light and shade of a drawing stay."""

import numpy as np
import pytest

from sketch import colour
from sketch.scene import COLOURS


def test_oklab_goes_there_and_back() -> None:
    seen = np.random.default_rng(1).random((500, 3)).astype(np.float32)
    assert np.abs(colour.rgb(colour.lab(seen)) - seen).max() < 2e-3


def test_white_black_and_grey_have_no_chroma() -> None:
    greys = np.repeat(np.array([[0.0], [0.5], [1.0]], np.float32), 3, 1)
    of = colour.lab(greys)
    assert np.abs(of[:, 1:]).max() < 1e-3 and of[0, 0] == 0 and of[2, 0] == pytest.approx(1, abs=1e-3)


def test_lightness_is_distinguished_from_hue() -> None:
    blue, yellow = colour.lab(np.array([[0, 0, 1], [1, 1, 0]], np.float32))
    assert yellow[0] > 0.9 > 0.5 > blue[0] and blue[2] < -0.2 < 0.1 < yellow[2]


@pytest.mark.parametrize("tone", ["000000", "ffffff", "d8d2c4", "0a64ff"])
def test_tone_is_read_as_it_is_written(tone: str) -> None:
    assert colour.to_hex(colour.parse_hex(tone)) == tone


def test_all_colours_of_scenes_are_named() -> None:
    assert tuple(colour.NAMED) == COLOURS


@pytest.mark.parametrize("name", COLOURS)
def test_recoloured_drawing_is_of_the_colour_and_keeps_light_and_shade(name: str) -> None:
    grade = np.linspace(0.25, 0.75, 24, dtype=np.float32)
    picture = np.stack([np.stack([grade, grade * 0.6, grade * 0.5, np.linspace(0, 1, 24, dtype=np.float32)], -1)] * 2)
    before = picture.copy()
    made = colour.recolour(picture[..., :3], name, colour.lightness(picture))
    assert np.array_equal(picture, before)
    light, a, b = np.moveaxis(colour.lab(made[0, 4:20]), -1, 0)
    assert (np.diff(light) > 0).all(), "what was lighter stays lighter"
    wanted, chroma, degrees = colour.NAMED[name]
    assert abs(float(light.mean()) - wanted) < 0.2
    if chroma < 0.02:
        assert np.hypot(a, b).max() < 0.03
    else:
        turn = np.degrees(np.arctan2(b, a)) - degrees
        assert np.abs((turn + 180) % 360 - 180).max() < 12 and np.hypot(a, b).mean() > chroma / 3


def test_parts_of_a_drawing_are_recoloured_as_the_whole() -> None:
    picture = np.ones((4, 4, 4), np.float32)
    picture[:2, :, :3] = 0.3
    light = colour.lightness(picture)
    whole = colour.recolour(picture[..., :3], "blue", light)
    parts = [colour.recolour(picture[rows, :, :3], "blue", light) for rows in (slice(0, 2), slice(2, 4))]
    assert np.allclose(np.concatenate(parts), whole)
    assert colour.lightness(picture[:2]) < light < colour.lightness(picture[2:])


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_drawing_of_nothing_or_of_one_tone_can_be_recoloured(alpha: float) -> None:
    picture = np.full((4, 4, 4), alpha, np.float32)
    made = colour.recolour(picture[..., :3], "red", colour.lightness(picture))
    assert np.isfinite(made).all() and made.min() >= 0 and made.max() <= 1
