"""The models' styles as named styles, with what suits each from ``models/styles``."""

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
    return of_model_styles(offer.styles)


def of_model_styles(known: tuple[ModelStyle, ...]) -> tuple[Style, ...]:
    """Return a model's styles as named styles."""
    return tuple(_style(style) for style in known)


def offered(known: Iterable[Style], *, chosen: Collection[str] = ()) -> tuple[Style, ...]:
    """Return the styles that pages offer: all but those retired, of which the ``chosen``, by their words, stay."""
    return tuple(style for style in known if not is_retired(style.model_style) or style.model_style.words in chosen)


def is_retired(style: ModelStyle) -> bool:
    """Return whether a style composes its scenes and is retired; one of another model may have the same name."""
    return bool(style.marks) and style.words in RETIRED


def _style(style: ModelStyle) -> Style:
    description = _descriptions().get(style.words)
    if description is None:
        shows = next((each.shows for each in added.every() if each.words == style.words), ())
        return Style(style, "", "", shows)
    return Style(style, description["suits"], description["sample"], tuple(description["for"]))


@cache
def _descriptions() -> dict[str, dict[str, Any]]:
    descriptions: dict[str, dict[str, Any]] = json.loads((FOLDER / "hands.json").read_text("utf-8"))
    return descriptions
