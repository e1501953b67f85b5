"""What a word that is not wanted bans: its kinds with it, and nothing that is named as wanted."""

import pytest

from app.reading.reader import Reader


@pytest.mark.parametrize(
    ("prompt", "banned"),
    [
        ("not a cat", {"cat", "cat face", "black cat", "crying cat"}),
        ("no dogs", {"dog", "dog face", "poodle", "guide dog", "service dog"}),
        ("no cars", {"automobile", "taxi", "police car", "racing car", "sport utility vehicle"}),
        ("no bird", {"bird", "owl", "penguin", "parrot"}),
        ("keine Blumen", {"rose", "tulip", "sunflower", "blossom"}),
        ("nobody", {"person", "man", "baby", "astronaut"}),
        ("without fruit", {"banana", "lemon", "pineapple"}),
    ],
)
def test_kinds_of_what_is_not_wanted_are_not_wanted(reader: Reader, prompt: str, banned: set[str]) -> None:
    assert banned <= set(reader.read(prompt).unwanted)


@pytest.mark.parametrize("prompt", ["not a cat", "anything but a cat", "keine Katze", "something that isn't a cat"])
def test_where_only_something_unwanted_is_named_anything_else_is_shown(reader: Reader, prompt: str) -> None:
    shown = [reader.read(prompt, seed=seed) for seed in range(30)]
    assert all(len(reading.items) == 1 and reading.words for reading in shown)
    assert len({reading.items[0].drawing.name for reading in shown}) > 10
    for item in (item for reading in shown for item in reading.items):
        for drawing in (item.drawing, *item.others):
            assert "cat" not in drawing.name.split(" ") and not drawing.kind.startswith(("face", "person", "hand"))
    assert reader.read(prompt, seed=3) == reader.read(prompt, seed=3)


def test_setting_without_what_is_not_wanted_stays_a_setting(reader: Reader) -> None:
    reading = reader.read("eine Straße ohne Autos")
    assert (reading.wish.kind, reading.words) == ("street", "a road")


@pytest.mark.parametrize(
    ("prompt", "avoided"),
    [
        ("a fox, not in a forest", {"forest"}),
        ("a lion, but not at night", {"night"}),
        ("a room without windows", {"window"}),
        ("ein Haus, nicht in der Stadt, sondern im Wald", {"street"}),
        ("a fox", set()),
    ],
)
def test_settings_and_times_that_are_not_wanted_are_avoided(reader: Reader, prompt: str, avoided: set[str]) -> None:
    reading = reader.read(prompt)
    assert reading.wish.avoided == avoided
    for seed in range(40):
        setting = reading.scene(seed).setting
        assert not {setting.kind, setting.time} & avoided


def test_what_is_not_wanted_does_not_relate_things(reader: Reader) -> None:
    assert reader.read("a beach without people on it, a crab").wish.relation != "on"
    assert reader.read("a tree with no bird in it, and a cat").wish.relation == ""


def test_noun_that_is_a_time_is_also_the_time(reader: Reader) -> None:
    assert reader.read("a moonless night").wish.time == "night"
    assert reader.read("ein Sonnenuntergang").wish.time == "dusk"


@pytest.mark.parametrize(
    ("prompt", "right"),
    [
        ("a big cat other than a lion", {"tiger", "tiger face", "leopard", "panther"}),
        ("furniture that is no chair", {"bed", "couch and lamp", "sofa", "sideboard", "wardrobe", "bookcase", "table"}),
        (
            "a weapon, not a sword",
            {"dagger", "boomerang", "axe", "water pistol", "bow and arrow", "kitchen knife", "bomb"},
        ),
        ("a hat, but not a top hat", {"billed cap", "graduation cap"}),
        (
            "a plant that is not a cactus",
            {"potted plant", "seedling", "herb", "palm tree", "deciduous tree", "mushroom"},
        ),
        ("a shoe, no sneaker", {"ballet shoes", "flat shoe", "high-heeled shoe", "hiking boot", "shoe", "sandal"}),
        (
            "ein Möbelstück, aber kein Stuhl",
            {"bed", "couch and lamp", "sofa", "sideboard", "wardrobe", "bookcase", "table"},
        ),
        ("ein Haustier, aber kein Hund", {"cat", "rabbit", "hamster", "fox", "mouse", "horse", "black cat"}),
        ("a train but not a tram", {"train"}),
        ("train tracks without a train", {"railway track"}),
        ("a cat, not a black cat", {"cat"}),
        ("a bird that is not an owl", {"bird"}),
        ("a king with no crown", {"king"}),
        ("a spider web without the spider", {"spider web"}),
        ("a hot dog without a dog", {"hot dog"}),
        ("a ball that is not a football", {"tennis ball"}),
        # What only sounds like it is another.
    ],
)
def test_one_thing_is_shown_that_is_not_unwanted(reader: Reader, prompt: str, right: set[str]) -> None:
    (item,) = reader.read(prompt).items
    assert item.drawing.name in right


def test_a_thing_that_has_what_is_not_wanted_by_its_name_is_not_shown(reader: Reader) -> None:
    reading = reader.read("a starless night over a castle")
    assert "night with stars" in reading.unwanted
    assert reading.wish.time == "night"
    assert "castle" in [item.drawing.name for item in reading.items]


@pytest.mark.parametrize(
    ("prompt", "name", "colour"),
    [
        ("a blue, not red, car", "automobile", "blue"),
        ("ein blaues, nicht rotes Auto", "automobile", "blue"),
        ("not a black cat but a white one", "cat", "white"),
        ("no black cats, only white ones", "cat", "white"),
    ],
)
def test_colour_stays_over_one_that_is_not_wanted(reader: Reader, prompt: str, name: str, colour: str) -> None:
    (item,) = reader.read(prompt).items
    assert (item.drawing.name, item.colour) == (name, colour)
