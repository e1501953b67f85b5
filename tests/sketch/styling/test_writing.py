"""Lettering in scenes: on what bears it, legible, and below beings."""

import pytest

from sketch import lettering
from sketch.arrangement import Item, Wish
from sketch.compositions.composition import PAINTED
from sketch.scene import Scene
from sketch.styling import styled, writing
from tests.support.drawings import DIGESTS, book

START = Item(lettering.code("Start"), "“START”", lettering.KIND)
END = Item(lettering.code("End"), "“END”", lettering.KIND)


def scene_of(*items: Item, marks: str = "linocut", seed: int = 3) -> Scene:
    return styled.arrange(items, Wish("plain"), seed, marks=marks, book=book())


@pytest.mark.parametrize("marks", ["linocut", PAINTED, ""])
def test_lettering_is_in_front_on_the_face_of_what_bears_it(marks: str) -> None:
    sign = Item(DIGESTS["disc"], "wooden sign", "object")
    wall, letters = scene_of(sign, START, marks=marks).things
    assert (wall.drawing, letters.drawing) == (sign.drawing, START.drawing)
    assert abs(letters.x - wall.x) < 0.15 and abs(letters.y - wall.y) < 0.1 * wall.size
    assert letters.size == pytest.approx(max(writing.SHARE * wall.size, writing.LEAST), abs=0.01)


def test_what_a_being_says_is_a_line_below_it() -> None:
    *_, letters = scene_of(Item(DIGESTS["disc"], "dog", "animal-mammal"), START).things
    foot = letters.y + letters.size * lettering.height(START.drawing) / 2
    assert letters.x == 0.5 and foot == pytest.approx(1 - writing.EDGE, abs=0.01)


def test_surface_bears_the_letters_wherever_it_is_named() -> None:
    dog, sign = Item(DIGESTS["disc"], "dog", "animal-mammal"), Item(DIGESTS["square"], "placard", "object")
    things = scene_of(dog, sign, START).things
    board = next(thing for thing in things if thing.drawing == sign.drawing)
    assert things[-1].y == pytest.approx(board.y - writing.RAISED * board.size)


def test_two_letterings_alone_stand_above_each_other() -> None:
    placed = {thing.drawing: thing.y for thing in scene_of(START, END).things}
    assert placed[START.drawing] < placed[END.drawing]
