"""No film flashes more than three times a second: one that would is shown more slowly."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.upkeep.operations.first_exhibition import ShippedWalk, shipped_walks
from worker.film.flash_safety import SAFE_AREA, SAFE_FPS, flashes, limit_fps, thin_holds

FPS = 12.5
Film = list[NDArray[np.uint8]]


def plain(*colours: tuple[int, int, int] | int, side: int = 32) -> Film:
    return [np.full((side, side, 3), colour, np.uint8) for colour in colours]


def test_black_and_white_by_turns_flashes() -> None:
    assert flashes(plain(*[0, 255] * 12), FPS)


def test_slow_change_does_not() -> None:
    assert not flashes(plain(*np.linspace(0, 255, 25, dtype=int).tolist()), FPS)


@pytest.mark.parametrize(("times", "too_many"), [(3, False), (4, True)])
def test_three_flashes_in_a_second_are_allowed_and_four_are_not(times: int, too_many: bool) -> None:
    still = [0] * 30
    assert flashes(plain(*([255, 0] * times + still)), FPS) is too_many


def test_flashes_further_apart_are_allowed() -> None:
    assert not flashes(plain(*([255, 255, 0, 0, 0, 0] * 8)), FPS)  # little more than two a second


def test_change_of_less_than_a_tenth_is_none() -> None:
    assert not flashes(plain(*[100, 125] * 12), FPS)  # relative luminance 0.13 and 0.20
    assert flashes(plain(*[100, 150] * 12), FPS)  # 0.13 and 0.31


def test_change_between_two_light_pictures_is_none() -> None:
    assert not flashes(plain(*[232, 255] * 12), FPS)  # 0.80 and 1
    assert flashes(plain(*[225, 255] * 12), FPS)  # 0.75 and 1


def test_saturated_red_flashes_where_its_luminance_would_not() -> None:
    assert flashes(plain(*[(150, 0, 0), (60, 60, 60)] * 12), FPS)
    assert not flashes(plain(*[(60, 60, 150), (60, 60, 60)] * 12), FPS)


@pytest.mark.parametrize(("share", "too_large"), [(0.8, False), (1.3, True)])
def test_small_area_may_flash(share: float, too_large: bool) -> None:
    film = plain(*[0] * 24, side=100)
    rows = round(100 * SAFE_AREA * share)
    for frame in film[::2]:
        frame[:rows] = 255
    assert flashes(film, FPS) is too_large


def test_seam_of_the_loop_counts_too() -> None:
    assert flashes(plain(0, 255, 0, 255), FPS)  # four frames, again and again
    film = [255, 0, 255, 0] + [0] * 20 + [255, 0, 255, 0]
    assert flashes(plain(*film), FPS)


def test_pixels_that_flash_at_different_times_do_not_flash_together() -> None:
    film = plain(*[0] * 400, side=10)
    for row in range(10):
        for at in range(8):
            film[row * 40 + at][row] = 255 * (at % 2)
    assert not flashes(film, FPS)


@pytest.mark.parametrize("film", [[], plain(0), plain(255)], ids=["none", "black", "white"])
def test_film_without_change_does_not_flash(film: Film) -> None:
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
