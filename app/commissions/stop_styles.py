"""In which style a stop is painted: the one that was chosen, the one its prompt names, or one that suits the walk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.generation import hands, models_on_offer
from app.generation.hands import Hand
from app.reading.reading import Reading
from app.styles import suiting


@dataclass(frozen=True, slots=True)
class AskedStop:
    """What of a stop its style follows from: what its prompt is read as, the words of a hand, and a layout."""

    reading: Reading
    hand: str = ""
    layout: str | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of the drawings that are shown."""
        return frozenset(item.drawing.kind for item in self.reading.items)


def named(asked: AskedStop, known: Sequence[Hand]) -> Hand | None:
    """Return the hand that was chosen for a stop, or that its prompt names; None where the house chooses."""
    if asked.hand:
        return next((hand for hand in known if hand.words == asked.hand), None)
    return hands.meant(", ".join(asked.reading.hands), known)


def is_left_open(asked: AskedStop, known: Sequence[Hand]) -> bool:
    """Return whether the house chooses the style of a stop.

    A model that does not compose is told what a prompt names, whether it knows that or not.
    """
    if asked.hand or (asked.reading.hands and not hands.compose(known)):
        return False
    return named(asked, known) is None


def chosen(stops: Sequence[AskedStop], *, model: str, walk_seed: int, after: dict[str, Any] | None = None) -> list[str]:
    """Choose the words of a style for each stop for which nobody did; "" for the others, or where a model offers none.

    It is one style for all of them where one offers the layouts that they ask for. ``after`` is the scene that a walk
    goes on from, whose style goes on as well where that can be.
    """
    known = hands.known(model)
    able = list(models_on_offer.facts(model).get("unnamed", ()))
    is_open = [bool(able) and is_left_open(each, known) for each in stops]
    if not hands.compose(known):
        told = random.Random(f"hand:{walk_seed}").choice(able) if able else ""  # noqa: S311 - drawn to be drawn again
        return [told if each else "" for each in is_open]
    asked = [stop for stop, each in zip(stops, is_open, strict=True) if each]
    before = hands.meant(str(after.get("words", "")), known) if after else None
    first = before.words if before else ""
    if asked and (common := _suiting(asked, able, known, walk_seed, first)):
        return [common if each else "" for each in is_open]
    return [
        _suiting([stop], able, known, walk_seed, first) if each else ""
        for stop, each in zip(stops, is_open, strict=True)
    ]


def offering(able: Sequence[str], layouts: Sequence[str | None], known: Sequence[Hand]) -> list[str]:
    """Filter styles, by their words, by the layouts that they offer; None is offered by all."""
    wanted = {layout for layout in layouts if layout is not None}
    offered = {hand.words: set(hand.layouts) for hand in known}
    return [words for words in able if wanted <= offered.get(words, set())]


def _suiting(stops: Sequence[AskedStop], able: Sequence[str], known: Sequence[Hand], seed: int, first: str) -> str:
    """Choose the style that suits stops best among those that offer their layouts, ``first`` where it is one of them.

    Where one is a sign, it is a graphic one.
    """
    left: Sequence[str] = offering(able, [stop.layout for stop in stops], known)
    graphic = {hand.words for hand in known if hand.is_graphic}
    if any(stop.kinds & suiting.SIGNS for stop in stops):
        left = [words for words in left if words in graphic] or left
    left = suiting.of_medium([said for stop in stops for said in stop.reading.hands], left)
    return first if first in left else suiting.choose([stop.kinds for stop in stops], left, seed=seed)
