"""Arranging things: as many as were asked for, where the words say, within the frame, the same from the same seed."""

import itertools
import math
import statistics
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sketch import colour, relations, scene
from sketch.arrangement import Item, Wish, arrange
from sketch.colour import Appearance
from sketch.scene import Scene, Thing

BOAT = Item("boat", "sailboat", "transport-water")
APPLE = Item("apple", "red apple", "food-fruit")
CAT = Item("cat", "cat", "animal-mammal")
EAGLE = Item("eagle", "eagle", "animal-bird")
HOUSE = Item("house", "house", "place-building")
KNOWN = (BOAT, APPLE, CAT, EAGLE, HOUSE)
ITEMS = some.sampled_from(KNOWN)
WISHES = some.builds(
    Wish,
    kind=some.sampled_from(("", *scene.KINDS)),
    time=some.sampled_from(("", *scene.TIMES)),
    weather=some.sampled_from(scene.WEATHERS),
    ground=some.sampled_from(("", "red", "black")),
    relation=some.sampled_from(("", *relations.RELATIONS)),
    composition=some.sampled_from(("", "row", "close-up")),
)


def many(item: Item, count: int) -> Item:
    return Item(item.drawing, item.name, item.kind, count)


def seen(thing: Thing) -> bool:
    """Return whether a good part of a thing lies within the frame."""

    def shown(at: float) -> float:
        return min(1.0, at + thing.size / 2) - max(0.0, at - thing.size / 2)

    return min(shown(thing.x), shown(thing.y)) > 0.35 * min(thing.size, 1.0)


def counts(arranged: Scene) -> Counter[str]:
    return Counter(thing.drawing for thing in arranged.things)


@pytest.mark.slow
@settings(max_examples=150)
@given(some.lists(ITEMS, max_size=5, unique=True), WISHES, some.integers(0, 2**31))
def test_any_request_is_a_scene_within_its_limits_and_the_frame(items: list[Item], wish: Wish, seed: int) -> None:
    arranged = arrange(items, wish, seed)
    assert scene.read_scene(arranged.as_json()).as_json() == arranged.as_json()
    assert counts(arranged) == Counter(item.drawing for item in items)
    assert all(map(seen, arranged.things)), arranged.things
    assert arranged.setting.kind == wish.kind or not wish.kind
    assert arranged.setting.time == wish.time or not wish.time
    assert arranged.setting.weather == wish.weather


@settings(max_examples=60)
@given(ITEMS, some.integers(1, 24), WISHES, some.integers(0, 2**31))
def test_there_are_as_many_of_a_thing_as_were_asked_for(item: Item, count: int, wish: Wish, seed: int) -> None:
    arranged = arrange([many(item, count)], wish, seed)
    assert counts(arranged) == {item.drawing: count} and all(map(seen, arranged.things))


@settings(max_examples=100)
@given(some.integers(1, 12), some.integers(1, 12), WISHES, some.integers(0, 2**31))
def test_there_are_as_many_of_two_things_as_were_asked_for(one: int, other: int, wish: Wish, seed: int) -> None:
    arranged = arrange([many(CAT, one), many(APPLE, other)], wish, seed)
    assert counts(arranged) == {"cat": one, "apple": other} and all(map(seen, arranged.things))


def test_many_of_a_thing_do_not_hide_each_other() -> None:
    for count, seed in itertools.product(range(2, 25), range(8)):
        for one, other in itertools.combinations(arrange([many(APPLE, count)], Wish(), seed).things, 2):
            assert max(abs(one.x - other.x), abs(one.y - other.y)) > 0.55 * min(one.size, other.size)


def placed(relation: str, seed: int, first: Item = CAT, second: Item = APPLE) -> tuple[list[Thing], list[Thing]]:
    arranged = arrange([first, second], Wish(relation=relation), seed)
    return ([each for each in arranged.things if each.drawing == name] for name in (first.drawing, second.drawing))  # type: ignore[return-value]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("relation", relations.RELATIONS)
def test_pair_stands_as_the_word_between_them_says(relation: str, number: int) -> None:
    for seed in range(40):
        firsts, seconds = placed(relation, seed, many(CAT, number), many(APPLE, number))
        assert len(firsts) == len(seconds) == number
        x, y = (statistics.mean(getattr(each, name) for each in firsts) for name in ("x", "y"))
        at_x, at_y = (statistics.mean(getattr(each, name) for each in seconds) for name in ("x", "y"))
        size, at_size = firsts[0].size, seconds[0].size
        if relation in ("above", "on"):
            assert y < at_y - 0.2 and abs(x - at_x) < 0.2
        elif relation == "below":
            assert y > at_y + 0.2
        elif relation == "left":
            assert x < at_x - 0.2
        elif relation == "right":
            assert x > at_x + 0.2
        elif relation == "in":
            assert size < 0.7 * at_size and abs(x - at_x) < 0.1 and abs(y - at_y) < 0.3
        elif relation == "holding":
            assert at_size < size and abs(x - at_x) < (0.4 * size if number == 1 else 0.6)
        elif relation == "wearing":
            assert at_y < y - 0.2 and at_size < size
        elif relation in ("in front", "behind"):
            front, back = (firsts, seconds) if relation == "in front" else (seconds, firsts)
            order = [
                each.drawing
                for each in arrange([many(CAT, number), many(APPLE, number)], Wish(relation=relation), seed).things
            ]
            assert order == [back[0].drawing] * number + [front[0].drawing] * number
            assert front[0].size < back[0].size
        else:
            assert relation == "beside" and abs(x - at_x) > 0.2


