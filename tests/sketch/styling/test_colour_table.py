"""A table of colours recolours sketches and guides, and is read from the file that it was written to."""

import numpy as np
import pytest

from sketch import colour
from sketch.styling import colour_table
from sketch.styling.colour_table import ColourTable, ColourTableError

pytestmark = pytest.mark.slow

BLUE, CREAM = np.float32([0.1, 0.2, 0.5]), np.float32([0.93, 0.9, 0.78])


@pytest.fixture(scope="module")
def colours() -> np.ndarray:
    """Colours of all sorts, in Oklab."""
    return colour.lab(np.random.default_rng(1).random((600, 3)).astype(np.float32))


@pytest.fixture(scope="module")
def two(colours: np.ndarray) -> ColourTable:
    """A table of two colours: cream for light colours, blue for dark ones."""
    is_light = colours[:, :1] > np.median(colours[:, 0])
    return colour_table.fit("hokusai", colours, np.where(is_light, colour.lab(CREAM), colour.lab(BLUE)))


def plain(*rgb: float, outline: float = 0.3) -> np.ndarray:
    """A sketch of one colour."""
    made = np.full((4, 6, 5), outline, np.float32)
    made[:3] = np.float32(rgb)[:, None, None] * 2 - 1
    return made


def test_colours_that_are_their_own_new_ones_stay(colours: np.ndarray) -> None:
    same = colour_table.fit("", colours, colours)
    sketch = np.random.default_rng(2).uniform(-1, 1, (4, 8, 8)).astype(np.float32)
    assert np.abs(same.recolour_sketch(sketch, 1.0) - sketch).max() < 0.02


def test_colours_become_those_of_the_palette_and_outlines_stay(two: ColourTable) -> None:
    for given, expected in (((0.9, 0.75, 0.6), CREAM), ((0.35, 0.2, 0.2), BLUE)):
        made = two.recolour_sketch(plain(*given), 1.0)
        assert made.dtype == np.float32 and np.abs(made[:3, 0, 0] / 2 + 0.5 - expected).max() < 0.08
        assert (made[3] == np.float32(0.3)).all()


def test_share_is_how_far_colours_change(two: ColourTable) -> None:
    sketch = plain(0.9, 0.3, 0.2)
    none, half, whole = (two.recolour_sketch(sketch, share) for share in (0.0, 0.5, 1.0))
    assert none is sketch and np.allclose(half, (none + whole) / 2, atol=1e-5)


def test_guide_is_recoloured_under_its_coverage(two: ColourTable) -> None:
    sketch, coverage = plain(0.9, 0.3, 0.2), np.zeros((1, 6, 5), np.float32)
    coverage[0, 1:], coverage[0, 3:] = 0.5, 1
    made = two.recolour_guide(np.concatenate([sketch[:3] * coverage, coverage]), 1.0)
    shown = two.recolour_sketch(sketch, 1.0)[:3]
    assert not made[:, 0].any() and np.array_equal(made[3:], coverage)
    assert np.allclose(made[:3, 1:3], shown[:, 1:3] / 2, atol=0.01) and np.allclose(
        made[:3, 3:], shown[:, 3:], atol=0.01
    )


def test_table_is_read_as_it_was_written(two: ColourTable) -> None:
    read = ColourTable.from_text("# a comment\n\n" + two.to_text())
    assert read.words == "hokusai" and np.allclose(read.colours, two.colours, atol=1e-4)
    assert read.to_text() == two.to_text()


def test_red_changes_fastest_in_a_file() -> None:
    corners = [(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)]
    text = "LUT_3D_SIZE 2\n" + "\n".join(f"{x} {y} {z}" for x, y, z in corners)
    sketch = plain(0.8, 0.4, 0.2)
    assert np.abs(ColourTable.from_text(text).recolour_sketch(sketch, 1.0) - sketch).max() < 0.01


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no 3D table"),
        ("LUT_3D_SIZE two\n", "no 3D table"),
        ("LUT_3D_SIZE 2\n1 0 x\n", "no 3D table"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "1 colours for a grid of 2"),
        (f"LUT_3D_SIZE {2**20}\n0 0 0\n", "1 colours for a grid"),
        ("LUT_3D_SIZE 2\n" + "0 0 1.5\n" * 8, "outside 0…1"),
        ("LUT_3D_SIZE 2\n" + "0 0 nan\n" * 8, "outside 0…1"),
    ],
)
def test_text_that_is_no_table_is_refused(text: str, says: str) -> None:
    with pytest.raises(ColourTableError, match=says):
        ColourTable.from_text(text)
