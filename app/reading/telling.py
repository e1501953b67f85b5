"""The English words of a reading: what the painter is told."""

from __future__ import annotations

from collections.abc import Sequence

from app.reading.grammar import listed
from app.reading.reading import Found
from sketch.arrangement import Wish

NUMBERS = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
BETWEEN = {
    "above": "above", "below": "under", "left": "to the left of", "right": "to the right of", "in": "in", "on": "on",
    "holding": "holding", "wearing": "wearing", "beside": "next to", "in front": "in front of", "behind": "behind",
}  # fmt: skip
PLACES = {
    "table": "on a table", "room": "in a room", "window": "by a window", "hills": "on the hills",
    "forest": "in the forest", "desert": "in the desert", "sea": "by the sea", "underwater": "under water",
    "sky": "in the sky", "street": "in the street", "space": "in space",
}  # fmt: skip
TIMES = {"night": "at night", "dusk": "at dusk"}
WEATHERS = {"rain": "in the rain", "snow": "in the snow"}
COMPOSITIONS = {"pattern": "a pattern of ", "grid": "a grid of ", "row": "a row of ", "close-up": "a close-up of "}
IRREGULAR = {
    "mouse": "mice", "goose": "geese", "wolf": "wolves", "man": "men", "woman": "women", "child": "children",
    "person": "people", "foot": "feet", "tooth": "teeth", "leaf": "leaves", "knife": "knives", "deer": "deer",
    "fish": "fish", "sheep": "sheep", "ox": "oxen", "shrimp": "shrimp", "squid": "squid", "bison": "bison",
    "moose": "moose", "game die": "dice",
}  # fmt: skip
UNTOLD = 3
"""Up to which number it is not said how often a pattern repeats a thing."""

UNCOUNTED = listed(
    "bread rice butter salt ice fire fog popcorn garlic broccoli bacon sushi spaghetti coral wood dna sake custard "
    "cooking camping bowling tennis badminton"
)


def words(items: Sequence[Found], wish: Wish) -> str:
    """Say in English what a scene shows: ``two foxes under a tree, at night``."""
    repeated = wish.composition in ("pattern", "grid", "row")
    named = [_thing(item, repeated=repeated) for item in items]
    if len(named) == 2 and wish.relation in BETWEEN:
        said = f"{named[0]} {BETWEEN[wish.relation]} {named[1]}"
    elif len(named) > 1:
        said = f"{', '.join(named[:-1])} and {named[-1]}"
    else:
        said = "".join(named)
    parts = [said] if said else []
    if said and wish.composition:
        parts = [COMPOSITIONS.get(wish.composition, "") + said]
    if wish.ground:
        parts[-1:] = [f"{parts[-1]} on {_an(wish.ground)} background" if parts else f"{_an(wish.ground)} background"]
    parts += [
        told[name] for told, name in ((PLACES, wish.kind), (TIMES, wish.time), (WEATHERS, wish.weather)) if name in told
    ]
    return ", ".join(parts)


def _thing(item: Found, *, repeated: bool = False) -> str:
    name = item.drawing.name
    said = name if not item.colour or name.casefold().startswith(item.colour) else f"{item.colour} {name}"
    if repeated and item.count <= UNTOLD:
        return plural(said)
    if item.count == 1:
        return said if _is_plural(name) or name.casefold() in UNCOUNTED else _an(said)
    number = NUMBERS[item.count] if item.count < len(NUMBERS) else str(item.count)
    return f"{number} {plural(said)}"


def _is_plural(name: str) -> bool:
    last = name.split(" ")[-1]
    return (
        " with " not in name
        and last.endswith("s")
        and not last.endswith(("ss", "us", "is"))
        and last not in ("bus", "lens")
    )


def _an(words: str) -> str:
    return f"{'an' if words[:1].casefold() in 'aeiou' and not words.startswith(('uni', 'euro')) else 'a'} {words}"


def plural(name: str) -> str:
    """Return a name in the plural: of its head, before ``with`` or ``in``."""
    head, joint, rest = name, "", ""
    for word in (" with ", " in ", " of ", " on ", " behind "):
        if word in name:
            head, joint, rest = name.partition(word)
            break
    *before, last = head.split(" ")
    return " ".join([*before, _plural(last)]) + joint + rest


def _plural(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if _is_plural(word):
        return word
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"
