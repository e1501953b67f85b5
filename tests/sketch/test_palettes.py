"""Tones of settings: five of them for all that can be asked, from chance alone, and as was asked."""

import itertools
import random

import numpy as np
import pytest

from sketch import colour, palettes, scene


def tones(kind: str, time: str = "day", weather: str = "", seed: int = 1, **others: str) -> tuple[str, ...]:
    return palettes.tones(kind, time, weather, random.Random(seed), **others)


def lightness(found: tuple[str, ...]) -> list[float]:
    return [float(colour.lab(colour.parse_hex(tone))[0]) for tone in found]


def test_every_setting_has_tones_that_a_scene_may_have() -> None:
    for kind, time, weather in itertools.product(scene.KINDS, scene.TIMES, scene.WEATHERS):
        found = tones(kind, time, weather)
        whole = {"version": 1, "things": [], "setting": {"kind": kind, "tones": list(found)}}
        assert scene.read_scene(whole).setting.tones == found and len(set(found)) > 2


def test_tones_follow_from_the_dice_and_differ_with_them() -> None:
    assert tones("hills", seed=3) == tones("hills", seed=3)
    assert len({tones("hills", seed=seed) for seed in range(20)}) == 20


@pytest.mark.parametrize("kind", ["hills", "sea", "street", "desert", "room", "table"])
def test_nights_are_darker_than_days(kind: str) -> None:
    day, night = (np.mean([lightness(tones(kind, time, seed=seed)) for seed in range(20)]) for time in ("day", "night"))
    assert night < day - 0.15


def test_rain_takes_colour_away_and_snow_lies_on_the_ground() -> None:
    def chroma(weather: str) -> float:
        found = [
            colour.lab(colour.parse_hex(tone)) for seed in range(20) for tone in tones("hills", "day", weather, seed)
        ]
        return float(np.mean([np.hypot(of[1], of[2]) for of in found]))

    assert chroma("rain") < 0.75 * chroma("")
    for seed in range(20):
        ground = colour.lab(colour.parse_hex(tones("hills", "day", "snow", seed)[3]))
        assert ground[0] > 0.9 and float(np.hypot(ground[1], ground[2])) < 0.05


@pytest.mark.parametrize("name", scene.COLOURS)
def test_ground_that_was_asked_for_is_behind_the_things(name: str) -> None:
    light, chroma, degrees = colour.NAMED[name]
    for seed in range(5):
        for tone in tones("plain", seed=seed, ground=name)[:2]:
            of = colour.lab(colour.parse_hex(tone))
            assert abs(float(of[0]) - light) < 0.13
            if chroma > 0.05:
                turn = np.degrees(np.arctan2(of[2], of[1])) - degrees
                assert abs((turn + 180) % 360 - 180) < 25
