"""Correct misspelled names of drawings that differ by one letter, such as "dinosuar"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from app.reading.grammar import Grammar
from app.reading.lexicon import ALIAS, NAME
from app.reading.tokens import WORD, Token
from app.reading.wordbook import Wordbook
from sketch import keys

LEAST, LEAST_REPLACED = 5, 6
"""The least length of a word that is corrected, and of one in which a letter may be replaced."""

SURE = 0.9
LETTERS = "etaoinsrhldcumfpgwybvkxjqz"


class Speller:
    """Corrects words that are unknown in both languages and differ by one letter from the name of a drawing."""

    def __init__(self, wordbook: Wordbook) -> None:
        self._wordbook = wordbook
        self._right = lru_cache(maxsize=2048)(self._nearest)

    def mended(self, tokens: Sequence[Token], grammar: Grammar) -> list[Token]:
        """Return the tokens with corrected words; their positions in the prompt do not change."""
        has_capitals = any(token.capital for token in tokens[1:])
        return [self._mended(token, grammar, has_capitals and bool(place)) for place, token in enumerate(tokens)]

    def _mended(self, token: Token, grammar: Grammar, capitals_tell: bool) -> Token:
        word, is_german = token.text, grammar.language == "de"
        if token.kind != WORD or not word.isalpha() or len(word) < LEAST:
            return token
        if word in grammar.small or word in grammar.colours or word in grammar.sizes:
            return token
        if capitals_tell and token.capital != is_german:  # a name in English, no noun in German
            return token
        may_replace = len(word) >= LEAST_REPLACED and (token.capital or not is_german)
        right = self._right(word, grammar.language, may_replace)
        return token if right == word else replace(token, text=right)

    def _nearest(self, word: str, language: str, may_replace: bool) -> str:
        if self._is_known(word):
            return word
        best, found = SURE, word
        for each in _alike(word, may_replace):
            meanings = self._wordbook.exactly(keys.prefix(language) + each)
            weight = max((meaning.weight for meaning in meanings if meaning.source in (NAME, ALIAS)), default=0.0)
            if weight > best:
                best, found = weight, each
        return found

    def _is_known(self, word: str) -> bool:
        book, lexicon = self._wordbook, self._wordbook.lexicon
        for language in ("en", "de"):
            if book.find(word, language)[0] or lexicon.tells(keys.stem(word, language)):
                return True
        return any(lexicon.is_verb(form) for form in keys.forms(word, "en"))


def _alike(word: str, may_replace: bool) -> Iterator[str]:
    """Yield the words that differ by one edit, the most likely edits first; the first letter stays."""
    last = len(word) - 1
    for at in range(last):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(1, last):
        yield word[:at] + word[at + 1 :]
    for at in range(1, last + 1):
        for letter in LETTERS:
            yield word[:at] + letter + word[at:]
    if may_replace:
        for at in range(1, last):
            for letter in LETTERS:
                yield word[:at] + letter + word[at + 1 :]
