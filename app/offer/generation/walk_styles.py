"""The styles of a walk, by their names."""

from __future__ import annotations

from app.offer.generation import model_styles, offers
from app.offer.generation.model_styles import ModelStyle
from app.storage.walk_models import Walk


def words_in(walk: Walk) -> list[str]:
    """Return the words of a walk's styles, each once, in the order of its stops."""
    return list(dict.fromkeys(stop.hand for stop in walk.stops if stop.hand))


def names(walk: Walk) -> list[str]:
    """Return the names of a walk's styles as within a sentence; their words if its model does not know them."""
    return _named(walk, words_in(walk))


def detected_names(walk: Walk) -> list[str]:
    """Return the names of the styles that the image encoder detected in a walk's stops, each once."""
    return _named(walk, list(dict.fromkeys(stop.found_hand for stop in walk.stops if stop.found_hand)))


def _named(walk: Walk, words_of: list[str]) -> list[str]:
    choices = known_to(walk) if words_of else ()  # most walks have no style, and a page shows dozens of walks
    return [hand.name if (hand := model_styles.find(words, choices)) else words for words in words_of]


def known_to(walk: Walk) -> tuple[ModelStyle, ...]:
    """Return the styles of the model that renders a walk."""
    return offers.current().of_walk(walk).styles
