"""Habitats: the settings in which a thing usually is, and its stance there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

STAND, FLY, FLOAT, SWIM, LIE, ANYWHERE, PORTRAIT = "stand", "fly", "float", "swim", "lie", "anywhere", "portrait"
"""Stances: on the ground; in the air; on the water; in the water; lying, as on a table; anywhere, as a sign on a wall;
close up, as a head."""

INDOORS = "table", "room", "plain", "window"
"""The kinds of setting in which nothing flies."""


@dataclass(frozen=True, slots=True)
class Habitat:
    """The kinds of setting in which a thing usually is, the most likely first, and its stance there."""

    settings: tuple[str, ...]
    stance: str


_OUTDOORS = Habitat(("hills", "hills", "forest", "hills", "plain"), STAND)
_TABLE = Habitat(("table", "table", "table", "table", "plain"), LIE)
_WALL = Habitat(("plain", "room", "plain", "sky"), ANYWHERE)
_BY_KIND = {
    **dict.fromkeys((
        "food-fruit", "food-vegetable", "food-prepared", "food-asian", "food-sweet", "drink", "dishware", "book-paper",
        "light-video", "computer", "phone", "money", "mail", "writing", "office", "lock", "tool", "science", "medical",
        "sound", "music", "award-medal", "game", "arts-crafts", "time", "hotel",
    ), _TABLE),
    "animal-mammal": _OUTDOORS,
    "animal-bird": _OUTDOORS,
    "animal-amphibian": Habitat(("hills", "forest", "plain"), STAND),
    "animal-reptile": Habitat(("desert", "hills", "forest"), STAND),
    "animal-marine": Habitat(("underwater",), SWIM),
    "animal-bug": Habitat(("hills", "hills", "forest", "plain"), ANYWHERE),
    "plant-flower": Habitat(("table", "table", "hills", "plain"), LIE),
    "plant-other": Habitat(("hills", "hills", "forest", "room"), STAND),
    "place-map": _WALL,
    "place-geographic": Habitat(("hills",), STAND),
    "place-building": Habitat(("hills", "street", "hills"), STAND),
    "place-religious": Habitat(("hills", "street", "hills"), STAND),
    "place-other": Habitat(("hills", "street", "hills"), STAND),
    "transport-ground": Habitat(("street", "street", "hills"), STAND),
    "transport-water": Habitat(("sea",), FLOAT),
    "transport-air": Habitat(("sky", "sky", "hills"), FLY),
    "sky-weather": Habitat(("sky", "hills", "sea"), FLY),
    "person": Habitat(("room", "street", "hills", "plain"), STAND),
    "sport": Habitat(("hills", "room", "plain"), LIE),
    "clothing": Habitat(("room", "room", "plain"), ANYWHERE),
    "musical-instrument": Habitat(("room", "room", "table", "plain"), STAND),
    "event": Habitat(("room", "table", "plain"), LIE),
    "household": Habitat(("room", "room", "table"), STAND),
    "heart": Habitat(("plain", "sky", "sea"), ANYWHERE),
    "emotion": Habitat(("plain", "sky"), ANYWHERE),
}  # fmt: skip
# Habitats by the end of a name, for things unlike the rest of their subgroup: a fire, but not a fire engine.
_BY_NAME = (
    (re.compile(r"\bteddy bear$"), Habitat(("room", "table", "plain"), LIE)),
    (re.compile(r"\b(bat|eagle|dove|parrot|bird|butterfly|bee|honeybee|kite|balloon|parachute|ufo|flying saucer)$"),
     Habitat(("sky", "hills", "plain", "forest"), FLY)),
    (re.compile(r"\b(duck|swan|flamingo|beaver|otter)$"), Habitat(("sea", "hills", "plain"), FLOAT)),
    (re.compile(r"\b(penguin|polar bear|seal|snowman|sled|skis|ice skate|igloo)$"),
     Habitat(("hills", "plain"), STAND)),
    (re.compile(r"\b(camel|cactus|scorpion)$"), Habitat(("desert",), STAND)),
    (re.compile(r"\b(bear|deer|fox|wolf|owl|squirrel|chipmunk|hedgehog|boar|moose|badger|raccoon|evergreen tree)$"),
     Habitat(("forest", "hills", "forest"), STAND)),
    (re.compile(r"\b(rocket|satellite|planet|comet|alien|star|galaxy|astronaut|moon)$"),
     Habitat(("space", "sky", "space", "plain"), FLY)),
    (re.compile(r"\b(whale|dolphin|orca|desert island)$"), Habitat(("sea",), FLOAT)),
    (re.compile(r"\b(crab|lobster|coral|oyster|spiral shell)$"), Habitat(("underwater",), STAND)),
    (re.compile(r"\b(couch|chair|bed|bathtub|shower|toilet|door|television)$"), Habitat(("room",), STAND)),
    (re.compile(r"\b(umbrella|tent|bench|barbecue|fountain|statue|carousel|ferris wheel)$"),
     Habitat(("hills", "street", "hills", "street"), STAND)),
    (re.compile(r"\b(fire|campfire)$"), Habitat(("forest", "hills", "plain"), STAND)),
)  # fmt: skip
# Animals of which drawings show only a head, whether their names say so or not.
_HEADS = re.compile(r"\b(boar|chicken|fox|frog|hamster|koala|lion|moose|panda|bear|raccoon|unicorn|wolf|face)$")
_FACE = re.compile(r"\bface\b")
_JOINTS = re.compile(r" (?:with|without|and|of|in|on) ")


def find_habitat(name: str, kind: str) -> Habitat:
    """Return a thing's habitat by words in its name, else by its ``kind``, a Unicode subgroup."""
    head = _JOINTS.split(name.lower())[0]
    if kind.startswith("animal") and _HEADS.search(head):
        return replace(_whole(head, kind), stance=PORTRAIT)
    if _FACE.search(name) or kind.startswith(("face", "cat-face", "monkey-face", "hand", "body")):
        return _WALL
    return _whole(head, kind)


def _whole(head: str, kind: str) -> Habitat:
    """Return the habitat of a whole thing, as opposed to that of an animal's head."""
    for pattern, habitat in _BY_NAME:
        if pattern.search(head):
            return habitat
    if kind.startswith("person"):
        return _BY_KIND["person"]
    return _BY_KIND.get(kind, Habitat(("table", "plain", "table"), LIE))
