"""What is said of a scene: its things by number, colour and relation, and where they are."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sketch.arrangement import Item, Wish
from sketch.scene import Setting
from studio.text import phrasing

NUMBERS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PLACES = {
    "table": ("on a table", "on a cloth"), "room": ("in a room",), "window": ("by a window",),
    "hills": ("in the hills", "in a landscape"), "forest": ("in a forest",), "desert": ("in the desert",),
    "sea": ("by the sea", "on the sea"), "underwater": ("under water",), "sky": ("in the sky",),
    "street": ("in a street",), "space": ("in space",), "pattern": ("before a pattern",),
}  # fmt: skip
TIMES = {"dusk": ("at sunset", "at dusk"), "night": ("at night",)}
WEATHERS = {"rain": ("in the rain",), "snow": ("in the snow",)}
JOINTS = {
    "beside": ("next to", "beside"),
    "left": ("to the left of",),
    "right": ("to the right of",),
    "in front": ("in front of",),
}


def written(items: Sequence[Item], wish: Wish, setting: Setting, dice: random.Random) -> tuple[str, str]:
    """Write a scene in words: with its setting, and without."""
    is_pattern = wish.composition == "grid"
    things = [_several(item) if is_pattern and item.count == 1 else _thing(item) for item in items]
    if wish.relation and len(things) == 2:
        short = f"{things[0]} {dice.choice(JOINTS.get(wish.relation, (wish.relation,)))} {things[1]}"
    else:
        short = things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
    if is_pattern:
        short = f"{dice.choice(('a pattern of', 'rows of'))} {short}"
    elif wish.composition == "close-up":
        short = f"{short}, close-up"
    if wish.ground:
        short = f"{short} on {phrasing.article(wish.ground)} {wish.ground} background"
    places = [dice.choice(said) for said in (PLACES.get(setting.kind, ()), TIMES.get(setting.time, ()),
                                             WEATHERS.get(setting.weather, ())) if said]  # fmt: skip
    return " ".join([short, *places]), short


def _thing(item: Item) -> str:
    if item.count == 1:
        return phrasing.coloured(item.colour, item.name) if item.colour else phrasing.thing(item.name)
    number = NUMBERS[item.count] if item.count < len(NUMBERS) else str(item.count)
    return f"{number} {_several(item)}"


def _several(item: Item) -> str:
    return f"{item.colour} {phrasing.plural(item.name)}".strip()
