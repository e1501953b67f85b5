"""What all marks keep: they follow from the scene alone, flow with it, and look the same at any size."""

from itertools import pairwise

import numpy as np
import pytest

from sketch.colour import Array
from sketch.compositions import composing, composition
from sketch.compositions.composing import Conditions
from sketch.compositions.composition import Composition
from sketch.compositions.register import STYLES

pytestmark = pytest.mark.parametrize("marks", STYLES)


def layers(height: int, width: int, *, right: float = 0.0) -> composing.Layers:
    """Draw a shaded disc with a dark eye before a wall with a floor, some units further to the right."""
    unit = 256 / min(height, width)
    y, x = ((np.arange(side, dtype=np.float32) + 0.5) * unit for side in (height, width))
    away = 74 - np.hypot(x[None, :] - width * unit / 2 - right, y[:, None] - height * unit / 2)
    eye = 14 - np.hypot(x[None, :] - width * unit / 2 - right - 24, y[:, None] - height * unit / 2 + 20)
    cover, dark = (np.clip(of / unit + 0.5, 0, 1) for of in (away, eye))
    light = np.clip(0.75 - (x[None, :] - width * unit / 2) / 400, 0.2, 1) * (1 - 0.85 * dark)
    things = np.stack([0.9 * light, 0.5 * light, 0.2 * light, cover], -1).astype(np.float32)
    ground = np.where((y[:, None] > 170)[..., None], (0.5, 0.45, 0.35), (0.75, 0.8, 0.85)) * np.ones((1, width, 1))
    return things, ground.astype(np.float32), (cover > 0.5).astype(np.int16)


def drawn(marks: str, height: int, width: int, *, right: float = 0.0, is_place: float = 0.0, seed: int = 5) -> Array:
    """Compose the disc."""
    chosen = Composition(marks, inks=STYLES[marks].inks[0], seed=seed)
    return composing.compose(layers(height, width, right=right), chosen, Conditions(-0.6, is_place, (height, width)))[0]


def test_marks_are_named_in_compositions(marks: str) -> None:
    assert marks in composition.MARKS


@pytest.mark.parametrize("shape", [(64, 64), (48, 72), (72, 41)])
def test_marks_fill_any_shape_alike_each_time(marks: str, shape: tuple[int, int]) -> None:
    picture = drawn(marks, *shape)
    assert picture.shape == (*shape, 3) and picture.dtype == np.float32
    assert np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1
    assert np.array_equal(picture, drawn(marks, *shape))


def test_marks_at_half_the_size_look_like_the_whole_made_smaller(marks: str) -> None:
    whole = drawn(marks, 256, 256).reshape(128, 2, 128, 2, 3).mean((1, 3))
    half = drawn(marks, 128, 128)
    assert np.abs(whole - half).mean() < 0.05


def test_marks_flow_where_the_scene_moves_a_little(marks: str) -> None:
    frames = [drawn(marks, 128, 128, right=0.75 * number) for number in range(5)]
    steps = [np.abs(one - other).mean() for one, other in pairwise(frames)]
    assert max(steps) < 0.12 and max(steps) < 1.6 * np.median(steps)


def test_marks_draw_the_thing(marks: str) -> None:
    with_thing, (things, ground, numbers) = drawn(marks, 128, 128), layers(128, 128)
    empty = things.copy()
    empty[..., 3] = 0
    chosen = Composition(marks, inks=STYLES[marks].inks[0], seed=5)
    without = composing.compose((empty, ground, numbers * 0), chosen, Conditions(-0.6, 0, numbers.shape))[0]
    assert np.abs(with_thing - without)[numbers > 0].mean() > 0.08


def test_marks_draw_a_place_where_there_is_one(marks: str) -> None:
    assert np.abs(drawn(marks, 96, 96, is_place=1) - drawn(marks, 96, 96)).mean() > 0.003


@pytest.mark.parametrize("number", range(3))
def test_marks_take_all_their_inks_and_layouts(marks: str, number: int) -> None:
    for layout, rows, columns, _ in STYLES[marks].layouts:
        inks = STYLES[marks].inks[number % len(STYLES[marks].inks)]
        chosen = Composition(marks, layout, rows, columns, inks, 0.2, 1.0, number)
        picture = composing.compose(layers(64, 64), chosen, Conditions(0.5, 1, (64, 64)))[0]
        assert np.isfinite(picture).all() and picture.std() > 0.02


def test_marks_compose_the_setting_alone_where_nothing_is_shown(marks: str) -> None:
    things, ground, numbers = layers(64, 64)
    things[..., 3] = 0
    for number, inks in enumerate(STYLES[marks].inks):
        chosen = Composition(marks, inks=inks, seed=number)
        picture, _ = composing.compose((things, ground, numbers * 0), chosen, Conditions(0.4, 1, ground.shape[:2]))
        assert np.isfinite(picture).all() and picture.std() > 0.01


def test_marks_redraw_a_picture_that_fills_the_frame(marks: str) -> None:
    things, ground, numbers = layers(64, 64)
    things[..., :3], things[..., 3] = ground * 0.8, 1
    chosen = Composition(marks, inks=STYLES[marks].inks[0], seed=3)
    picture, _ = composing.compose((things, ground, numbers * 0 + 1), chosen, Conditions(0.4, 0, ground.shape[:2]))
    assert np.isfinite(picture).all() and picture.std() > 0.01


@pytest.mark.parametrize("count", [2, 3, 8])
def test_marks_make_do_with_any_number_of_inks(marks: str, count: int) -> None:
    inks = tuple(f"{(number * 2654435761) % 0xFFFFFF:06x}" for number in range(1, count + 1))
    for layout in composition.LAYOUTS:
        chosen = Composition(marks, layout, 2, 3, inks, 0.2, 1.0, 7)
        picture, _ = composing.compose(layers(40, 40), chosen, Conditions(0.4, 1, (40, 40)))
        assert np.isfinite(picture).all()
