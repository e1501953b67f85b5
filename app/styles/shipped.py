"""The hands as styles: what suits each, by the words that models name them with, from ``models/styles``."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from app.config import ROOT
from app.generation import hands
from app.generation.hands import Hand
from app.styles import added
from app.styles.style import Style

FOLDER = ROOT / "models/styles"


def of_model(model: str | None = None) -> tuple[Style, ...]:
    """List the styles of a model (by its setting; the site's first): its hands, in its order.

    A hand that nothing is written about is found by its own words alone.
    """
    return of_hands(hands.known(model))


def of_hands(known: tuple[Hand, ...]) -> tuple[Style, ...]:
    """List hands as styles."""
    return tuple(_style(hand) for hand in known)


def _style(hand: Hand) -> Style:
    told = _written().get(hand.words)
    if told is None:
        shows = next((each.shows for each in added.every() if each.words == hand.words), ())
        return Style(hand, "", "", shows)
    return Style(hand, told["suits"], told["sample"], tuple(told["for"]))


@cache
def _written() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "hands.json").read_text("utf-8"))
    return found
