"""Several of one thing are a group: each has its own distance, side and turn, and all can be counted."""

from itertools import combinations

import pytest

from sketch.arrangement import FLAT, Item, Wish
from sketch.compositions.register import STYLES
from sketch.painterly import posture
from sketch.scene import Scene, Thing
from sketch.styling import grouping, styled
from tests.support import drawings

SHAPES = {
    "cup": ("dishware", '<rect x="8" y="10" width="16" height="14" fill="#28c"/>'),
    "mug": ("dishware", '<rect x="6" y="8" width="18" height="16" fill="#c28"/>'),
    "horse": ("animal-mammal", '<rect x="4" y="10" width="24" height="12" fill="#840"/>'),
    "kite": ("sport", '<path fill="#c24" d="M16 2 28 16 16 30 4 16z"/>'),
    "clock": ("time", '<circle cx="16" cy="16" r="14" fill="#e92"/>'),
    "dusk": ("sport", '<rect x="2" y="2" width="28" height="28" rx="4" fill="#c40"/>'),
}
BOOK = drawings.book_of(SHAPES)
DIGESTS = drawings.digests_of(BOOK)
SEEDS = range(8)


def item(name: str, count: int, *variants: str) -> Item:
    look = BOOK.appearance(DIGESTS[name])
    return Item(DIGESTS[name], name, SHAPES[name][0], count, "", 1.0, look, tuple(DIGESTS[each] for each in variants))


def arranged(one: Item, seed: int, *, marks: str = "linocut", wish: Wish | None = None) -> Scene:
    return styled.arrange([one], wish or Wish(), seed, marks=marks, book=BOOK)


def box(thing: Thing) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of the part of a thing that is seen."""
    seen = posture.measure_posture(thing.drawing, BOOK, turn=thing.turn, mirrored=thing.mirrored)
    return (
        thing.x + seen.left * thing.size, thing.y + seen.top * thing.size,
        thing.x + seen.right * thing.size, thing.y + seen.bottom * thing.size,
    )  # fmt: skip


@pytest.mark.parametrize("count", [2, 3, 5, 9, 12, 24])
@pytest.mark.parametrize("name", ["cup", "horse", "kite"])
def test_as_many_are_shown_as_were_counted_and_none_is_cut_off(name: str, count: int) -> None:
    things = arranged(item(name, count), seed=3).things
    assert len(things) == count
    for left, top, right, bottom in map(box, things):
        assert min(left, top) > -0.02 and max(right, bottom) < 1.02


@pytest.mark.parametrize("seed", SEEDS)
def test_things_differ_in_size_and_side_and_are_no_rows(seed: int) -> None:
    things = arranged(item("horse", 5), seed).things
    sizes = sorted(thing.size for thing in things)
    assert sizes[-1] / sizes[0] > 1.2
    assert len({round(box(thing)[3], 2) for thing in things}) > 2
    assert len({round(thing.turn, 6) for thing in things}) == 5


@pytest.mark.parametrize("seed", SEEDS)
def test_nearer_things_on_the_ground_are_larger_and_stand_in_front(seed: int) -> None:
    scene = arranged(item("cup", 4), seed)
    feet = [box(thing)[3] for thing in scene.things]
    assert scene.things[0].size < scene.things[-1].size
    assert feet[0] < feet[-1]
    assert all(foot > scene.setting.horizon for foot in feet)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_can_be_counted(seed: int) -> None:
    for one, other in combinations(map(box, arranged(item("cup", 6), seed).things), 2):
        wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
        small = min((each[2] - each[0]) * (each[3] - each[1]) for each in (one, other))
        assert max(0.0, wide) * max(0.0, high) <= (grouping.COVERED + 0.02) * small


def test_other_drawings_of_the_name_are_among_them() -> None:
    assert {thing.drawing for thing in arranged(item("cup", 3, "mug"), 1).things} == {DIGESTS["cup"], DIGESTS["mug"]}


def test_drawing_that_is_a_picture_in_a_square_is_passed_over_where_there_is_another() -> None:
    things = arranged(item("dusk", 3, "kite"), 1).things
    assert {thing.drawing for thing in things} == {DIGESTS["kite"]}


def test_what_bears_signs_is_not_mirrored() -> None:
    mirrored = {name: {thing.mirrored for seed in SEEDS for thing in arranged(item(name, 4), seed).things}
                for name in ("clock", "cup")}  # fmt: skip
    assert mirrored == {"clock": {False}, "cup": {False, True}}


@pytest.mark.parametrize("marks", sorted(STYLES))
def test_several_things_are_shown_once_and_upright(marks: str) -> None:
    for seed in SEEDS:
        chosen = arranged(item("cup", 3), seed, marks=marks).composition
        assert chosen is not None and (chosen.layout, chosen.rows, chosen.columns, chosen.tilt) == ("single", 1, 1, 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_group_stands_in_a_place_and_not_before_a_flat_ground(seed: int) -> None:
    assert arranged(item("horse", 3), seed).setting.kind not in FLAT
    assert arranged(item("horse", 3), seed, wish=Wish(kind="plain")).setting.kind == "plain"


def test_requested_grid_stays_a_grid() -> None:
    rows = {round(thing.y, 3) for thing in arranged(item("cup", 12), 1, wish=Wish(composition="grid")).things}
    assert len(rows) == 3


def test_painted_group_is_placed_likewise() -> None:
    scene = arranged(item("cup", 4), 1, marks="painted")
    assert len(scene.things) == 4 and scene == arranged(item("cup", 4), 1, marks="painted")
