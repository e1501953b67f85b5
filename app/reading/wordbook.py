"""Look up what words and phrases mean, in any inflected form, in the lexicon and the names of added drawings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from app.reading.lexicon import ALIAS, KEYWORD, KIND, NAME, NEAR, SYNONYM, WIDER, Concept, Lexicon, Meaning
from sketch import keys

LONGEST_NAME = 6
"""The most words of a name."""

COMPOUND = 0.86
"""The weight of the last part's meaning for a German compound that is not listed: a Holzstuhl is a chair."""

FIRST_PART = 0.74
"""The weight of the first part's meaning, if the last part is unknown."""

PIECE = "stueck"
"""The last part of a compound that is only a quantity."""

LEAST_PART, STRONG = 3, 0.7
SURE = (NAME, ALIAS, SYNONYM)
HOW = {NAME: "name", ALIAS: "name", SYNONYM: "name", KIND: "kind", WIDER: "kind", KEYWORD: "keyword", NEAR: "kind"}


class Wordbook:
    """The vocabulary: the lexicon, and the names and words of drawings that were added since it was built."""

    def __init__(self, lexicon: Lexicon, added: Iterable[tuple[str, str, Sequence[str]]] = ()) -> None:
        self.lexicon = lexicon
        self.concepts = list(lexicon.concepts)
        self.numbers = {concept.name.casefold(): number for number, concept in enumerate(self.concepts)}
        self._added: dict[str, list[Meaning]] = {}
        for name, kind, words in added:
            number = self.numbers.setdefault(name.casefold(), len(self.concepts))
            if number == len(self.concepts):
                self.concepts.append(Concept(name, kind, ", ".join([name, *words])))
            for place, word in enumerate((name, *words)):
                meaning = Meaning(number, 1.0 if not place else 0.95, ALIAS if place else NAME)
                for language in ("en", "de"):
                    self._added.setdefault(keys.key(word, language), []).append(meaning)
        self.find = lru_cache(maxsize=4096)(self._find)

    def exactly(self, key: str) -> list[Meaning]:
        """Return the meanings of a key, without trying other forms."""
        return [*self._added.get(key, ()), *self.lexicon.find(key)]

    def _find(self, words: str, language: str) -> tuple[tuple[Meaning, ...], str]:
        """Return the meanings of folded words, the likeliest first, and the form of the last word that matched.

        If the words are unknown in the language, tries the other one.
        """
        for tongue in (language,) if language == keys.OTHER else (language, "de" if language == "en" else "en"):
            found = self._in(words, tongue)
            if found[0]:
                return found
        return (), ""

    def _in(self, words: str, language: str) -> tuple[tuple[Meaning, ...], str]:
        prefix = keys.prefix(language)
        *before, last = words.split(" ")
        best: dict[int, Meaning] = {}
        form = ""
        for place, each in enumerate(keys.forms(last, language)):
            for meaning in self.exactly(prefix + " ".join([*before, each])):
                form = form or each
                weight = meaning.weight * (1 - 0.01 * min(place, 3))
                if weight > best.get(meaning.concept, Meaning(0, 0, 0)).weight:
                    best[meaning.concept] = Meaning(meaning.concept, weight, meaning.source)
        if not best and language == "de" and not before:
            best, form = self._compound(last), last
        return tuple(
            sorted(best.values(), key=lambda meaning: (-meaning.weight, meaning.concept))
        ), form if best else ""

    def _compound(self, word: str) -> dict[int, Meaning]:
        """Return the meanings of a German compound by its longest known last part, or else by its first part."""
        for start in range(3, len(word) - LEAST_PART):
            for each in keys.forms(word[start:], "de"):
                found = [meaning for meaning in self.exactly(keys.GERMAN + each) if meaning.source in SURE]
                if found and len(each) > LEAST_PART:
                    return {each.concept: Meaning(each.concept, each.weight * COMPOUND, KIND) for each in found}
        if word.endswith(PIECE):  # a Möbelstück is one of the Möbel
            part = word.removesuffix(PIECE)
            found = self.exactly(keys.GERMAN + part) or self.exactly(keys.GERMAN + part.removesuffix("s"))
            if found:
                return {each.concept: each for each in found}
        for end in range(len(word) - LEAST_PART, LEAST_PART, -1):  # an Igelfamilie shows hedgehogs
            for part in (word[:end], word[:end].removesuffix("s"), word[:end].removesuffix("n")):
                found = [each for each in self.exactly(keys.GERMAN + part) if each.source in SURE and end > LEAST_PART]
                if found:
                    return {each.concept: Meaning(each.concept, each.weight * FIRST_PART, KIND) for each in found}
        return {}

    def is_named(self, words: str, language: str) -> bool:
        """Return whether words name a thing in a language."""
        found, _ = self._in(words, language)
        return bool(found) and is_strong(found[0])

    def is_drawn(self, words: str, language: str) -> bool:
        """Return whether words are the name of a drawing."""
        found, _ = self.find(words, language)
        return bool(found) and found[0].source == NAME


def is_strong(meaning: Meaning) -> bool:
    """Return whether a meaning is strong enough for its word to be a thing."""
    return meaning.weight >= STRONG and meaning.source in (*SURE, KIND, KEYWORD)
