"""Where things are at home: by name before subgroup, and for everything there is somewhere."""

import pytest

from sketch import habitats
from sketch.habitats import ANYWHERE, FLOAT, FLY, LIE, PORTRAIT, STAND, SWIM
from sketch.scene import KINDS


@pytest.mark.parametrize(
    ("name", "kind", "setting", "stance"),
    [
        ("sailboat", "transport-water", "sea", FLOAT), ("duck", "animal-bird", "sea", FLOAT),
        ("red apple", "food-fruit", "table", LIE), ("hamburger", "food-prepared", "table", LIE),
        ("tropical fish", "animal-marine", "underwater", SWIM), ("whale", "animal-marine", "sea", FLOAT),
        ("airplane", "transport-air", "sky", FLY), ("eagle", "animal-bird", "sky", FLY),
        ("bear", "animal-mammal", "forest", PORTRAIT), ("camel", "animal-mammal", "desert", STAND),
        ("rocket", "transport-air", "space", FLY), ("bus", "transport-ground", "street", STAND),
        ("couch and lamp", "household", "room", STAND), ("house", "place-building", "hills", STAND),
        ("grinning face", "face-smiling", "plain", ANYWHERE), ("cat with tears of joy", "cat-face", "plain", ANYWHERE),
        ("clown face", "face-costume", "plain", ANYWHERE), ("waving hand", "hand-fingers-open", "plain", ANYWHERE),
        ("ninja", "person-role", "room", STAND), ("Snowman", "sky-weather", "hills", STAND),
        ("fire engine", "transport-ground", "street", STAND), ("moon cake", "food-asian", "table", LIE),
        ("teddy bear", "game", "room", LIE), ("polar bear", "animal-mammal", "hills", PORTRAIT),
        ("cow face", "animal-mammal", "hills", PORTRAIT), ("cow", "animal-mammal", "hills", STAND),
        ("crab", "animal-marine", "underwater", STAND), ("mountain", "place-geographic", "hills", STAND),
    ],
)  # fmt: skip
def test_thing_is_likeliest_where_one_expects_it(name: str, kind: str, setting: str, stance: str) -> None:
    home = habitats.find_habitat(name, kind)
    assert home.stance == stance and setting in home.settings
    assert max(home.settings, key=home.settings.count) == setting or home.settings[0] == setting


@pytest.mark.parametrize("kind", ["", "no-such-kind", "symbols", *habitats._BY_KIND])
def test_every_kind_has_settings_that_can_be_drawn(kind: str) -> None:
    home = habitats.find_habitat("something", kind)
    assert home.settings and set(home.settings) <= set(KINDS)
    assert home.stance in (STAND, FLY, FLOAT, SWIM, LIE, ANYWHERE)


def test_names_are_looked_for_as_whole_words() -> None:
    assert habitats.find_habitat("batteries", "household").stance == STAND
    assert habitats.find_habitat("starfruit", "food-fruit").settings[0] == "table"
