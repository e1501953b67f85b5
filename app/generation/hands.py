"""Hands: the styles that a model was taught, by the words that are put behind a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.generation import adapters, models_on_offer
from app.i18n.foreign_messages import translate_foreign
from app.i18n.formatting import join_words
from app.storage.walk_models import Walk
from sketch.compositions.composition import LAYOUTS, PAINTED
from sketch.compositions.register import STYLES

ENDINGS = "(?:e|er|es|en|em|s)?"
"""How a further name may end: German ones are bent as adjectives, and both languages have plurals."""

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "-": " "})
PATTERN = "{prompt}, {words}"


@dataclass(frozen=True, slots=True)
class Hand:
    """A style: the words that the model learned for it, what people call it, and the marks of its scenes.

    ``marks`` are those of a composition, as ``sketch`` knows them; "" where the model paints scenes as they are.
    ``also`` are further names that mean it, in any language: those of artists, and of what is not told apart from it.
    """

    words: str
    title: str
    marks: str = ""
    also: tuple[str, ...] = ()

    @property
    def is_graphic(self) -> bool:
        """Return whether its scenes draw their marks by themselves."""
        return self.marks not in ("", PAINTED)

    @property
    def layouts(self) -> tuple[str, ...]:
        """List the layouts that its compositions may have, in the order of all there are; none where it has none."""
        if not self.marks:
            return ()
        style = STYLES.get(self.marks)
        offered = {name for name, *_ in style.layouts} if style else {"single"}
        return tuple(name for name in LAYOUTS if name in offered)

    @property
    def name(self) -> str:
        """Write the title as it stands within a sentence, in the page's language: ``cut paper``."""
        return translate_foreign(self.title[:1].lower() + self.title[1:])


def known(model: str | None = None) -> tuple[Hand, ...]:
    """List the hands of a model (by its setting; the site's first): those of its ``house.json``, then its adapters'."""
    own = models_on_offer.facts(model).get("hands", [])
    return (
        *(_told(hand) for hand in own),
        *(Hand(adapter.words, adapter.title) for adapter in adapters.of_model(model)),
    )


def _told(row: dict[str, Any]) -> Hand:
    """Read a hand as ``house.json`` tells of it."""
    words = row["words"]
    return Hand(words, row.get("title", words), row.get("marks", ""), tuple(row.get("also", ())))


def any_composes(among: Iterable[Hand]) -> bool:
    """Return whether some of these hands compose their scenes."""
    return any(hand.marks for hand in among)


def find(text: str, among: Iterable[Hand]) -> Hand | None:
    """Find a hand by its words or its title, in any case, or else by a further name."""
    listed, wanted = list(among), " ".join(text.split()).casefold()
    by_name = (hand for hand in listed if wanted in (hand.words.casefold(), hand.title.casefold()))
    by_another = (hand for hand in listed if folded(wanted) in map(folded, hand.also))
    return next(by_name, None) or next(by_another, None)


def is_named(prompt: str, among: Iterable[Hand]) -> bool:
    """Tell whether a prompt names a hand, by whole words: ``an owl, neon`` and ``a watercolour of an owl`` do."""
    return _named_by_its_words(prompt, among) is not None


def find_mentioned(style: str, among: Iterable[Hand]) -> Hand | None:
    """Find the hand that is meant where a prompt names a style: by its words, or else by the longest further name.

    Further names mean things as well, as a poster does, so that this is asked of what was read as a style alone.
    """
    listed = list(among)
    return _named_by_its_words(style, listed) or _named_by_another(folded(style), listed)


def _named_by_its_words(text: str, among: Iterable[Hand]) -> Hand | None:
    said = text.casefold()
    pattern = r"(?<!\w){}(?!\w)"
    return next((hand for hand in among if re.search(pattern.format(re.escape(hand.words.casefold())), said)), None)


def _named_by_another(said: str, listed: Iterable[Hand]) -> Hand | None:
    names = [(len(name), -place, hand) for place, hand in enumerate(listed) for name in hand.also
             if re.search(rf"(?<!\w){re.escape(folded(name))}{ENDINGS}(?!\w)", said)]  # fmt: skip
    return max(names, key=lambda each: each[:2])[2] if names else None


def folded(text: str) -> str:
    """Write a name as it is compared: small, without hyphens, umlauts spelled out, as prompts are read."""
    return " ".join(text.casefold().translate(UMLAUTS).split())


def words_of(known: Iterable[Hand]) -> str:
    """List the words of hands as a sentence does."""
    return join_words(hand.words for hand in known)


def pattern(model: str | None = None) -> str:
    """Return how a model (by its setting; the site's first) wants prompt and hand joined."""
    return str(models_on_offer.facts(model).get("hand_pattern", PATTERN))


def append_words(prompt: str, hand: str, joined: str = PATTERN) -> str:
    """Put a hand's words to a prompt as ``joined`` says: ``a fox, neon``; the prompt alone where there is no hand."""
    return joined.replace("{words}", hand).replace("{prompt}", prompt) if hand else prompt


def words_in(walk: Walk) -> list[str]:
    """List the words of a walk's hands, each once, in the order of its stops."""
    return list(dict.fromkeys(stop.hand for stop in walk.stops if stop.hand))


def names(walk: Walk) -> list[str]:
    """Name a walk's hands as within a sentence; by their words, where its model does not know them."""
    return _named(walk, words_in(walk))


def detected_names(walk: Walk) -> list[str]:
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
