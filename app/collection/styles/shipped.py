"""The models' hands as styles, with what suits each from ``models/styles``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from app.collection.styles import added
from app.collection.styles.style import Style
from app.collection.styles.suiting import RETIRED
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


def offered(known: Iterable[Style], *, chosen: Collection[str] = ()) -> tuple[Style, ...]:
    """Return the styles that pages offer: all but those retired, of which the ``chosen``, by their words, stay."""
    return tuple(style for style in known if not is_retired(style.hand) or style.hand.words in chosen)


def is_retired(hand: ModelStyle) -> bool:
    """Return whether a style composes its scenes and is retired; one of another model may have the same name."""
    return bool(hand.marks) and hand.words in RETIRED


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
