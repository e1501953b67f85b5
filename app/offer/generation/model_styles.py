"""The styles that a model was trained on, by the words that are appended to a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.formatting import join_words
from app.core.models.facts import ModelFacts
from app.core.text import style_words
from app.core.text.folding import spaced
from app.offer.generation.adapters import Adapter
from sketch.compositions.composition import LAYOUTS, PAINTED
from sketch.compositions.register import STYLES

ENDINGS = "(?:e|er|es|en|em|s)?"
"""The endings of a further name: German ones are declined as adjectives, and both languages have plurals."""

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "-": " "})


@dataclass(frozen=True, slots=True)
class ModelStyle:
    """A style: the words that the model learned for it, its title, and the marks of its scenes.

    ``marks`` name a composition of ``sketch``; "" if the model renders scenes as they are. ``also`` are further names
    in any language: those of artists, and of styles that the model does not distinguish.
    """

    words: str
    title: str
    marks: str = ""
    also: tuple[str, ...] = ()

    @property
    def is_graphic(self) -> bool:
        """Return whether its scenes are composed of graphic marks."""
        return self.marks not in ("", PAINTED)

    @property
    def layouts(self) -> tuple[str, ...]:
        """Return the layouts that its compositions may have, in the order of ``LAYOUTS``; none if it has none."""
        if not self.marks:
            return ()
        style = STYLES.get(self.marks)
        offered = {name for name, *_ in style.layouts} if style else {"single"}
        return tuple(name for name in LAYOUTS if name in offered)

    @property
    def name(self) -> str:
        """Return the title in the page's language as within a sentence: ``cut paper``."""
        return translate_foreign(self.title[:1].lower() + self.title[1:])


def of_model(facts: ModelFacts, learned: Iterable[Adapter]) -> tuple[ModelStyle, ...]:
    """Return the styles of a model: its own, then those that it learned as adapters."""
    return (
        *(_from_row(style) for style in facts.hands),
        *(ModelStyle(adapter.words, adapter.title) for adapter in learned),
    )


def _from_row(row: Mapping[str, Any]) -> ModelStyle:
    """Return the style of an entry in ``house.json``."""
    words = row["words"]
    return ModelStyle(words, row.get("title", words), row.get("marks", ""), tuple(row.get("also", ())))


def any_composes(choices: Iterable[ModelStyle]) -> bool:
    """Return whether any of these styles composes its scenes."""
    return any(style.marks for style in choices)


def find(text: str, choices: Iterable[ModelStyle]) -> ModelStyle | None:
    """Return the style with these words, this title or this further name, in any case; ``None`` if there is none."""
    listed, wanted = list(choices), " ".join(text.split()).casefold()
    if not wanted:  # as for most stops; comparing it with all names takes a millisecond
        return None
    by_name = (style for style in listed if wanted in (style.words.casefold(), style.title.casefold()))
    by_spelling = (style for style in listed if spaced(wanted) in (spaced(style.words), spaced(style.title)))
    by_another = (style for style in listed if folded(wanted) in map(folded, style.also))
    return next(by_name, None) or next(by_spelling, None) or next(by_another, None)


def is_named(prompt: str, choices: Iterable[ModelStyle]) -> bool:
    """Return whether a prompt names a style by whole words: ``an owl, neon`` and ``a watercolour of an owl`` do."""
    return bool(style_words.named(prompt, (style.words for style in choices)))


def find_mentioned(style: str, choices: Iterable[ModelStyle]) -> ModelStyle | None:
    """Return the style that a text mentions: by its words, or else by the longest further name; ``None`` for none.

    Further names can also mean things, such as a poster, so use this only for text that was interpreted as a style.
    """
    if not (folded_style := folded(style)):  # as for most prompts; comparing it with all names takes milliseconds
        return None
    listed = list(choices)
    return _named_by_its_words(style, listed) or _named_by_another(folded_style, listed)


def _named_by_its_words(text: str, choices: Sequence[ModelStyle]) -> ModelStyle | None:
    words = style_words.named(text, (style.words for style in choices))
    return next((style for style in choices if style.words == words), None) if words else None


def _named_by_another(folded_text: str, listed: Iterable[ModelStyle]) -> ModelStyle | None:
    names = [(len(name), -index, style) for index, style in enumerate(listed) for name in style.also
             if re.search(rf"(?<!\w){re.escape(folded(name))}{ENDINGS}(?!\w)", folded_text)]  # fmt: skip
    return max(names, key=lambda each: each[:2])[2] if names else None


def folded(text: str) -> str:
    """Return a name as it is compared: in lower case, without hyphens, with umlauts spelled out, like prompts."""
    return " ".join(text.casefold().translate(UMLAUTS).split())


def words_of(known: Iterable[ModelStyle]) -> str:
    """Return the words of styles as a list within a sentence."""
    return join_words(style.words for style in known)
