"""The gallery's filters as its page shows them: rows of words, those that were chosen among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import hands, house, words
from app.bounds import STOPS_MIN, Limits
from app.choice import SORTS, Choice
from app.colours import COLOURS

ORDERS = {
    "newest": "newest first",
    "oldest": "oldest first",
    "best": "best first",
    "walked": "most walked on",
    "smoothest": "smoothest",
    "surprise": "surprise me",
}


@dataclass(frozen=True, slots=True)
class Option:
    """A word that can be chosen: what stands in the address, what is read, and whether it is chosen."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row of words under a heading; ``name`` is the field's in the address."""

    name: str
    heading: str
    options: list[Option]


def rows(choice: Choice) -> list[Row]:
    """List the filters; one with nothing to choose from is left out."""
    known = {hand.words: hand.name for model in house.offered() for hand in hands.known(model.setting)}
    counts = range(STOPS_MIN, Limits.current().stops_max + 1)
    told: list[tuple[str, str, dict[Any, str]]] = [
        ("hand", "Style", known),
        ("stops", "Stops", {count: words.count_words(count) for count in counts}),
        ("ending", "Ending", dict(words.ENDING_NAMES)),
        ("colour", "Colour", {colour: colour for colour in COLOURS}),
        ("model", "Model", {model.name: model.title for model in house.offered()}),
    ]
    return [
        Row(name, heading, [Option(str(value), said, value in getattr(choice, name)) for value, said in values.items()])
        for name, heading, values in told
        if len(values) > 1
    ]


def orders(choice: Choice) -> list[Option]:
    """List the orders; best first is one of what a search finds."""
    return [Option(name, ORDERS[name], name == choice.order) for name in SORTS if name != "best" or choice.q]


def chosen(choice: Choice) -> list[str]:
    """List in words what narrows the gallery."""
    told = [option.words for row in rows(choice) for option in row.options if option.is_chosen]
    told += [f"since {words.day(choice.since)}"] if choice.since else []
    return [*told, f"until {words.day(choice.until)}"] if choice.until else told
