"""Shadows fall away from the light, where there is ground; and the ground sets things off."""

from dataclasses import replace

import numpy as np
import pytest

from sketch.colour import Array
from sketch.layers.drawn import Drawn
from sketch.lighting import shadow
from sketch.lighting.form import Form
from sketch.lighting.shadow import Shadow
from sketch.scene import Setting
from tests.support.drawings import FLAT, thing
from tests.support.drawn_scenes import GROUND, draw

ROUND = replace(GROUND, light=-0.7, modelling=1.0)
WALL = replace(ROUND, horizon=1.0)


def shade(seen: Drawn, setting: Setting) -> Array:
    """Return how much darker the ground (n, n) is than without things."""
    return np.asarray((draw(setting=setting).ground - seen.ground).mean(-1), np.float32)


@pytest.mark.parametrize("light", [-0.8, 0.8])
def test_shadow_falls_on_the_ground_away_from_the_light(light: float) -> None:
    setting = replace(GROUND, light=light)
    shaded = draw(thing("square", 0.5, 0.7, 0.3), setting=setting).ground
    plain = draw(setting=setting).ground
    dark = (plain - shaded).mean(-1)
    assert dark.min() >= 0 and dark.max() > 0.1
    rows, columns = np.nonzero(dark > 0.02)
    assert rows.mean() / 128 == pytest.approx(0.84, abs=0.05), "at its foot"
    assert (columns.mean() / 128 > 0.52) == (light < 0) and (columns.mean() / 128 < 0.48) == (light > 0)


def test_shadow_of_a_nearer_thing_falls_on_a_farther_one() -> None:
    alone = draw(thing("square", 0.5, 0.6, 0.7), setting=GROUND).things
    both = draw(thing("square", 0.5, 0.6, 0.7), thing("disc", 0.5, 0.62, 0.3), setting=GROUND)
    behind = (both.numbers == 1) & (alone[..., 3] > 0.99)
    assert float((alone - both.things)[behind][:, :3].max()) > 0.1


@pytest.mark.parametrize("kind", ["sky", "space", "underwater", "pattern"])
def test_where_there_is_no_ground_nothing_casts_a_shadow(kind: str) -> None:
    setting = Setting(kind, 0.9, FLAT.tones, -0.7)
    assert np.array_equal(draw(thing("square"), setting=setting).ground, draw(setting=setting).ground)


def test_what_is_in_the_air_casts_no_shadow() -> None:
    setting = Setting("hills", 0.7, FLAT.tones, -0.7)
    high, low = (draw(thing("square", 0.5, y, 0.3), setting=setting).ground for y in (0.3, 0.75))
    plain = draw(setting=setting).ground
    assert np.array_equal(high, plain) and not np.array_equal(low, plain)


@pytest.mark.parametrize("side", [-0.8, 0.8])
def test_shadow_is_thrown_along_the_ground_from_the_foot(side: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "HALO", 0.0)
    setting = replace(ROUND, kind="table", horizon=0.5, light=side)
    seen = draw(thing("square", 0.5, 0.6, 0.4), setting=setting)
    dark = shade(seen, setting) * (seen.numbers == 0)
    rows, columns = np.nonzero(dark > 0.06)
    assert rows.min() >= 62 and rows.max() < 112, "below the horizon, up to the foot"
    assert (columns.mean() > 70) == (side < 0) and (columns.mean() < 58) == (side > 0)
    assert (columns.max() if side < 0 else 127 - columns.min()) > 95, "further than the thing is wide"


def test_what_is_before_a_wall_throws_its_shadow_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "HALO", 0.0)
    seen = draw(thing("square", size=0.5), setting=WALL)
    dark = shade(seen, WALL)
    assert dark[80, 98] > 0.08 > 0.03 > dark[50, 29], "beside it, away from the light"
    assert dark[99, 70] > 0.08 > 0.03 > dark[28, 64]


@pytest.mark.parametrize("kind", ["sky", "space", "underwater"])
def test_in_the_air_a_thing_is_round_and_throws_no_shadow(kind: str) -> None:
    setting = Setting(kind, 0.9, FLAT.tones, -0.7, modelling=1.0)
    form = Form(np.ones((40, 40), np.float32), 40, 40, 128)
    assert Shadow.from_setting(setting, form.lowest) == Shadow(0.0)
    assert np.ptp(draw(thing("disc"), setting=setting).things[..., :3][30:98, 30:98].mean(-1)) > 0.2


def test_ground_sets_a_thing_off() -> None:
    """Darker before its lit side, lighter behind its shade, as painters have it."""
    setting = Setting("sky", 1.0, FLAT.tones, -0.9, modelling=1.0)
    around = draw(thing("disc", size=0.4), setting=setting).ground.mean(-1) - draw(setting=setting).ground.mean(-1)
    assert around[64, 34] < -0.02 and around[64, 93] > 0.02