def test_thing_may_be_related_to_its_like() -> None:
    arranged = arrange([CAT, CAT], Wish(relation="above"), 1)
    assert counts(arranged) == {"cat": 2}
    arranged = arrange([many(CAT, 2), CAT], Wish(relation="above"), 1)
    assert counts(arranged) == {"cat": 3}


def test_same_seed_gives_the_same_scene_and_another_another() -> None:
    for items in ([CAT], [many(APPLE, 5)], [CAT, APPLE], [CAT, APPLE, BOAT], []):
        drawn = [arrange(items, Wish(), seed) for seed in range(20)]
        assert drawn == [arrange(items, Wish(), seed) for seed in range(20)]
        assert len({str(each) for each in drawn}) == 20


def test_boat_lies_on_the_water() -> None:
    at_sea = [arrange([BOAT], Wish(), seed) for seed in range(60)]
    at_sea = [each for each in at_sea if each.setting.kind == "sea"]
    assert len(at_sea) > 20
    for each in at_sea:
        (boat,) = each.things
        assert each.setting.horizon < boat.y + 0.4 * boat.size < 1.0 and boat.y < each.setting.horizon + 0.15


def test_fruit_lies_on_the_table_and_eagles_fly() -> None:
    for seed in range(60):
        arranged = arrange([APPLE], Wish(kind="table"), seed)
        foot = arranged.things[0].y + 0.47 * arranged.things[0].size
        assert arranged.setting.horizon < foot < 1.0
        flying = arrange([EAGLE], Wish(kind="hills"), seed)
        assert flying.things[0].y < flying.setting.horizon


def test_table_that_is_shown_stands_in_a_room_and_not_on_a_table() -> None:
    table = Item("table", "table", "household")
    assert arrange([APPLE, table], Wish(kind="table", relation="on"), 3).setting.kind == "room"


def test_things_are_where_they_are_at_home_unless_they_are_asked_elsewhere() -> None:
    assert {arrange([BOAT], Wish(), seed).setting.kind for seed in range(50)} == {"sea"}
    kinds = Counter(arrange([APPLE], Wish(), seed).setting.kind for seed in range(200))
    assert kinds["table"] > 120 and set(kinds) == {"table", "plain"}
    assert {arrange([BOAT], Wish(kind="desert"), seed).setting.kind for seed in range(20)} == {"desert"}


def behind(arranged: Scene) -> list[tuple[float, float, float]]:
    """Return what lies behind a thing in a room: wall and floor, in Oklab."""
    return [colour.tone(colour.parse_hex(arranged.setting.tones[place])) for place in (0, 3)]


@pytest.mark.parametrize("tone", [(0.8, 0.03, 0.1), (0.5, -0.1, 0.05), (0.3, 0.0, 0.0)])
def test_things_stand_off_from_what_is_behind_them(tone: tuple[float, float, float]) -> None:
    def nearest(item: Item) -> list[float]:
        rooms = [arrange([item], Wish(kind="room", time="day"), seed) for seed in range(100)]
        return [min(math.dist(tone, each) for each in behind(room)) for room in rooms]

    apart, unseen = nearest(replace(CAT, appearance=Appearance(tone, 0.4))), nearest(CAT)
    assert statistics.quantiles(apart, n=10)[0] > statistics.quantiles(unseen, n=10)[0] + 0.03
    assert statistics.mean(apart) > statistics.mean(unseen) + 0.03


def test_thing_in_a_colour_stands_off_in_that_colour() -> None:
    red = replace(CAT, colour="red", appearance=Appearance(colour.tone(colour.polar(*colour.NAMED["blue"])), 0.4))
    same = replace(CAT, appearance=Appearance(colour.tone(colour.polar(*colour.NAMED["red"])), 0.4))
    for seed in range(20):
        assert arrange([red], Wish(), seed).setting == arrange([same], Wish(), seed).setting


def test_dark_thing_is_shown_by_night_where_that_is_asked_for_alone() -> None:
    dark = replace(CAT, appearance=Appearance((0.3, 0.0, 0.0), 0.4))
    times = {arrange([dark], Wish(kind="hills"), seed).setting.time for seed in range(60)}
    assert times == {"day", "dusk"}
    assert arrange([dark], Wish(kind="hills", time="night"), 1).setting.time == "night"


