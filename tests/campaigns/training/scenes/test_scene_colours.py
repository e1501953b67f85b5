"""A style's colours are paired with those of scenes: a few stand for many, and many stay what they are."""

from pathlib import Path

import numpy as np
import pytest

from sketch import colour, sketchbook
from studio.scenes import scene_colours
from studio.scenes.scene_colours import SceneColours

SIDE = 16
AMBER, UMBER = (1.0, 0.69, 0.15), (0.17, 0.09, 0.05)


@pytest.fixture(scope="module")
def shown() -> np.ndarray:
    """Colours of all sorts, in Oklab."""
    return colour.lab(np.random.default_rng(1).random((400, 3)).astype(np.float32))


def of_two(first: tuple[float, ...], second: tuple[float, ...]) -> np.ndarray:
    """A sketch whose upper half is of one colour, its lower half of another."""
    made = np.full((4, SIDE, SIDE), 0.3, np.float32)
    for half, tone in ((slice(0, SIDE // 2), first), (slice(SIDE // 2, SIDE), second)):
        made[:3, half] = np.float32(tone)[:, None, None] * 2 - 1
    return made


def tones(sketch: np.ndarray) -> np.ndarray:
    """The colours (n, 3) of a sketch, in Oklab."""
    return colour.lab((sketch[:3].reshape(3, -1).T / 2 + 0.5).astype(np.float32))


def test_style_of_two_colours_is_led_by_many_the_lighter_by_lighter_ones(shown: np.ndarray) -> None:
    plain = of_two(AMBER, UMBER)
    pairs = SceneColours(scene_colours.sample_colours([plain] * 4, 4, 0), shown)
    made = [pairs.laid_on(plain, None, np.random.default_rng(seed)) for seed in range(40)]
    assert all(np.array_equal(each[3], plain[3]) and np.abs(each).max() <= 1 for each in made)
    upper, lower = (np.stack([tones(each[:, half])[0] for each in made]) for half in (slice(0, 8), slice(8, 16)))
    for half in (upper, lower):
        hues = np.arctan2(half[:, 2], half[:, 1])
        assert len(np.unique(half.round(2), axis=0)) > 20 and len(set((hues * 3 / np.pi).round())) >= 4
    assert upper[:, 0].mean() > lower[:, 0].mean() + 0.2


def test_style_that_has_the_colours_of_scenes_is_led_by_its_own(shown: np.ndarray) -> None:
    red_on_blue = of_two((0.8, 0.1, 0.1), (0.1, 0.2, 0.8))
    pairs = SceneColours(shown[::-1], shown)
    made = pairs.laid_on(red_on_blue, None, np.random.default_rng(0))
    assert np.allclose(made, red_on_blue, atol=0.02)


def test_paler_style_is_led_by_stronger_colours_of_the_same_hue(shown: np.ndarray) -> None:
    pale = shown * np.float32([0.3, 0.3, 0.3]) + np.float32([0.65, 0, 0])
    pairs = SceneColours(pale, shown)
    tone = tuple(float(each) for each in colour.polar(0.83, 0.06, 27))
    made = np.stack([tones(pairs.laid_on(of_two(tone, tone), None, np.random.default_rng(seed)))[0]
                     for seed in range(20)]).mean(0)  # fmt: skip
    assert np.hypot(*made[1:]) > 0.09 and abs(np.degrees(np.arctan2(made[2], made[1])) - 27) < 25


def test_grain_of_the_paper_becomes_no_pattern(shown: np.ndarray) -> None:
    grain = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32) * 0.02
    paper = of_two((0.1, 0.25, 0.5), (0.1, 0.25, 0.5))
    paper[:3] += grain
    pairs = SceneColours(scene_colours.sample_colours([paper] * 4, 4, 0), shown)
    for seed in range(10):
        made = tones(pairs.laid_on(paper, None, np.random.default_rng(seed)))
        assert made.std(0).max() < 0.05


def test_thing_is_led_by_other_colours_than_what_is_around_it(shown: np.ndarray) -> None:
    plain = of_two(AMBER, AMBER)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[4:12, 4:12] = True
    pairs = SceneColours(scene_colours.sample_colours([plain] * 4, 4, 0), shown)
    found = 0
    for seed in range(20):
        made = tones(pairs.laid_on(plain, inside, np.random.default_rng(seed))).reshape(SIDE, SIDE, 3)
        assert made[inside].std(0).max() < 0.01 and made[~inside].std(0).max() < 0.01
        found += bool(np.abs(made[inside].mean(0) - made[~inside].mean(0)).max() > 0.1)
    assert found > 12


def test_table_gives_scenes_the_colours_of_the_style(shown: np.ndarray) -> None:
    own = scene_colours.sample_colours([of_two(AMBER, UMBER)] * 4, 4, 0)
    table = SceneColours(own, shown).table("prints")
    scene = np.concatenate([np.random.default_rng(3).uniform(-1, 1, (3, 30, 30)), np.ones((1, 30, 30))])
    made = tones(table.recolour_sketch(scene.astype(np.float32), 1.0))
    light, dark = made[made[:, 0] > 0.5], made[made[:, 0] <= 0.5]
    assert table.words == "prints" and 0.3 < len(light) / len(made) < 0.7
    for found, tone in ((light, AMBER), (dark, UMBER)):
        assert np.abs(np.median(found, 0) - colour.lab(np.float32([tone]))[0]).max() < 0.04


@pytest.mark.slow
def test_colours_of_scenes_are_of_all_hues_and_drawn_again_from_the_same_seed() -> None:
    book = sketchbook.load(Path("models/house/sketchbook.zip"))
    found = scene_colours.library_colours(book, 1)
    assert found.shape == (scene_colours.PAIRS, 3) and found.dtype == np.float32
    assert np.array_equal(found, scene_colours.library_colours(book, 1))
    strong = found[np.hypot(found[:, 1], found[:, 2]) > 0.04]
    hues = (np.degrees(np.arctan2(strong[:, 2], strong[:, 1])) // 60).astype(int)
    assert len(set(hues.tolist())) >= 5 and found[:, 0].std() > 0.1
