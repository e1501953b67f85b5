"""Places of painterly scenes: the same for the same setting, different by seed, deep, and not to be written to."""

from dataclasses import replace

import numpy as np
import pytest

from sketch import colour
from sketch.painterly import ground
from sketch.scene import KINDS, WEATHERS, Setting

OPEN = Setting("hills", 0.55, ("7090c0", "d0dce8", "607860", "80a050", "c0a060"), 0.6, 11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", ["day", "dusk", "night"])
def test_drawn_any_kind_at_any_time_is_a_picture_that_differs_by_seed(kind: str, time: str) -> None:
    setting = replace(OPEN, kind=kind, time=time)
    one, other = (ground.draw_place(setting, 48, seed) for seed in (1, 2))
    assert one.shape == (48, 48, 3) and one.dtype == np.float32
    assert np.isfinite(one).all() and one.min() >= 0 and one.max() <= 1
    assert np.abs(one - other).mean() > 0.004


@pytest.mark.parametrize("horizon", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_drawn_with_any_horizon_is_a_picture(kind: str, horizon: float) -> None:
    assert np.isfinite(ground.draw_place(replace(OPEN, kind=kind, horizon=horizon), 24, 1)).all()


@pytest.mark.parametrize("weather", [each for each in WEATHERS if each])
def test_drawn_weather_is_seen(weather: str) -> None:
    assert (
        np.abs(ground.draw_place(replace(OPEN, weather=weather), 48, 1) - ground.draw_place(OPEN, 48, 1)).mean() > 0.02
    )


def test_drawn_is_remembered_and_not_to_be_written_to() -> None:
    place = ground.draw_place(OPEN, 40, 1)
    assert ground.draw_place(OPEN, 40, 1) is place
    with pytest.raises(ValueError, match="read-only"):
        place += 1


def test_drawn_land_is_paler_where_it_is_far() -> None:
    light = np.mean([colour.lab(ground.draw_place(replace(OPEN, seed=seed), 64, 1))[..., 0] for seed in range(8)], 0)
    assert light[38:42].mean() > light[56:62].mean() + 0.05


def test_is_place_photo_is_none() -> None:
    assert ground.is_place(OPEN) and not ground.is_place(replace(OPEN, kind="photo"))
