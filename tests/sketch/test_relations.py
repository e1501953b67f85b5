"""Related things: worn, within, looking out, chased and kicked, and further things beside them."""

import random
from dataclasses import replace

import pytest

from sketch.arrangement import Item, Wish, arrange
from sketch.placing import natural_scale
from sketch.relations import (
    BEARING,
    BEFORE,
    CHASING,
    CONTAINING,
    HOLDING,
    IN,
    INVERSE,
    KICKING,
    ON,
    RING,
    SURROUNDED,
    SURROUNDING,
    WEARING,
    is_container,
    place_related,
)
from sketch.scene import Setting, Thing

MAN, CAT = Item("man", "man", "person"), Item("cat", "cat", "animal-mammal")
FOX = Item("fox", "fox", "animal-mammal")  # its drawing is a head
BALL = Item("ball", "soccer ball", "sport")
BOWL, COURT = Item("bowl", "bowl", "dishware"), Item("court", "tennis court", "sport")
HAT, SHIRT, JEANS = (Item(name, name, "clothing") for name in ("top hat", "t-shirt", "jeans"))
GLASSES, BOOTS = (Item(name, name, "clothing") for name in ("sunglasses", "boot"))


def place(relation: str, *items: Item, seed: int = 1) -> dict[str, Thing]:
    things = place_related(items, relation, Setting("hills"), random.Random(seed))
    return {thing.drawing: thing for thing in things}


def order(relation: str, *items: Item) -> list[str]:
    return [thing.drawing for thing in place_related(items, relation, Setting("hills"), random.Random(1))]


@pytest.mark.parametrize("bearer", [MAN, CAT])
def test_clothes_are_worn_from_head_to_foot(bearer: Item) -> None:
    things = place(WEARING, bearer, JEANS, HAT, BOOTS, SHIRT, GLASSES)
    heights = [things[name].y for name in ("top hat", "sunglasses", "t-shirt", "jeans", "boot")]
    assert heights == sorted(heights)
    assert all(each.size < things[bearer.drawing].size for name, each in things.items() if name != bearer.drawing)


def test_head_wears_a_hat_above_and_a_shirt_below() -> None:
    things = place(WEARING, FOX, HAT, SHIRT)
    assert things["top hat"].y < things["fox"].y < things["t-shirt"].y


def test_animal_wears_a_hat_where_its_head_is() -> None:
    for seed in range(20):
        things = place(WEARING, CAT, HAT, seed=seed)
        assert (things["top hat"].x > 0.5) == things["cat"].mirrored


def test_thing_looks_out_of_a_container_that_hides_its_foot() -> None:
    assert order(IN, CAT, BOWL) == ["cat", "bowl"] == order(CONTAINING, BOWL, CAT)
    things = place(IN, CAT, BOWL)
    cat, bowl = things["cat"], things["bowl"]
    assert bowl.y - bowl.size / 2 < cat.y < bowl.y < cat.y + cat.size / 2 + bowl.size / 2


@pytest.mark.parametrize("relation", [IN, ON])
def test_place_is_large_behind_what_stands_in_it(relation: str) -> None:
    assert order(relation, CAT, COURT) == ["court", "cat"]
    things = place(relation, CAT, COURT)
    assert things["court"].size > 1 > 2 * things["cat"].size - 0.2 and things["cat"].y > 0.6


def test_chaser_follows_in_the_same_direction() -> None:
    for seed in range(10):
        things = place(CHASING, CAT, FOX, seed=seed)
        assert things["fox"].x < things["cat"].x - 0.3
        assert not (things["fox"].mirrored or things["cat"].mirrored)


@pytest.mark.parametrize(("count", "shown"), [(2, RING), (4, 4), (8, 8)])
def test_things_surround_another(count: int, shown: int) -> None:
    ball = replace(BALL, count=count)
    things = place_related([MAN, ball], SURROUNDED, Setting("plain"), random.Random(3))
    balls = [thing for thing in things if thing.drawing == "ball"]
    man = next(thing for thing in things if thing.drawing == "man")
    assert len(balls) == shown
    assert min(each.x for each in balls) < man.x - 0.2 and max(each.x for each in balls) > man.x + 0.2
    assert things.index(man) not in (0, shown), "some are behind it, some before it"
    assert things == place_related([ball, MAN], SURROUNDING, Setting("plain"), random.Random(3))


def test_place_that_surrounds_a_thing_is_behind_it() -> None:
    assert order(SURROUNDED, CAT, FOX) == order(BEFORE, CAT, FOX)


