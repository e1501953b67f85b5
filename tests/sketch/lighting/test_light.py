"""Light on a scene: things that it makes round, and older scenes as they always were."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from sketch import colour, rendering, scene
from sketch.backdrops import backdrop
from sketch.lighting.light import Light
from sketch.lighting.shadow import Shadow
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.surroundings import Surroundings
from tests.support.drawings import FLAT, scene_of, thing
from tests.support.drawn_scenes import BOOK, GROUND, draw

ROUND = replace(GROUND, light=-0.7, modelling=1.0)
WALL = replace(ROUND, horizon=1.0)


def test_thing_is_brighter_on_the_side_of_the_light() -> None:
    left, right = (draw(thing("square"), setting=replace(FLAT, light=light)).things for light in (-0.9, 0.9))
    assert left[64, 36, 0] > left[64, 92, 0] + 0.05 and right[64, 92, 0] > right[64, 36, 0] + 0.05


def test_thing_is_lit_from_above_and_darker_at_night() -> None:
    plain = draw(thing("square")).things
    assert plain[36, 64, 0] > plain[92, 64, 0] + 0.05
    night = draw(thing("square"), setting=replace(FLAT, time="night")).things
    assert night[64, 64, 0] == pytest.approx(plain[64, 64, 0] * 0.86, abs=0.01)


def test_scene_that_does_not_speak_of_modelling_has_none() -> None:
    document = scene_of(thing("square"), setting=ROUND).as_json()
    assert scene.read_scene(document).setting.modelling == 1.0
    del document["setting"]["modelling"]
    plain = rendering.draw(scene.read_scene(document), BOOK, 128)
    assert np.array_equal(plain.picture, draw(thing("square"), setting=replace(ROUND, modelling=0.0)).picture)
    assert not np.allclose(plain.picture, draw(thing("square"), setting=ROUND).picture, atol=0.1)


@pytest.mark.parametrize("side", [-0.8, 0.8])
def test_thing_is_round_in_light_from_one_side(side: float) -> None:
    """Bright at the edge towards the light, dark at the other: far more than a slope over the whole."""
    flat, round_ = (
        colour.lab(draw(thing("disc", size=0.6), setting=replace(WALL, light=side, modelling=share)).things[..., :3])
        for share in (0.0, 1.0)
    )
    near, far = (34, 93) if side < 0 else (93, 34)
    falls = [float(seen[64, near, 0] - seen[64, far, 0]) for seen in (flat, round_)]
    assert falls[1] > 0.15 and falls[1] > 2 * falls[0] > 0


def test_middle_of_a_large_thing_keeps_its_colour() -> None:
    flat, round_ = (draw(thing("square", size=0.9), setting=replace(WALL, modelling=share)) for share in (0.0, 1.0))
    (light, a, b), (other, c, d) = (colour.lab(seen.things[64, 64, :3]) for seen in (flat, round_))
    assert abs(light - other) < 0.1 and abs(np.arctan2(b, a) - np.arctan2(d, c)) < 0.15


def test_ground_shines_back_on_what_stands_on_it() -> None:
    setting = replace(ROUND, tones=("b0b0b0",) * 3 + ("00a000",) * 2)
    things = draw(thing("square", 0.5, 0.6, 0.4), setting=setting).things
    low, high = colour.lab(things[100, 64, :3]), colour.lab(things[70, 64, :3])
    assert low[1] < high[1] - 0.02


def test_light_has_the_colour_of_what_is_around() -> None:
    blue, red = (
        draw(thing("square", size=0.5, colour="grey"), setting=replace(WALL, tones=(tone,) * 5)).things[64, 64]
        for tone in ("3040c0", "c04030")
    )
    assert red[0] / red[2] > 1.15 * blue[0] / blue[2]


def test_light_gathers_in_the_middle() -> None:
    for share in (0.0, 1.0):
        setting = replace(GROUND, horizon=1.0, modelling=share)
        ground, before = draw(setting=setting).ground, backdrop.draw(setting, 128)
        assert np.array_equal(ground[64, 64], before[64, 64])
        assert (ground[2, 2].mean() < 0.9 * before[2, 2].mean()) == bool(share)


def test_fields_of_a_setting_drift_a_little() -> None:
    flat, drifting = (backdrop.draw(replace(FLAT, modelling=share), 128).std() for share in (0.0, 1.0))
    assert flat < 0.01 < drifting < 0.06


def test_photo_has_its_light_already() -> None:
    setting = Surroundings(digest="p", picture=np.full((64, 64, 3), 120, np.uint8), modelling=1.0)
    falling = Light.from_setting(setting)
    assert (falling.modelling, falling.shade) == (0.0, 0.0)
    assert Shadow.from_setting(setting, 0.9) == Shadow(0.0)


def test_between_an_older_scene_and_a_new_one_light_comes_little_by_little() -> None:
    first, last = (scene_of(thing("house", 0.5, 0.6), setting=replace(ROUND, modelling=share)) for share in (0.0, 1.0))
    mixture = Mixture(first, last, BOOK, PartCache(BOOK))
    seen = [mixture.at(t, 64).picture for t in (0.0, 0.001, 0.25, 0.5, 0.75, 0.999, 1.0)]
    steps = [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(seen)]
    whole = float(np.abs(seen[-1] - seen[0]).mean())
    assert max(steps[0], steps[-1]) < 0.3 * whole and all(step < 0.5 * whole for step in steps[1:-1])


def test_sizes_of_a_lit_scene_agree() -> None:
    things = thing("house", 0.3, 0.6), thing("disc", 0.75, 0.7, 0.3)
    small, large = (draw(*things, setting=ROUND, size=size).picture for size in (64, 256))
    assert np.abs(large.reshape(64, 4, 64, 4, 3).mean((1, 3)) - small).mean() < 0.02
