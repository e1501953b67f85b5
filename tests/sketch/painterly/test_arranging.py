"""Where things stand in a painterly scene: seen whole enough, on their feet, lying where they would tip over."""

import math

import numpy as np
import pytest

from sketch import arrangement, rendering
from sketch.arrangement import Item, Wish
from sketch.painterly import arranging, posture
from tests.support import drawings

SHAPES = {
    "key": ("tool", '<path fill="#c80" d="M4 25 25 4l3 3L7 28z"/>'),
    "cup": ("dishware", '<rect x="8" y="10" width="16" height="14" fill="#28c"/>'),
    "horse": ("animal-mammal", '<rect x="4" y="10" width="24" height="12" fill="#840"/>'),
    "airplane": ("transport-air", '<path fill="#ccc" d="M4 25 25 4l3 3L7 28z"/>'),
    "queen": ("person-role", '<path fill="#c24" d="M12 3h8v11l9 5v11H3V19l9-5z"/>'),
    "runner": ("person-sport", '<path fill="#c24" d="M12 3h8v11l9 5-9 11H15V19l-9-5z"/>'),
    "shoe": ("clothing", '<path fill="#c24" d="M4 4 28 25v3H4z"/>'),
    "lion": ("animal-mammal", '<circle cx="16" cy="16" r="14" fill="#e92"/>'),
}
BOOK = drawings.book_of(SHAPES)
DIGESTS = drawings.digests_of(BOOK)
SEEDS = range(12)


def item(name: str, count: int = 1) -> Item:
    return Item(DIGESTS[name], name, SHAPES[name][0], count, appearance=BOOK.appearance(DIGESTS[name]))


def test_arrange_same_seed_gives_same_scene_and_others_differ() -> None:
    scenes = [arranging.arrange([item("cup")], Wish(), seed, BOOK) for seed in (1, 1, 2)]
    assert scenes[0] == scenes[1] != scenes[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_tilted_tool_lies_on_the_table_and_an_aeroplane_flies_as_it_is(seed: int) -> None:
    key = arranging.arrange([item("key")], Wish(kind="table"), seed, BOOK).things[0]
    assert abs(posture.measure_posture(key.drawing, BOOK, turn=key.turn, mirrored=key.mirrored).angle) < 0.25
    plane = arranging.arrange([item("airplane")], Wish(kind="sky"), seed, BOOK).things[0]
    assert abs(plane.turn) < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_tilted_thing_on_a_broad_base_stands_on_it(seed: int) -> None:
    assert arranging.arrange([item("shoe")], Wish(kind="table"), seed, BOOK).things[0].turn == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_bust_is_cut_off_by_the_frame_and_a_whole_person_is_not(seed: int) -> None:
    feet = []
    for name in ("queen", "runner"):
        thing = arranging.arrange([item(name)], Wish(kind="hills"), seed, BOOK).things[0]
        feet.append(thing.y + posture.measure_posture(thing.drawing, BOOK).bottom * thing.size)
    assert feet[0] >= 1 > feet[1]


@pytest.mark.parametrize("name", ["cup", "horse", "key"])
@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_thing_alone_stands_on_the_ground_and_is_mostly_seen(name: str, seed: int) -> None:
    scene = arranging.arrange([item(name)], Wish(kind="hills"), seed, BOOK)
    drawn = rendering.draw(scene, BOOK, 96)
    rows, columns = np.nonzero(drawn.numbers == 1)
    assert len(rows) > 300 and rows.max() / 96 > scene.setting.horizon
    if name == "horse":
        assert columns.min() > 0 and columns.max() < 95 and rows.min() > 0


def test_arrange_thing_alone_is_seldom_in_the_middle() -> None:
    middles = [arranging.arrange([item("horse")], Wish(), seed, BOOK).things[0].x for seed in range(24)]
    assert np.median(np.abs(np.array(middles) - 0.5)) > 0.04


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_several_are_all_seen(count: int, seed: int) -> None:
    scene = arranging.arrange([item("cup", count)], Wish(), seed, BOOK)
    numbers = rendering.draw(scene, BOOK, 96).numbers
    areas = [(numbers == number).sum() for number in range(1, count + 1)]
    assert len(scene.things) == count and min(areas) > 0.25 * max(areas)


@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_different_things_are_of_different_sizes_and_all_seen(seed: int) -> None:
    scene = arranging.arrange([item("cup"), item("key"), item("horse")], Wish(), seed, BOOK)
    numbers = rendering.draw(scene, BOOK, 96).numbers
    assert len(scene.things) == 3 and all((numbers == number).sum() > 60 for number in (1, 2, 3))


@pytest.mark.parametrize("wish", [Wish(composition="grid"), Wish(composition="close-up")])
def test_arrange_what_words_ask_for_is_arranged_as_in_any_scene(wish: Wish) -> None:
    items = [item("cup"), item("horse")]
    assert arranging.arrange(items, wish, 5, BOOK).things == arrangement.arrange(items, wish, 5).things


@pytest.mark.parametrize("seed", SEEDS)
def test_arrange_related_things_keep_their_places_to_each_other_and_fill_the_picture(seed: int) -> None:
    items = [item("cup"), item("horse")]
    lower, upper = arranging.arrange(items, Wish(relation="above"), seed, BOOK).things
    usual = arrangement.arrange(items, Wish(relation="above"), seed).things
    assert upper.y < lower.y
    assert lower.size / upper.size == pytest.approx(usual[0].size / usual[1].size)
    rows, columns = np.nonzero(
        rendering.draw(arranging.arrange(items, Wish(relation="above"), seed, BOOK), BOOK, 96).numbers
    )
    assert max(np.ptp(rows), np.ptp(columns)) > 0.75 * 96


def test_posture_long_axis_is_found_and_turned_by_the_turn() -> None:
    key = posture.measure_posture(DIGESTS["key"], BOOK)
    assert key.angle == pytest.approx(-math.pi / 4, abs=0.05) and key.ratio > 3 and key.is_tilted
    laid = posture.measure_posture(DIGESTS["key"], BOOK, turn=math.pi / 4)
    assert laid.angle == pytest.approx(0, abs=0.05) and not laid.is_tilted and laid.wide > laid.high


def test_posture_what_is_filled_is_found() -> None:
    cup = posture.measure_posture(DIGESTS["cup"], BOOK)
    assert (cup.left, cup.right) == pytest.approx((-0.25, 0.25), abs=0.03)
    assert (cup.top, cup.bottom) == pytest.approx((10 / 32 - 0.5, 24 / 32 - 0.5), abs=0.03)