def test_ball_lies_at_the_kickers_foot() -> None:
    things = place(KICKING, MAN, BALL)
    assert things["ball"].y > things["man"].y + 0.15 and things["ball"].size < 0.5 * things["man"].size


def test_further_things_stand_beside_related_ones() -> None:
    scene = arrange([MAN, HAT, CAT], Wish(kind="hills", relation=WEARING), 3)
    sizes = {thing.drawing: thing.size for thing in scene.things}
    assert len(sizes) == 3 and sizes["cat"] < sizes["man"]


def test_inverse_of_an_inverse_is_the_relation_itself() -> None:
    for relation, inverse in INVERSE.items():
        assert relation in (ON, IN) or INVERSE[inverse] == relation


def test_containers_are_known_by_their_names() -> None:
    assert is_container("bowl") and is_container("wooden bucket") and not is_container("table")


def test_seat_bears_things_on_its_middle_and_a_table_on_its_top() -> None:
    couch, table = Item("couch", "couch and lamp", "household"), Item("table", "coffee table", "household")
    sitting, lying = place(ON, CAT, couch), place(ON, BALL, table)
    for things, bearer, lowest in ((sitting, "couch", 0.15), (lying, "table", -0.05)):
        (first,) = (thing for name, thing in things.items() if name != bearer)
        foot = (first.y + first.size / 2 - things[bearer].y) / things[bearer].size
        assert -0.3 < foot < lowest


def test_several_bearers_each_wear_their_clothes() -> None:
    things = place_related([Item("man", "man", "person", 2), HAT], WEARING, Setting("hills"), random.Random(1))
    men, hats = things[:2], things[2:]
    assert [hat.x for hat in hats] == [man.x for man in men] and all(hat.y < men[0].y for hat in hats)


def test_ball_is_smaller_than_a_man_and_a_house_larger() -> None:
    house = Item("house", "house", "place-building")
    assert natural_scale(BALL, (MAN, BALL)) < natural_scale(MAN, (MAN, BALL)) == 1 < natural_scale(house, (MAN, house))
    assert natural_scale(BALL, (BALL, BOWL)) == 1


BOOK, AXE = Item("book", "open book", "book-paper"), Item("axe", "axe", "tool")


def test_thing_is_held_in_a_hand_and_what_is_read_before_the_chest() -> None:
    for seed in range(9):
        held, read = place(HOLDING, MAN, AXE, seed=seed), place(HOLDING, MAN, BOOK, seed=seed)
        assert 0.1 < abs(held["axe"].x - held["man"].x) < held["man"].size / 2
        assert read["book"].x == read["man"].x and read["book"].y > read["man"].y


def test_animal_holds_at_its_mouth_and_a_head_below_it() -> None:
    for seed in range(9):
        held, under = place(HOLDING, CAT, AXE, seed=seed), place(HOLDING, FOX, AXE, seed=seed)
        assert (held["axe"].x > held["cat"].x) == held["cat"].mirrored
        assert under["axe"].x == under["fox"].x and under["axe"].y > under["fox"].y + 0.3


def test_what_chases_is_larger_and_both_lean_the_same_way() -> None:
    things = place(CHASING, MAN, CAT)
    assert things["man"].x > things["cat"].x and things["man"].size > things["cat"].size
    assert things["man"].turn < -0.05 and things["cat"].turn < -0.05


FLAG, FACE = Item("flag", "white flag", "flag"), Item("face", "smiling face", "face-smiling")


@pytest.mark.parametrize(("relation", "items"), [(ON, (CAT, FLAG)), (BEARING, (FLAG, CAT)), (HOLDING, (FLAG, CAT))])
def test_thing_is_drawn_on_the_face_of_a_flat_one(relation: str, items: tuple[Item, Item]) -> None:
    assert order(relation, *items) == ["flag", "cat"]
    things = place(relation, *items)
    assert abs(things["cat"].x - things["flag"].x) < 0.1 and abs(things["cat"].y - things["flag"].y) < 0.1
    assert things["cat"].size < things["flag"].size / 2


def test_face_is_on_what_is_no_being_and_beside_one_that_is() -> None:
    triangle = Item("triangle", "triangle", "geometric")
    assert place(HOLDING, triangle, FACE)["face"].x == 0.5
    assert place(HOLDING, MAN, FACE)["face"].x != 0.5


def test_driver_is_seen_above_the_vehicle() -> None:
    car = Item("car", "toy car", "transport-ground")
    assert order(IN, CAT, car) == ["cat", "car"]
    things = place(IN, CAT, car)
    assert things["cat"].y < things["car"].y and things["cat"].x == things["car"].x
