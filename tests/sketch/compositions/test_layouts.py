"""Layouts show a scene once or often, and nothing of it is lost on the way."""

import numpy as np
import pytest

from sketch.compositions import composition, layouts
from sketch.compositions.composition import Composition
from sketch.compositions.layouts import Laid

pytestmark = pytest.mark.slow


def laid(height: int = 48, width: int = 48, **of: object) -> Laid:
    """Lay out a red square in the middle of a blue ground."""
    things = np.zeros((height, width, 4), np.float32)
    rows, columns = slice(height // 4, 3 * height // 4), slice(width // 4, 3 * width // 4)
    things[rows, columns] = (1, 0, 0, 1)
    ground = np.zeros((height, width, 3), np.float32)
    ground[..., 2] = 1
    numbers = (things[..., 3] > 0).astype(np.int16)
    return layouts.lay((things, ground, numbers), Composition("linocut", **of), numbers.shape)  # type: ignore[arg-type]


def test_single_is_the_scene_itself() -> None:
    shown = laid()
    assert shown.things.sum() == laid(layout="tilted").things.sum()
    assert shown.cells.max() == 0


@pytest.mark.parametrize("layout", composition.LAYOUTS)
@pytest.mark.parametrize("shape", [(48, 48), (32, 48), (27, 48), (48, 27)])
def test_layout_fills_any_shape(layout: str, shape: tuple[int, int]) -> None:
    shown = laid(*shape, layout=layout, rows=2, columns=3, tilt=0.3)
    assert shown.things.shape == (*shape, 4) and shown.ground.shape == (*shape, 3)
    assert shown.numbers.shape == shown.cells.shape == shape
    assert np.isfinite(shown.things).all() and shown.things[..., 3].max() > 0.9
    assert shown.ground[..., 2].min() > 0.99


def test_grid_shows_the_things_in_each_cell() -> None:
    shown = laid(layout="grid", rows=2, columns=3)
    assert sorted(np.unique(shown.cells)) == list(range(6))
    for cell in range(6):
        assert shown.things[..., 3][shown.cells == cell].max() > 0.9


def test_pattern_drops_every_second_column_by_half_a_cell() -> None:
    cover = laid(layout="pattern", rows=2, columns=2).things[..., 3]
    first, second = cover[:, 12], cover[:, 36]
    assert np.corrcoef(first, second)[0, 1] < 0
    assert np.corrcoef(first, np.roll(second, 12))[0, 1] > 0.9


def test_panels_slide_to_both_sides() -> None:
    cover = laid(layout="panels", columns=2, seed=3).things[..., 3]
    middles = [np.flatnonzero(cover[:, column] > 0.5).mean() for column in (16, 32)]
    assert middles[0] < 23 < 24 < middles[1] or middles[1] < 23 < 24 < middles[0]


def test_numbers_follow_the_things() -> None:
    shown = laid(layout="grid", rows=3, columns=3)
    assert ((shown.things[..., 3] > 0.75) <= (shown.numbers > 0)).mean() > 0.97


@pytest.mark.parametrize(
    ("of", "shape", "cells"),
    [
        (("grid", 2, 2), (64, 64), (2, 2)),
        (("grid", 2, 2), (36, 64), (2, 3)),
        (("grid", 3, 3), (64, 36), (5, 3)),
        (("pattern", 2, 2), (42, 64), (2, 4)),
        (("panels", 1, 4), (36, 64), (1, 7)),
        (("panels", 4, 1), (36, 64), (4, 1)),
        (("tilted", 1, 1), (36, 64), (1, 1)),
    ],
)
def test_cells_keep_shape_in_frames(of: tuple[str, int, int], shape: tuple[int, int], cells: tuple[int, int]) -> None:
    framed = layouts.in_frame(Composition("linocut", *of), *shape)
    assert (framed.rows, framed.columns) == cells


@pytest.mark.parametrize("layout", layouts.REPEATED)
def test_square_scene_is_shown_as_a_square_in_the_cells_of_a_frame(layout: str) -> None:
    things, numbers = np.zeros((48, 48, 4), np.float32), np.zeros((48, 48), np.int16)
    things[12:36, 12:36], numbers[12:36, 12:36] = (1, 0, 0, 1), 1
    ground, composition = np.zeros((48, 48, 3), np.float32), Composition("linocut", layout, 2, 3)
    shown = layouts.lay((things, ground, numbers), composition, (48, 72))
    cover = shown.things[..., 3]
    assert cover.shape == shown.cells.shape == (48, 72)
    rows, columns = (np.flatnonzero(cover[:24, :24].max(axis) > 0.5) for axis in (1, 0))
    assert len(rows) == len(columns) == 14 == round(24 / 2 * layouts.FULL)


def test_tilted_square_stays_square_in_a_frame() -> None:
    things, numbers = np.zeros((48, 96, 4), np.float32), np.zeros((48, 96), np.int16)
    things[16:32, 40:56] = (1, 0, 0, 1)
    composition = Composition("linocut", "tilted", tilt=np.pi / 2)
    shown = layouts.lay((things, np.zeros((48, 96, 3), np.float32), numbers), composition, (48, 96))
    assert np.abs(shown.things[..., 3] - things[..., 3]).mean() < 0.01
