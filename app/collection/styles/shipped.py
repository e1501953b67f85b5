"""The models' hands as styles, with what suits each from ``models/styles``."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from app.collection.styles import added
from app.collection.styles.style import Style
from app.core.config import ROOT
from app.offer.generation.model_styles import ModelStyle
from app.offer.generation.offers import Offer

FOLDER = ROOT / "models/styles"


def of_model(offer: Offer) -> tuple[Style, ...]:
    """Return the styles of a model, in its order.

    A style without a description is matched by its own words only.
    """
    return of_hands(offer.styles)


def of_hands(known: tuple[ModelStyle, ...]) -> tuple[Style, ...]:
    """Return hands as styles."""
    return tuple(_style(hand) for hand in known)


def _style(hand: ModelStyle) -> Style:
    description = _descriptions().get(hand.words)
    if description is None:
        shows = next((each.shows for each in added.every() if each.words == hand.words), ())
        return Style(hand, "", "", shows)
    return Style(hand, description["suits"], description["sample"], tuple(description["for"]))


@cache
def _descriptions() -> dict[str, dict[str, Any]]:
    descriptions: dict[str, dict[str, Any]] = json.loads((FOLDER / "hands.json").read_text("utf-8"))
    return descriptions
