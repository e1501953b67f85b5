"""Distances to the nearest outline: positive inside, half a pixel at an edge, as far as can be where there is none."""

import numpy as np
import pytest

from sketch.layers import distance


def numbered(side: int = 64) -> np.ndarray:
    return np.zeros((side, side), np.int16)


def test_inside_is_positive_outside_negative_and_the_edge_half_a_pixel_off() -> None:
    numbers = numbered()
    numbers[16:48, 16:48] = 1
    away = distance.signed(numbers, 1.0)
    assert (away[numbers > 0] > 0).all() and (away[numbers == 0] < 0).all()
    assert (away[32, 16], away[32, 15]) == (0.5, -0.5)
    assert (away[32, 20], away[32, 10], away[31, 31]) == (4.5, -5.5, 15.5)


def test_one_pixel_of_a_small_picture_is_several_of_256() -> None:
    numbers = numbered()
    numbers[:, 32:] = 1
    assert distance.signed(numbers, 4.0)[5, 32] == 2.0 and distance.signed(numbers, 4.0)[5, 29] == -10.0


@pytest.mark.parametrize("unit", [0.5, 1.0, 4.0])
def test_nothing_is_farther_than_can_be_measured(unit: float) -> None:
    numbers = numbered(256)
    numbers[100:, :] = 3
    away = distance.signed(numbers, unit)
    assert away.dtype == np.float32 and float(np.abs(away).max()) == min(distance.CLAMP, (156 - 0.5) * unit)


def test_without_ground_all_is_as_far_inside_and_without_things_as_far_outside_as_can_be() -> None:
    assert (distance.signed(numbered() + 5, 1.0) == distance.CLAMP).all()
    assert (distance.signed(numbered(), 1.0) == -distance.CLAMP).all()


def test_between_two_things_that_touch_there_is_an_outline() -> None:
    numbers = numbered()
    numbers[:, :32], numbers[:, 32:] = 1, 2
    away = distance.signed(numbers, 1.0)
    assert (away > 0).all()
    assert (away[:, 31] == 0.5).all() and (away[:, 32] == 0.5).all() and (away[:, 0] == 31.5).all()


def test_distance_is_that_to_the_nearest_of_several() -> None:
    numbers = numbered()
    numbers[8:12, 8:12], numbers[8:12, 40:44] = 1, 2
    away = distance.signed(numbers, 1.0)
    assert away[10, 20] == -8.5 and away[10, 37] == -2.5
