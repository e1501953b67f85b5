"""What is said of a scene: numbers, plurals, colours, articles, places; nothing that is not there."""

from __future__ import annotations

import random

import pytest

from sketch import arrangement, scene
from sketch.arrangement import Item, Wish
from sketch.scene import Setting
from studio.text import phrasing, scene_words

CAT, OWL = Item("c", "cat", "animal-mammal"), Item("o", "owl", "animal-bird")


def said(*items: Item, wish: Wish | None = None, setting: Setting | None = None, seed: int = 1) -> tuple[str, str]:
    return scene_words.written(items, wish or Wish(), setting or Setting("plain"), random.Random(seed))


def many(name: str, count: int = 3, colour: str = "") -> Item:
    return Item("x", name, count=count, colour=colour)


@pytest.mark.parametrize(
    ("item", "written"),
    [
        (CAT, "a cat"), (OWL, "an owl"), (many("owl", 1, "blue"), "a blue owl"),
        (many("cat", 1, "orange"), "an orange cat"), (many("sun", 1), "the sun"), (many("cherries", 1), "cherries"),
        (many("cat", 2), "two cats"), (many("cat", 9, "red"), "nine red cats"), (many("cat", 12), "12 cats"),
        (many("wolf"), "three wolves"), (many("fox"), "three foxes"), (many("cherry"), "three cherries"),
        (many("monkey"), "three monkeys"), (many("fish"), "three fish"), (many("potato"), "three potatoes"),
        (many("person surfing"), "three people surfing"), (many("woman dancing"), "three women dancing"),
        (many("old man"), "three old men"), (many("person lifting weights"), "three people lifting weights"),
        (many("tropical fish"), "three tropical fish"), (many("computer mouse"), "three computer mice"),
        (many("nest with eggs"), "three nests with eggs"), (many("glass of milk"), "three glasses of milk"),
        (many("sunglasses"), "three sunglasses"), (many("face screaming in fear"), "three faces screaming in fear"),
        (many("ice cream"), "three ice cream"), (many("bread", 1), "bread"), (many("dress"), "three dresses"),
        (many("bus", 4, "grey"), "four grey buses"),
        (many("rescue worker’s helmet"), "three rescue worker’s helmets"), (many("man", 2), "two men"),
    ],
)  # fmt: skip
def test_things_are_named_by_number_colour_and_name(item: Item, written: str) -> None:
    assert said(item) == (written, written)


def test_several_things_are_listed() -> None:
    assert said(CAT, OWL)[1] == "a cat and an owl"
    assert said(CAT, many("fox", 2), OWL)[1] == "a cat, two foxes and an owl"


@pytest.mark.parametrize("relation", arrangement.RELATIONS)
def test_relation_stands_between_two_things_in_their_order(relation: str) -> None:
    short = said(CAT, many("owl", 2, "red"), wish=Wish(relation=relation))[1]
    known = scene_words.JOINTS.get(relation, (relation,))
    assert short in {f"a cat {joint} two red owls" for joint in known}


@pytest.mark.parametrize("kind", scene.KINDS)
def test_place_is_named_where_there_is_one_and_only_in_the_full_caption(kind: str) -> None:
    full, short = said(CAT, setting=Setting(kind))
    places = scene_words.PLACES.get(kind, ())
    assert short == "a cat" and full in ({f"a cat {place}" for place in places} or {"a cat"})
    assert bool(places) == (kind not in ("plain", "split"))


def test_time_and_weather_are_named_behind_the_place() -> None:
    assert (
        said(CAT, setting=Setting("street", time="night", weather="rain"))[0]
        == "a cat in a street at night in the rain"
    )
    assert said(CAT, setting=Setting("forest", time="day", weather="snow"))[0] == "a cat in a forest in the snow"
    dusk = {said(CAT, setting=Setting("desert", time="dusk"), seed=seed)[0] for seed in range(20)}
    assert dusk == {"a cat in the desert at sunset", "a cat in the desert at dusk"}


def test_ground_and_composition_are_named() -> None:
    assert said(CAT, wish=Wish(ground="orange"))[1] == "a cat on an orange background"
    assert said(CAT, wish=Wish(composition="close-up"))[1] == "a cat, close-up"
    patterns = {said(many("fox", 1, "blue"), OWL, wish=Wish(composition="grid"), seed=seed)[1] for seed in range(20)}
    assert patterns == {"a pattern of blue foxes and owls", "rows of blue foxes and owls"}


def test_words_follow_from_the_dice() -> None:
    setting = Setting("hills", time="dusk")
    assert said(CAT, setting=setting, seed=5) == said(CAT, setting=setting, seed=5)
    assert len({said(CAT, setting=setting, seed=seed) for seed in range(30)}) == 4


@pytest.mark.parametrize(
    "name", ["sheep", "cats", "glasses", "scissors", "bread", "money with wings", "people hugging"]
)
def test_plural_of_what_is_many_or_a_matter_is_itself(name: str) -> None:
    assert phrasing.plural(name) == name
