"""What is said of a scene: numbers, plurals, colours, articles, places; nothing that is not there."""

import random

import pytest

from sketch import relations, scene, wording
from sketch.arrangement import Item, Wish

CAT, OWL = Item("c", "cat", "animal-mammal"), Item("o", "owl", "animal-bird")


def said(*items: Item, wish: Wish | None = None, seed: int | None = None) -> tuple[str, str]:
    """Put a scene into words, with a seed as a caption does."""
    choose = wording.choose_first if seed is None else random.Random(seed).choice
    return wording.describe_scene(items, wish or Wish(), choose)


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


def test_nothing_is_said_of_nothing() -> None:
    assert said() == ("", "")
    assert said(wish=Wish(kind="sea", ground="orange")) == ("an orange background by the sea", "an orange background")


@pytest.mark.parametrize("relation", relations.RELATIONS)
def test_relation_stands_between_two_things_in_their_order(relation: str) -> None:
    known = wording.RELATED.get(relation, (relation,))
    texts = {said(CAT, many("owl", 2, "red"), wish=Wish(relation=relation), seed=seed)[1] for seed in range(20)}
    assert texts == {f"a cat {joint} two red owls" for joint in known}
    assert said(CAT, many("owl", 2, "red"), wish=Wish(relation=relation))[1] == f"a cat {known[0]} two red owls"


@pytest.mark.parametrize("kind", scene.KINDS)
def test_place_is_named_where_there_is_one_and_only_in_the_full_caption(kind: str) -> None:
    full, short = said(CAT, wish=Wish(kind), seed=1)
    places = wording.PLACES.get(kind, ())
    assert short == "a cat" and full in ({f"a cat {place}" for place in places} or {"a cat"})
    assert bool(places) == (kind not in ("plain", "split"))


def test_place_that_is_one_of_the_things_is_named_once() -> None:
    table = Item("table", "table", "household")
    assert said(CAT, table, wish=Wish("table", "night", relation="on"))[0] == "a cat on a table at night"


def test_time_and_weather_are_named_behind_the_place() -> None:
    assert said(CAT, wish=Wish("street", "night", "rain"))[0] == "a cat in a street at night in the rain"
    assert said(CAT, wish=Wish("forest", "day", "snow"))[0] == "a cat in a forest in the snow"
    dusk = {said(CAT, wish=Wish("desert", "dusk"), seed=seed)[0] for seed in range(20)}
    assert dusk == {"a cat in the desert at sunset", "a cat in the desert at dusk"}


def test_ground_and_composition_are_named() -> None:
    assert said(CAT, wish=Wish(ground="orange"))[1] == "a cat on an orange background"
    assert said(CAT, wish=Wish(composition="close-up"))[1] == "a cat, close-up"
    for composition in ("grid", "pattern"):
        wish, blue = Wish(composition=composition), many("fox", 1, "blue")
        patterns = {said(blue, OWL, wish=wish, seed=seed)[1] for seed in range(20)}
        assert patterns == {"a pattern of blue foxes and owls", "rows of blue foxes and owls"}
        assert said(many("lemon", 3), wish=wish)[1] == "a pattern of lemons"


def test_words_follow_from_the_dice() -> None:
    wish = Wish("hills", "dusk")
    assert said(CAT, wish=wish, seed=5) == said(CAT, wish=wish, seed=5)
    texts = {said(CAT, wish=wish, seed=seed) for seed in range(30)}
    assert len(texts) == 4 and said(CAT, wish=wish) in texts


@pytest.mark.parametrize(("name", "written"), [
    ("bear", "a bear"), ("owl", "an owl"), ("unicorn", "a unicorn"), ("sun", "the sun"), ("cherries", "cherries"),
    ("ice cream", "ice cream"), ("bus", "a bus"), ("glasses", "glasses"), ("dress", "a dress"),
    ("octopus", "an octopus"),
    ("grinning face with big eyes", "a grinning face with big eyes"), ("Santa Claus", "a Santa Claus"),
    ("1st place medal", "1st place medal"), ("face with rolling eyes", "a face with rolling eyes"),
    ("nest with eggs", "a nest with eggs"), ("rhinoceros", "a rhinoceros"), ("hourglass done", "an hourglass done"),
    ("Japanese castle", "a Japanese castle"),
])  # fmt: skip
def test_thing_has_its_article(name: str, written: str) -> None:
    assert wording.thing(name) == wording.with_colour("", name) == written


@pytest.mark.parametrize(("colour", "name", "written"), [
    ("blue", "cat", "a blue cat"), ("orange", "cat", "an orange cat"), ("blue", "owl", "a blue owl"),
    ("red", "sun", "the red sun"), ("green", "cherries", "green cherries"), ("red", "red apple", "a red apple"),
    ("blue", "blueberries", "blue blueberries"), ("green", "red apple", "a green red apple"),
])  # fmt: skip
def test_colour_stands_between_article_and_thing_and_only_once(colour: str, name: str, written: str) -> None:
    assert wording.with_colour(colour, name) == written


@pytest.mark.parametrize(
    "name", ["sheep", "cats", "glasses", "scissors", "bread", "money with wings", "people hugging"]
)
def test_plural_of_what_is_many_or_a_matter_is_itself(name: str) -> None:
    assert wording.plural(name) == name
