"""Compositions turn into one another part by part, evenly, from the first to the last."""

import numpy as np
import pytest

from sketch.compositions import turning
from sketch.compositions.composition import Composition

LINOCUT, GRID, PAINTED = Composition("linocut"), Composition("squares", "grid", 2, 3), Composition()
MOSAIC = Composition("mosaic", seed=3)
TORN = Composition.of_painting(5)


@pytest.mark.parametrize(
    ("first", "last"), [(LINOCUT, GRID), (GRID, LINOCUT), (LINOCUT, PAINTED), (PAINTED, GRID), (LINOCUT, MOSAIC)]
)
def test_turned_goes_from_nothing_to_all(first: Composition, last: Composition) -> None:
    shares = [turning.transition_shares(40, 60, first, last, t).mean() for t in np.linspace(0, 1, 21)]
    assert shares[0] == 0 and shares[-1] == 1
    steps = np.diff(shares)
    assert steps.min() >= 0 and steps.max() < 0.16


def test_turned_shows_either_composition_and_hardly_a_mixture_of_graphic_ones() -> None:
    share = turning.transition_shares(120, 120, LINOCUT, GRID, 0.5)
    assert ((share > 0.05) & (share < 0.95)).mean() < 0.05
    assert 0.2 < share.mean() < 0.8


@pytest.mark.parametrize("ends", [(GRID, TORN), (TORN, LINOCUT)])
def test_painted_scene_with_a_torn_edge_is_hardly_mixed(ends: tuple[Composition, Composition]) -> None:
    share = turning.transition_shares(120, 120, *ends, 0.5)
    assert ((share > 0.05) & (share < 0.95)).mean() < 0.05
    assert share.mean() == pytest.approx(0.5, abs=0.05)


def test_painted_scene_of_an_earlier_release_keeps_its_soft_front() -> None:
    share = turning.transition_shares(120, 120, LINOCUT, PAINTED, 0.5)
    assert ((share > 0.05) & (share < 0.95)).mean() > 0.2


def test_style_without_cells_opens_in_one_piece_near_the_middle() -> None:
    share = turning.transition_shares(120, 120, LINOCUT, MOSAIC, 0.2)
    rows, columns = np.nonzero(share > 0.5)
    assert share[60, 60] == 1 and share[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0
    assert 30 < rows.mean() < 90 and 30 < columns.mean() < 90
    assert share.mean() == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("t", [0.25, 0.5, 0.75])
def test_opening_has_the_same_shape_in_sketches_and_guides(t: float) -> None:
    small, large = (turning.transition_shares(side, side, LINOCUT, MOSAIC, t) for side in (64, 128))
    assert np.abs(large.reshape(64, 2, 64, 2).mean((1, 3)) - small).mean() < 0.03


def test_between_mixes_what_differs_only_in_inks() -> None:
    first, last = Composition("linocut", inks=("ffffff", "000000")), Composition("linocut", inks=("000000", "ffffff"))
    middle = turning.blend(first, last, 0.5)
    assert middle is not None and middle.inks[0] == middle.inks[1]
    assert turning.blend(first, last, 0.0) == first and turning.blend(first, last, 1.0) == last


@pytest.mark.parametrize("other", [GRID, Composition("linocut", seed=4), Composition("linocut", inks=("000000",) * 3)])
def test_between_leaves_other_compositions_to_be_turned(other: Composition) -> None:
    assert turning.blend(LINOCUT, other, 0.5) is None
