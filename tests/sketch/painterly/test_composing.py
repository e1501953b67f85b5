"""A scene as a painter sets it up: the same for the same, steady while things move, its things and colours kept."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sketch import colour, mixing, rendering
from sketch.colour import NAMED, Array
from sketch.layers.drawn import Drawn
from sketch.painterly import composing
from sketch.parts import PartCache
from sketch.scene import COLOURS, KINDS, Setting, Thing
from sketch.surroundings import Surroundings
from tests.support.drawings import book, scene_of, thing

BOOK = book()
GREY = ("b8b0a4", "c8c2b8", "8c8478", "a89c8a", "988c7c")
TABLE = Setting("table", 0.55, GREY, -0.7, 5, modelling=1.0)


def composed(*things: Thing, setting: Setting = TABLE, size: int = 96, seed: int = 3) -> Drawn:
    return composing.compose(rendering.draw(scene_of(*things, setting=setting), BOOK, size), [(setting, seed, 1.0)])


def _apart(hue: float, other: float) -> float:
    return float(abs((hue - other + np.pi) % (2 * np.pi) - np.pi))


def light_of(picture: Array) -> Array:
    return colour.lab(picture)[..., 0]


@pytest.mark.parametrize("kind", KINDS)
def test_compose_in_any_setting_returns_what_is_drawn_in_other_pixels(kind: str) -> None:
    setting = replace(TABLE, kind=kind)
    plain = rendering.draw(scene_of(thing("disc"), setting=setting), BOOK, 64)
    seen = composing.compose(plain, [(setting, 1, 1.0)])
    assert np.array_equal(seen.numbers, plain.numbers) and np.array_equal(seen.things[..., 3], plain.things[..., 3])
    assert np.isfinite(seen.picture).all() and seen.picture.min() >= 0 and seen.picture.max() <= 1
    assert np.abs(seen.ground - plain.ground).mean() > 0.01


def test_compose_same_scene_and_seed_gives_same_pixels_and_leaves_what_was_drawn() -> None:
    plain = rendering.draw(scene_of(thing("disc"), setting=TABLE), BOOK, 96)
    kept = plain.picture.copy()
    first, again = (composing.compose(plain, [(TABLE, 3, 1.0)]) for _ in range(2))
    assert np.array_equal(first.picture, again.picture) and np.array_equal(plain.picture, kept)


def test_compose_other_seed_gives_another_place_and_the_same_thing() -> None:
    one, other = (composed(thing("disc"), seed=seed) for seed in (3, 4))
    assert np.abs(one.ground - other.ground).mean() > 0.01
    inside = one.numbers == 1
    assert np.abs(one.things - other.things)[inside].mean() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("size", [48, 64, 100, 128, 256])
def test_compose_at_any_size_shows_the_same(size: int) -> None:
    large, small = composed(thing("disc"), size=192).picture, composed(thing("disc"), size=size).picture
    means = [
        np.stack(
            [np.stack([part.mean((0, 1)) for part in np.array_split(row, 4, 1)]) for row in np.array_split(each, 4, 0)]
        )
        for each in (large, small)
    ]
    assert np.abs(means[0] - means[1]).max() < 0.09


def test_compose_at_an_odd_size_is_a_picture() -> None:
    assert composed(thing("disc"), size=33).picture.shape == (33, 33, 3)


def test_compose_things_that_move_a_little_change_hardly_more_than_they_did_as_drawn() -> None:
    scenes = [scene_of(thing("house", 0.4 + 0.004 * at), thing("sun", 0.7, 0.6, 0.3), setting=TABLE) for at in range(8)]
    plain = [rendering.draw(scene, BOOK, 96) for scene in scenes]
    seen = [composing.compose(each, [(TABLE, 3, 1.0)]) for each in plain]
    before, after = ([float(np.abs(a.picture - b.picture).mean()) for a, b in pairwise(each)] for each in (plain, seen))
    assert max(before) > 0 and all(new < 0.001 + 2 * old for old, new in zip(before, after, strict=True))


def test_between_two_settings_steps_are_small_and_ends_are_what_compose_makes() -> None:
    last = Setting("hills", 0.6, ("90a8c8", "d0d8e0", "708070", "80a060", "c0a070"), 0.6, 9, "dusk", modelling=1.0)
    first_scene, last_scene = scene_of(thing("disc"), setting=TABLE), scene_of(thing("house"), setting=last)
    mixture = mixing.Mixture(first_scene, last_scene, BOOK, PartCache(BOOK))

    def at(t: float) -> Array:
        return composing.compose(mixture.at(t, 64), [(TABLE, 3, 1 - t), (last, 8, t)]).picture

    frames = [at(0.4 + 0.01 * step) for step in range(8)]
    changes = [np.abs(a - b).mean() for a, b in pairwise(frames)]
    assert max(changes) < 0.012 and max(changes) < 3 * min(changes)
    ends = (
        composing.compose(mixture.at(0, 64), [(TABLE, 3, 1.0)]),
        composing.compose(mixture.at(1, 64), [(last, 8, 1.0)]),
    )
    assert np.array_equal(at(0), ends[0].picture) and np.array_equal(at(1), ends[1].picture)


@pytest.mark.parametrize("side", [-0.8, 0.8])
def test_compose_thing_is_lit_on_the_side_of_the_light_and_throws_its_shadow_to_the_other(side: float) -> None:
    setting = replace(TABLE, light=side)
    seen = composed(thing("disc", 0.5, 0.65, 0.4), setting=setting)
    light = light_of(seen.things[..., :3])
    rows = slice(56, 68)
    left, right = light[rows, 34:42].mean(), light[rows, 54:62].mean()
    assert (left - right) * -side > 0.04
    empty = composed(setting=setting)
    darker = light_of(empty.ground) - light_of(seen.ground)
    left, right = darker[66:84, 4:30].mean(), darker[66:84, 66:92].mean()
    assert (right - left) * -side > 0.01


def test_compose_ground_is_darkest_where_a_thing_touches_it() -> None:
    seen, empty = composed(thing("square", 0.5, 0.6, 0.4)), composed()
    darker = light_of(empty.ground) - light_of(seen.ground)
    assert darker[76:80, 34:60].mean() > darker[88:, 34:60].mean() + 0.1


def test_compose_water_shows_what_floats_on_it_upside_down() -> None:
    sea = replace(TABLE, kind="sea", horizon=0.4)
    red, blue = (composed(thing("square", 0.5, 0.5, 0.3, colour=name), setting=sea) for name in ("red", "blue"))
    below = np.s_[64:72, 36:60]
    lab = [colour.lab(seen.ground)[below].mean((0, 1)) for seen in (red, blue)]
    assert lab[0][1] > lab[1][1] + 0.02 and lab[0][2] > lab[1][2] + 0.02


@pytest.mark.parametrize("name", [name for name in COLOURS if name not in ("black", "white", "grey")])
def test_compose_thing_of_a_colour_is_still_nearest_to_it(name: str) -> None:
    seen = composed(thing("disc", 0.5, 0.6, 0.5, colour=name))
    lab = colour.lab(seen.things[..., :3])[seen.numbers == 1].mean(0)
    hue = float(np.arctan2(lab[2], lab[1]))
    away = {
        each: _apart(np.radians(degrees), hue) + 0.9 * abs(light - lab[0])
        for each, (light, _, degrees) in NAMED.items()
        if each not in ("black", "white", "grey")
    }
    assert min(away, key=lambda each: away[each]) == name


def test_compose_black_stays_dark_and_white_light() -> None:
    black, white = (composed(thing("disc", 0.5, 0.6, 0.5, colour=name)) for name in ("black", "white"))
    dark, light = (float(light_of(seen.things[..., :3])[seen.numbers == 1].mean()) for seen in (black, white))
    assert dark < 0.42 and light > 0.72


def test_compose_bright_part_of_a_thing_is_kept() -> None:
    seen = composed(thing("house", 0.5, 0.6, 0.6))
    light = light_of(seen.things[..., :3])
    window, body = light[48:56, 39:47].mean(), light[62:76, 56:70].mean()
    assert window > body + 0.2


def test_compose_photo_keeps_its_surroundings() -> None:
    photo = np.zeros((32, 32, 3), np.uint8)
    photo[:, 16:] = (200, 150, 90)
    around = Surroundings(digest="a", picture=photo)
    plain = rendering.draw(scene_of(setting=around), BOOK, 64)
    seen = composing.compose(plain, [(around, 1, 1.0)])
    assert light_of(seen.ground)[:, 40:].mean() > light_of(seen.ground)[:, :24].mean() + 0.3
