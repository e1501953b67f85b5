"""What was asked for in a colour is seen in it, in every style of several colours; the rest of a palette stays."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sketch import colour, rendering
from sketch.compositions import composing, dyeing
from sketch.compositions.composition import PAINTED, Composition
from sketch.compositions.register import STYLES
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import Scene, Setting, Thing
from tests.support.drawings import DIGESTS, book

BOOK = book()
INKED = ("cyanotype", "etching", "linocut", "op-dots", "op-lines", "scratchboard")
"""Styles of one or two inks: they show no colour but these."""

COLOURFUL = [PAINTED, *(marks for marks in STYLES if marks not in INKED)]
INKS = ("efe3c8", "17211f", "1f5a54", "c8452c", "d9a441")


def _scene(marks: str, name: str, seed: int = 3) -> Scene:
    if marks == PAINTED:
        composition = Composition(seed=seed)
    else:
        chosen = composing.choose(marks, seed=seed, colours=(name,) if name else ())
        composition = replace(chosen, layout="single", rows=1, columns=1)
    thing = Thing(DIGESTS["cat face"], 0.5, 0.5, 0.8, colour=name)
    return Scene((thing,), Setting("plain", 1.0, modelling=0.5), composition=composition)


def _shown(scene: Scene) -> np.ndarray:
    drawn = rendering.draw(scene, BOOK, 64)
    return np.asarray(colour.lab(drawn.picture[drawn.numbers > 0]).mean(0))


def _off(lab: np.ndarray, name: str) -> float:
    hue = math.degrees(math.atan2(lab[2], lab[1]))
    return abs((hue - colour.NAMED[name][2] + 180) % 360 - 180)


@pytest.mark.parametrize("marks", COLOURFUL)
@pytest.mark.parametrize("name", ["red", "yellow", "green", "blue"])
def test_thing_asked_for_in_a_colour_keeps_its_hue(marks: str, name: str) -> None:
    lab = _shown(_scene(marks, name))
    assert _off(lab, name) < 35 and math.hypot(lab[1], lab[2]) > 0.03


@pytest.mark.parametrize("marks", COLOURFUL)
def test_thing_asked_for_in_white_is_lighter_than_in_black(marks: str) -> None:
    assert _shown(_scene(marks, "white"))[0] > _shown(_scene(marks, "black"))[0] + 0.05


@pytest.mark.slow
@pytest.mark.parametrize("marks", ["painted", "squares", "poster", "woodcut"])
def test_walk_from_one_colour_to_another_does_not_jump(marks: str) -> None:
    first, last = _scene(marks, "red"), _scene(marks, "blue")
    for one, other in ((first, last), (_scene(marks, ""), last)):
        mixture = Mixture(one, other, BOOK, PartCache(BOOK))
        frames = [mixture.at(t, 64).picture for t in np.linspace(0, 1, 25)]
        steps = [float(np.sqrt(((a - b) ** 2).mean())) for a, b in pairwise(frames)]
        assert max(steps) < 5 * np.mean(steps)


def test_cyanotype_of_what_was_asked_for_in_red_keeps_inks_of_its_own() -> None:
    chosen = composing.choose("cyanotype", seed=3, colours=("red",))
    assert chosen.inks in STYLES["cyanotype"].inks


def test_dyed_replaces_one_ink_and_keeps_the_rest() -> None:
    dyed = dyeing.dye(INKS, ("purple",))
    changed = [number for number, (one, other) in enumerate(zip(INKS, dyed, strict=True)) if one != other]
    assert len(changed) == 1 and changed != [0]
    assert _off(colour.lab(colour.parse_hex(dyed[changed[0]])), "purple") < 10


def test_dyed_with_an_ink_like_the_colour_changes_nothing() -> None:
    own = colour.to_hex(colour.polar(*colour.NAMED["red"]))
    assert dyeing.dye((*INKS, own), ("red",)) == (*INKS, own)


def test_dyed_own_inks_all_take_the_colour_and_stay_apart() -> None:
    dyed = [colour.lab(colour.parse_hex(ink)) for ink in dyeing.dye(INKS, ("blue",), own=(2, 4))]
    assert all(_off(dyed[number], "blue") < 12 for number in (2, 4))
    assert dyed[4][0] > dyed[2][0] + 0.05


def test_dyed_without_colours_changes_nothing() -> None:
    assert dyeing.dye(INKS, ()) == INKS == dyeing.dye(INKS, (), own=(2,))
