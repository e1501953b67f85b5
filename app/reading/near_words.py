"""Offer the right spelling of a word that the parser does not know.

The search is bounded by length first: only names of nearly the same length that begin alike are compared, and those
that differ by one letter.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from app.core.text.edit_distance import distance
from app.reading.lexicon import SPOKEN
from app.reading.tokens import Names
from app.reading.wordbook import Wordbook
from sketch import keys

LEAST, LONGER, MOST = 4, 6, 24
"""The least and the greatest length of a word to offer another spelling for, and the length from which it may have two
wrong letters instead of one."""

FORMS = 3
"""How many forms of a word are compared: it may be a plural."""

WORD = re.compile(r"[^\W\d_]+")

Bucket = tuple[int, str]
"""The length of a folded word and its first letter."""


class NearWords:
    """The words of things' names in each language, by length and first letter."""

    def __init__(self, wordbook: Wordbook, names: Callable[[str], Names]) -> None:
        """Create the index; ``names`` returns the names of a language's things that are corrected by one letter."""
        self._wordbook, self._names = wordbook, names
        self._written = lru_cache(maxsize=len(SPOKEN))(self._collect)
        self._buckets = lru_cache(maxsize=len(SPOKEN))(self._sort)
        self.suggest = lru_cache(maxsize=1024)(self._nearest)

    def written(self, folded: str, language: str) -> str:
        """Return a folded word as it is written in a language; the folded one if it is in no name."""
        return self._written(_spoken(language)).get(folded, folded)

    def _nearest(self, word: str, language: str) -> str:
        """Return the word of a name that a misspelt word may mean; ``""`` for a known word, and if none is near."""
        language = _spoken(language)
        if not (LEAST <= len(word) <= MOST and WORD.fullmatch(word)) or self._is_known(word, language):
            return ""
        folded = keys.unmarked(word, language)
        if not LEAST <= len(folded) <= MOST + LEAST:
            return ""
        found = min(map(self._near, keys.forms(folded, language)[:FORMS], [language] * FORMS))
        return self.written(found[-1], language)

    def _near(self, folded: str, language: str) -> tuple[int, int, int, str]:
        """Return the nearest word of a name behind its distance and what else makes it likely; ``""`` for none."""
        most, buckets = (2 if len(folded) >= LONGER else 1), self._buckets(language)
        others = {
            other
            for length in range(len(folded) - most, len(folded) + most + 1)
            for first in folded[:2]
            for other in buckets.get((length, first), ())
        } | (self._names(language).near(folded) & self._written(language).keys())
        # Of equally near words the one that begins most alike, and then the longest: letters are left out most often.
        near = (
            (far, -_alike(folded, other), -len(other), other)
            for other in others
            if (far := distance(folded, other, most)) <= most
        )
        return min(near, default=(LONGER, 0, 0, ""))

    def _is_known(self, word: str, language: str) -> bool:
        """Return whether a word is known; in English, one that only looks like a German compound is not."""
        wordbook = self._wordbook
        return wordbook.is_listed(word, compounds=language == "de") or wordbook.is_described(word)

    def _collect(self, language: str) -> dict[str, str]:
        """Return the words of names as written by their folded form: those of drawings before other names."""
        names = (concept.german if language == "de" else concept.name for concept in self._wordbook.concepts)
        found = {keys.unmarked(word, language): word
                 for name in names for word in WORD.findall(name)}  # fmt: skip
        if language == "en":  # the folded form of a German word may lack its umlauts
            found |= {word: word for word in self._names(language).of}
        return found

    def _sort(self, language: str) -> dict[Bucket, list[str]]:
        buckets: dict[Bucket, list[str]] = {}
        for word in self._written(language):
            if len(word) >= LEAST - 1 and WORD.fullmatch(word):
                buckets.setdefault((len(word), word[0]), []).append(word)
        return buckets


def _spoken(language: str) -> str:
    """Return the language, or English for one whose names are not known."""
    return language if language in SPOKEN else "en"


def _alike(word: str, other: str) -> int:
    """Return with how many equal letters two words begin."""
    pairs = enumerate(zip(word, other, strict=False))
    return next((place for place, (one, two) in pairs if one != two), min(len(word), len(other)))
