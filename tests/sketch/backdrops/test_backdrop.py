"""Backdrops: every setting can be drawn at every limit, from its seed alone, the same at all sizes."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from sketch import palettes, scene
from sketch.backdrops import backdrop
from sketch.scene import Setting

pytestmark = pytest.mark.slow


def setting(kind: str, **changes: object) -> Setting:
    time, weather = str(changes.get("time", "day")), str(changes.get("weather", ""))
    tones = palettes.tones(kind, time, weather, random.Random(4))
    return Setting(**{"kind": kind, "tones": tones, "seed": 5} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", scene.KINDS)
def test_setting_can_be_drawn_at_all_its_limits(kind: str) -> None:
    for number, (horizon, time, weather) in enumerate(
        itertools.product((0.0, 0.03, 0.62, 0.97, 1.0), scene.TIMES, scene.WEATHERS)
    ):
        drawn = backdrop.draw(
            setting(kind, horizon=horizon, time=time, weather=weather, seed=number, light=(-1.0, 0.0, 1.0)[number % 3]),
            24,
        )
        assert drawn.shape == (24, 24, 3) and drawn.dtype == np.float32
        assert np.isfinite(drawn).all() and drawn.min() >= 0 and drawn.max() <= 1


@pytest.mark.parametrize("kind", scene.KINDS)
def test_setting_is_the_same_from_its_seed_and_another_from_another(kind: str) -> None:
    one = setting(kind)
    assert np.array_equal(backdrop.draw(one, 48), backdrop.draw(replace(one), 48))
    others = [backdrop.draw(replace(one, seed=seed), 48) for seed in range(3)]
    assert all(np.abs(a - b).mean() > 1e-3 for a, b in itertools.combinations(others, 2))


@pytest.mark.parametrize("kind", scene.KINDS)
def test_sizes_of_a_setting_agree(kind: str) -> None:
    for seed in range(3):
        one = setting(kind, seed=seed, weather="snow" if seed == 2 else "")
        drawn = {size: backdrop.draw(one, size) for size in (64, 256)}
        small = drawn[256].reshape(64, 4, 64, 4, 3).mean((1, 3))
        assert np.abs(small - drawn[64]).mean() < 0.02


@pytest.mark.parametrize("kind", ["hills", "sea", "table", "room", "street", "desert", "forest"])
def test_ground_lies_below_the_horizon_and_moves_with_it(kind: str) -> None:
    for horizon in (0.4, 0.7):
        drawn = backdrop.draw(setting(kind, horizon=horizon, weather="", seed=8), 96)
        one = setting(kind)
        ground = np.array([int(one.tones[3][at : at + 2], 16) / 255 for at in (0, 2, 4)])
        near = np.abs(drawn - ground).max(-1) < 0.3
        below, above = near[int(96 * (horizon + 0.12)) :].mean(), near[: int(96 * (horizon - 0.3)) + 1].mean()
        assert below > 0.35 and below > above


def test_rain_and_snow_fall_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    dry = backdrop.draw(setting("split"), 128)
    for weather in ("rain", "snow"):
        one = replace(setting("split"), weather=weather)
        changed = np.abs(backdrop.draw(one, 128) - dry).max(-1) > 0.02
        assert 0.003 < changed.mean() < 0.2
        assert all(part.any() for part in (changed[:64, :64], changed[:64, 64:], changed[64:, :64], changed[64:, 64:]))


def test_stars_stand_in_the_sky_by_night_only() -> None:
    def bright(time: str) -> float:
        one = replace(setting("sky", time="night", horizon=1.0), time=time, light=0.5)
        return float((backdrop.draw(one, 128).min(-1) > 0.6).mean())

    assert bright("night") > bright("day") + 0.0005
