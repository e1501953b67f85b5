"""Drawings that are pictures in a square bleed beyond the frame, and others stay things."""

import gc
import weakref

import pytest

from sketch import arrangement, rendering
from sketch.arrangement import Item, Wish
from sketch.compositions.register import STYLES
from sketch.scene import Scene
from sketch.styling import framed, styled
from tests.support import drawings

SHAPES = {
    "dusk": ("place-other", '<rect x="2" y="2" width="28" height="28" rx="4" fill="#c40"/>'),
    "dial": ("household", '<rect x="2" y="2" width="28" height="28" rx="4" fill="#48c"/>'),
    "notch": ("computer", '<path fill="#333" d="M2 2H23L30 9V30H2z"/>'),
    "ball": ("sport", '<circle cx="16" cy="16" r="14" fill="#e92"/>'),
    "door": ("household", '<rect x="7" y="2" width="18" height="28" fill="#840"/>'),
}
BOOK = drawings.book_of(SHAPES)
DIGESTS = drawings.digests_of(BOOK)


def item(name: str) -> Item:
    return Item(DIGESTS[name], name, SHAPES[name][0], appearance=BOOK.appearance(DIGESTS[name]))


@pytest.mark.parametrize("name", SHAPES)
def test_is_framed_only_a_whole_square_is(name: str) -> None:
    assert framed.is_framed(DIGESTS[name], BOOK) == (name in ("dusk", "dial"))


def test_is_framed_lets_go_of_books_that_others_have_followed() -> None:
    first = drawings.book_of(SHAPES)
    framed.is_framed(DIGESTS["dusk"], first)
    kept = weakref.ref(first)
    del first
    for _ in range(8):
        framed.is_framed(DIGESTS["dusk"], drawings.book_of(SHAPES))
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize("marks", ["painted", next(iter(STYLES))])
@pytest.mark.parametrize("name", ["dusk", "dial"])
@pytest.mark.parametrize("size", [96, (64, 96), (96, 64)])
def test_arranged_picture_in_a_square_fills_the_frame(marks: str, name: str, size: int | tuple[int, int]) -> None:
    scene = styled.arrange([item(name)], Wish(), 5, marks=marks, book=BOOK)
    thing = scene.things[0]
    drawn = rendering.draw(Scene((thing,), scene.setting), BOOK, size)
    assert (drawn.numbers == 1).all() and thing.turn == 0


def test_arrange_other_things_stand_before_a_view() -> None:
    scene = styled.arrange([item("ball"), item("dusk")], Wish(), 5, marks="painted", book=BOOK)
    assert [thing.drawing for thing in scene.things] == [DIGESTS["dusk"], DIGESTS["ball"]]
    assert scene.things[0].size > 1.2


def test_arrange_without_marks_leaves_a_picture_in_a_square_as_it_was() -> None:
    scene = styled.arrange([item("dial")], Wish(), 5, marks="", book=BOOK)
    assert scene == arrangement.arrange([item("dial")], Wish(), 5)


def test_arrange_asked_for_a_grid_keeps_it() -> None:
    scene = styled.arrange([item("dial")], Wish(composition="grid"), 5, marks="painted", book=BOOK)
    assert len(scene.things) > 1
