"""Scenes with a composition are drawn in its marks, those without as ever; between them nothing jumps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sketch import rendering
from sketch.compositions import composing
from sketch.compositions.composition import Composition
from sketch.compositions.register import STYLES
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import Scene, Setting, Thing
from tests.support.drawings import DIGESTS, book

pytestmark = pytest.mark.slow

BOOK = book()
PLAIN = Scene((Thing(DIGESTS["cat face"], 0.5, 0.5, 0.7),), Setting("plain", 1.0, modelling=1.0))
LINOCUT = replace(PLAIN, composition=Composition("linocut", inks=("efe6d2", "1c1a19")))
SQUARES = replace(PLAIN, composition=Composition("squares", inks=STYLES["squares"].inks[0]))


def test_scene_with_marks_is_drawn_in_its_inks() -> None:
    drawn = rendering.draw(LINOCUT, BOOK, 96)
    assert np.min(drawn.graphic) == 1 and drawn.things[..., 3].max() == 0
    assert (drawn.numbers > 0).any()
    chroma = drawn.picture.max(-1) - drawn.picture.min(-1)
    assert chroma.max() < 0.15  # paper and ink, whatever colour the drawing has


def test_painted_composition_leaves_things_and_ground() -> None:
    one, other = (rendering.draw(replace(PLAIN, composition=each), BOOK, 64) for each in (None, Composition()))
    assert not np.any(other.graphic) and one.things[..., 3].max() == other.things[..., 3].max() == 1


PAIRS = [(LINOCUT, SQUARES), (PLAIN, LINOCUT), (SQUARES, PLAIN), (LINOCUT, LINOCUT)]


@pytest.mark.parametrize(("first", "last"), PAIRS)
def test_walk_between_compositions_begins_and_ends_with_them_and_does_not_jump(first: Scene, last: Scene) -> None:
    moved = replace(last, things=(replace(last.things[0], x=0.4, size=0.6),))
    mixture = Mixture(first, moved, BOOK, PartCache(BOOK))
    frames = [mixture.at(t, 64).picture for t in np.linspace(0, 1, 25)]
    assert np.array_equal(frames[0], rendering.draw(first, BOOK, 64).picture)
    assert np.array_equal(frames[-1], rendering.draw(moved, BOOK, 64).picture)
    steps = [float(np.sqrt(((one - other) ** 2).mean())) for one, other in pairwise(frames)]
    assert max(steps) < 4 * np.mean(steps)


def test_choose_follows_from_its_seeds() -> None:
    one = composing.choose("linocut", seed=3, walk_seed=9)
    assert one == composing.choose("linocut", seed=3, walk_seed=9)
    other = composing.choose("linocut", seed=4, walk_seed=9)
    assert (one.layout, one.seed, one.scale) == (other.layout, other.seed, other.scale)
    assert len({composing.choose("linocut", seed=seed).inks for seed in range(30)}) > 3


def test_choose_takes_inks_near_the_colour_that_was_asked_for() -> None:
    from sketch import colour

    for name in ("red", "green", "blue"):
        inks = composing.choose("linocut", seed=1, colours=(name,)).inks[1:]
        wanted = colour.tone(colour.polar(*colour.NAMED[name]))
        others = [ink for each in STYLES["linocut"].inks for ink in each[1:]]
        near, all_ = (
            min(np.linalg.norm(np.subtract(colour.tone(colour.parse_hex(ink)), wanted)) for ink in of)
            for of in (inks, others)
        )
        assert near <= all_ + 0.2


def test_cells_of_a_grid_turn_one_after_the_other() -> None:
    grid = Composition("silkscreen", "grid", 2, 2, STYLES["silkscreen"].inks[0], seed=5)
    first = replace(PLAIN, composition=grid)
    last = replace(first, things=(Thing(DIGESTS["square"], 0.5, 0.5, 0.7),))
    mixture = Mixture(first, last, BOOK, PartCache(BOOK))
    ends, middle = [mixture.at(t, 128).numbers > 0 for t in (0, 1)], mixture.at(0.5, 128).numbers > 0
    cells = [(slice(row, row + 64), slice(column, column + 64)) for row in (0, 64) for column in (0, 64)]
    way = [(middle[cell] ^ ends[0][cell]).sum() / (ends[1][cell] ^ ends[0][cell]).sum() for cell in cells]
    assert min(way) < 0.2 and max(way) > 0.8
    frames = [mixture.at(t, 64).picture for t in np.linspace(0, 1, 17)]
    steps = [float(np.abs(one - other).mean()) for one, other in pairwise(frames)]
    assert max(steps) < 3 * np.mean(steps)