def test_drawing_of_a_place_that_fills_its_square_fills_the_picture_behind_all_else() -> None:
    city = Item("city", "cityscape", "place-other", appearance=Appearance((0.5, 0.0, 0.0), 0.9))
    for seed in range(30):
        (alone,) = arrange([city], Wish(), seed).things
        first, cat = arrange([CAT, city], Wish(relation="in front"), seed).things
        for view in (alone, first):
            assert (
                view.drawing == "city" and abs(view.x - 0.5) + view.size / 2 > 0.5 < abs(view.y - 0.5) + view.size / 2
            )
        assert (cat.drawing, cat.size < 1) == ("cat", True)


@pytest.mark.parametrize("change", [{"kind": "place-building"}, {"kind": "place-other", "count": 2}])
def test_house_and_several_places_stand_in_a_setting(change: dict[str, Any]) -> None:
    look = Appearance((0.5, 0.0, 0.0), 0.5 if "count" not in change else 0.9)
    arranged = arrange([replace(HOUSE, appearance=look, **change)], Wish(), 1)
    assert all(thing.size < 1 for thing in arranged.things)


@pytest.mark.parametrize("wish", [Wish(weather="snow"), Wish(weather="rain"), Wish(time="night"), Wish(time="dusk")])
def test_weather_and_night_are_outside(wish: Wish) -> None:
    kinds = {arrange([APPLE], wish, seed).setting.kind for seed in range(60)}
    assert not kinds & {"plain", "split", "pattern", "table"}


def test_ground_that_was_asked_for_is_flat() -> None:
    kinds = {arrange([BOAT], Wish(ground="red"), seed).setting.kind for seed in range(60)}
    assert kinds == {"plain", "split", "pattern"}


@pytest.mark.parametrize("kind", scene.KINDS)
def test_settings_and_times_that_are_avoided_do_not_come(kind: str) -> None:
    wishes = (Wish(), Wish(ground="red"), Wish(weather="snow"), Wish(time="dusk"), Wish(composition="grid"))
    for seed, (item, wish) in enumerate(itertools.product((*KNOWN, Item("r", "rocket", "transport-air")), wishes * 4)):
        setting = arrange([item], replace(wish, avoided=frozenset((kind, "night"))), seed).setting
        assert setting.kind != kind and setting.time != "night"


def test_what_is_wished_comes_though_it_is_avoided_too() -> None:
    setting = arrange([CAT], Wish("sea", "night", avoided=frozenset(("sea", "night"))), 1).setting
    assert (setting.kind, setting.time) == ("sea", "night")
    assert arrange([CAT], Wish(avoided=frozenset(scene.KINDS + scene.TIMES)), 1).setting.kind in ("plain", "split")


def test_pattern_repeats_what_it_is_of() -> None:
    for seed in range(40):
        arranged = arrange([CAT, APPLE], Wish(composition="grid"), seed)
        assert set(counts(arranged)) == {"cat", "apple"} and 4 <= len(arranged.things) <= 12
        assert len({thing.size for thing in arranged.things}) == 1
        assert arranged.setting.kind in ("plain", "split", "pattern")


@pytest.mark.parametrize("composition", ["", "grid", "pattern", "row", "close-up"])
@pytest.mark.parametrize("count", [1, 3, 12])
def test_nothing_takes_a_colour_that_was_not_asked_for(composition: str, count: int) -> None:
    blue = Item("bird", "bird", "animal-bird", colour="blue")
    for seed in range(40):
        shown = arrange([many(CAT, count), blue], Wish(composition=composition), seed).things
        assert {(thing.drawing, thing.colour) for thing in shown} == {("cat", ""), ("bird", "blue")}


def test_close_up_is_cropped_by_the_frame_and_still_seen() -> None:
    for seed in range(60):
        (near,) = arrange([CAT], Wish(composition="close-up"), seed).things
        assert near.size > 1 and seen(near)


def test_half_of_the_animals_look_to_the_right_and_no_letter_is_mirrored() -> None:
    mirrored = [arrange([CAT], Wish(), seed).things[0].mirrored for seed in range(300)]
    assert 100 < sum(mirrored) < 200
    book = Item("book", "blue book", "book-paper")
    assert not any(arrange([book], Wish(), seed).things[0].mirrored for seed in range(100))


def test_colour_and_size_that_were_asked_for_are_kept() -> None:
    for seed in range(20):
        small, usual = (
            arrange([Item("cat", "cat", "animal-mammal", 1, "blue", size)], Wish(), seed).things[0]
            for size in (0.5, 1.0)
        )
        assert small.colour == usual.colour == "blue" and small.size == pytest.approx(usual.size / 2)


def test_head_is_a_portrait_that_the_lower_edge_cuts_off() -> None:
    for seed in range(20):
        made = arrange([Item("fox", "fox", "animal-mammal")], Wish(kind="forest"), seed)
        (head,) = made.things
        assert head.size > 0.7 and 0.95 < head.y + 0.47 * head.size < 1.1 and head.y - head.size / 2 > 0
