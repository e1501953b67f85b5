"""Hands: the styles that a model was taught, by the words that are put behind a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.generation import adapters, models_on_offer
from app.i18n.foreign_messages import translate_foreign
from app.i18n.formatting import join_words
from app.storage.walk_models import Walk

PATTERN = "{prompt}, {words}"


@dataclass(frozen=True, slots=True)
class Hand:
    """A style: the words that the model learned for it, what people call it, and the marks of its scenes.

    ``marks`` are those of a composition, as ``sketch`` knows them; "" where the model paints scenes as they are.
    """

    words: str
    title: str
    marks: str = ""

    @property
    def name(self) -> str:
        """Write the title as it stands within a sentence, in the page's language: ``cut paper``."""
        return translate_foreign(self.title[:1].lower() + self.title[1:])


def known(model: str | None = None) -> tuple[Hand, ...]:
    """List the hands of a model (by its setting; the site's first): those of its ``house.json``, then its adapters'."""
    own = models_on_offer.facts(model).get("hands", [])
    return (
        *(Hand(hand["words"], hand.get("title", hand["words"]), hand.get("marks", "")) for hand in own),
        *(Hand(adapter.words, adapter.title) for adapter in adapters.of_model(model)),
    )


def find(text: str, among: Iterable[Hand]) -> Hand | None:
    """Find a hand by its words or its title, in any case."""
    wanted = " ".join(text.split()).casefold()
    return next((hand for hand in among if wanted in (hand.words.casefold(), hand.title.casefold())), None)


def is_named(prompt: str, among: Iterable[Hand]) -> bool:
    """Tell whether a prompt names a hand, by whole words: ``an owl, neon`` and ``a watercolour of an owl`` do."""
    said = prompt.casefold()
    return any(re.search(rf"(?<!\w){re.escape(hand.words.casefold())}(?!\w)", said) for hand in among)


def words_of(known: Iterable[Hand]) -> str:
    """List the words of hands as a sentence does."""
    return join_words(hand.words for hand in known)


def pattern(model: str | None = None) -> str:
    """Return how a model (by its setting; the site's first) wants prompt and hand joined."""
    return str(models_on_offer.facts(model).get("hand_pattern", PATTERN))


def worded(prompt: str, hand: str, joined: str = PATTERN) -> str:
    """Put a hand's words to a prompt as ``joined`` says: ``a fox, neon``; the prompt alone where there is no hand."""
    return joined.replace("{words}", hand).replace("{prompt}", prompt) if hand else prompt


def of(walk: Walk) -> list[str]:
    """List the words of a walk's hands, each once, in the order of its stops."""
    return list(dict.fromkeys(stop.hand for stop in walk.stops if stop.hand))


def names(walk: Walk) -> list[str]:
    """Name a walk's hands as within a sentence; by their words, where its model does not know them."""
    return _named(walk, of(walk))


def found(walk: Walk) -> list[str]:
    """Name the hands that the eye found in a walk's stops, as within a sentence, each once."""
    return _named(walk, list(dict.fromkeys(stop.found_hand for stop in walk.stops if stop.found_hand)))


def _named(walk: Walk, words_of: Iterable[str]) -> list[str]:
    among = known_to(walk)
    return [hand.name if (hand := find(words, among)) else words for words in words_of]


def known_to(walk: Walk) -> tuple[Hand, ...]:
    """List the hands of the model that paints a walk."""
    return known(_model(walk))


def _model(walk: Walk) -> str:
    return models_on_offer.setting(walk.model_name or walk.model)
