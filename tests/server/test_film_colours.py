"""Films are shown by a browser in the colours in which they were painted, whatever their format."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from app.upkeep.operations import first_exhibition
from benchmarks import film_colours
from benchmarks.film_colours import WRITERS, Picture

pytestmark = pytest.mark.server

FLAT = [(200, 40, 40), (40, 160, 60), (0, 0, 255), (230, 190, 40), (250, 250, 245), (20, 20, 24)]


@pytest.fixture(scope="module")
def show(browser: Browser) -> Callable[[str, bytes], Picture]:
    """Return a function that gives the first picture of a film as the browser shows it."""
    return partial(film_colours.show, browser.new_page())


@pytest.mark.parametrize("kind", WRITERS)
def test_flat_colours_are_shown_as_they_are(show: Callable[[str, bytes], Picture], kind: str) -> None:
    for colour in FLAT:
        painted = np.full((64, 64, 3), colour, np.uint8)
        seen = show(kind, WRITERS[kind]([painted, painted])).mean((0, 1))
        assert np.abs(seen - colour).max() <= 2, f"{colour} is shown as {seen.round(1)}"


def blocks(picture: Picture, side: int = 16) -> NDArray[np.float64]:
    """Return the mean colours of blocks, which fine texture does not change."""
    rows, columns = (length // side for length in picture.shape[:2])
    return picture.astype(float).reshape(rows, side, columns, side, 3).mean((1, 3))


@pytest.mark.parametrize("kind", WRITERS)
def test_a_painted_picture_has_its_colours_in_each_format(show: Callable[[str, bytes], Picture], kind: str) -> None:
    painted = first_exhibition.shipped_walks()[0].frames()[0]
    seen = show(kind, WRITERS[kind]([painted, painted]))
    assert np.abs(blocks(seen) - blocks(painted)).mean() <= 0.7


def test_shipped_films_have_the_colours_of_their_frames(show: Callable[[str, bytes], Picture]) -> None:
    for piece in first_exhibition.shipped_walks():
        painted, seen = blocks(piece.frames()[0]), blocks(show("video/mp4", piece.film()))
        assert np.abs(seen - painted).mean() <= 2.2, piece.folder.name
