"""No film flashes more than three times a second: one that would is shown more slowly."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.upkeep.operations.first_exhibition import ShippedWalk, shipped_walks
from worker.film.flash_safety import SAFE_AREA, SAFE_FPS, flashes, limit_fps, thin_holds

FPS = 12.5
Film = list[NDArray[np.uint8]]


def plain(*colours: tuple[int, int, int] | int, side: int = 32) -> Film:
    return [np.full((side, side, 3), colour, np.uint8) for colour in colours]


@pytest.mark.parametrize(
    ("colours", "is_flashing"),
    [
        pytest.param([0, 255] * 12, True, id="black and white by turns"),
        pytest.param(np.linspace(0, 255, 25, dtype=int).tolist(), False, id="a slow change"),
        pytest.param([255, 0] * 3 + [0] * 30, False, id="three flashes in a second"),
        pytest.param([255, 0] * 4 + [0] * 30, True, id="four flashes in a second"),
        pytest.param([255, 255, 0, 0, 0, 0] * 8, False, id="little more than two flashes a second"),
        pytest.param([100, 125] * 12, False, id="relative luminance 0.13 and 0.20, less than a tenth"),
        pytest.param([100, 150] * 12, True, id="relative luminance 0.13 and 0.31"),
        pytest.param([232, 255] * 12, False, id="two light pictures: 0.80 and 1"),
        pytest.param([225, 255] * 12, True, id="0.75 and 1"),
        pytest.param([(150, 0, 0), (60, 60, 60)] * 12, True, id="saturated red, whose luminance would not"),
        pytest.param([(60, 60, 150), (60, 60, 60)] * 12, False, id="blue"),
        pytest.param([0, 255, 0, 255], True, id="four frames, again and again"),
        pytest.param([255, 0, 255, 0] + [0] * 20 + [255, 0, 255, 0], True, id="across the seam of the loop"),
        pytest.param([], False, id="no picture"),
        pytest.param([0], False, id="one black picture"),
        pytest.param([255], False, id="one white picture"),
    ],
)
def test_flashes_are_found(colours: list[Any], is_flashing: bool) -> None:
    assert flashes(plain(*colours), FPS) is is_flashing


@pytest.mark.parametrize(("share", "too_large"), [(0.8, False), (1.3, True)])
def test_small_area_may_flash(share: float, too_large: bool) -> None:
    film = plain(*[0] * 24, side=100)
    rows = round(100 * SAFE_AREA * share)
    for frame in film[::2]:
        frame[:rows] = 255
    assert flashes(film, FPS) is too_large


def test_pixels_that_flash_at_different_times_do_not_flash_together() -> None:
    film = plain(*[0] * 400, side=10)
    for row in range(10):
        for at in range(8):
            film[row * 40 + at][row] = 255 * (at % 2)
    assert not flashes(film, FPS)


def test_flashing_film_is_shown_as_slowly_as_no_film_flashes() -> None:
    film = plain(*[0, 255] * 12)
    assert limit_fps(film, FPS) == SAFE_FPS
    assert not flashes(film, SAFE_FPS)
    assert limit_fps(film, 5.0) == 5.0


@pytest.mark.parametrize("fps", [12.5, 20.0, 25.0, 33.333, 50.0])
@pytest.mark.parametrize("still", range(1, 6))
def test_film_that_flashes_is_shown_at_the_fastest_safe_rate(fps: float, still: int) -> None:
    film = plain(*[*[0] * still, *[255] * still] * 6)
    shown = limit_fps(film, fps)
    assert SAFE_FPS <= shown <= fps and not flashes(film, shown)
    if shown < fps:
        assert flashes(film, fps) and flashes(film, int(shown) + 1)
        assert 100 / shown != round(100 / shown)  # no rate that a request may state


def test_films_at_the_safe_pace_never_flash() -> None:
    noise = np.random.default_rng(7)
    film = list(noise.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8))
    assert flashes(film, 25.0)
    assert not flashes(film, SAFE_FPS)


@pytest.mark.slow
@pytest.mark.parametrize("shipped", shipped_walks(), ids=lambda shipped: shipped.folder.name)
def test_films_of_the_first_exhibition_do_not_flash(shipped: ShippedWalk) -> None:
    assert not flashes(shipped.frames(), FPS)


def alternating(count: int) -> Film:
    """Return so many pictures, black and white in turn."""
    return [np.full((8, 8, 3), 255 * (index % 2), np.uint8) for index in range(count)]


@pytest.mark.parametrize("hold", [1, 3, 4, 5, 9])
def test_held_pictures_flash_as_if_they_were_repeated(hold: int) -> None:
    pictures = alternating(12)
    repeated = [picture for picture in pictures for _ in range(hold)]
    held = flashes(pictures, 25.0, [hold] * len(pictures))
    assert held == flashes(repeated, 25.0)
    assert held == (hold < 5), "six changes within a second are safe, seven are not"


def test_film_of_a_fixed_length_is_made_safe_by_fewer_pictures() -> None:
    pictures, holds = alternating(40), [2] * 40
    safe = thin_holds(pictures, holds, 25.0, stops={0, 17, 39})
    assert not flashes(pictures, 25.0, safe)
    assert sum(safe) == 80 and len(safe) == 40 and safe[0] and safe[17] and safe[39]
    assert min(hold for hold in safe if hold) >= 3
    assert thin_holds(pictures, safe, 25.0, stops={0}) == safe


def test_safe_film_keeps_all_its_pictures() -> None:
    pictures = alternating(5)
    assert thin_holds(pictures, [10, 25, 7, 30, 8], 25.0, stops=()) == [10, 25, 7, 30, 8]
