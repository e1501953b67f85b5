"""Correct misspelled words of negation and names of drawings that differ by one letter, such as "dinosuar"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from app.reading.grammar import Grammar
from app.reading.lexicon import ALIAS, NAME
from app.reading.prompt import WORD, Prompt, Token
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
        self._nearest = lru_cache(maxsize=2048)(self._find_nearest)

    def correct(self, prompt: Prompt) -> Prompt:
        """Return the prompt with corrected words; their positions in the text do not change."""
        has_capitals = any(token.capital for token in prompt.tokens[1:])
        corrected = (
            self._corrected(token, prompt.grammar, has_capitals and place > 0)
            for place, token in enumerate(prompt.tokens)
        )
        return replace(prompt, tokens=tuple(corrected))

    def _corrected(self, token: Token, grammar: Grammar, capitals_tell: bool) -> Token:
        word, is_german = grammar.brands.get(token.text, token.text), grammar.language == "de"
        if token.kind != WORD or not word.isalpha() or len(word) < LEAST or grammar.is_minor(word):
            return replace(token, text=word)
        # A capital letter is that of a name in English; a German noun has one.
        may_be_name = not (capitals_tell and token.capital != is_german)
        may_replace = len(word) >= LEAST_REPLACED and (token.capital or not is_german)
        return replace(token, text=self._nearest(word, grammar, may_be_name, may_replace))

    def _find_nearest(self, word: str, grammar: Grammar, may_be_name: bool, may_replace: bool) -> str:
        if word in grammar.negation.spelled or self._is_known(word):
            return word
        for each in _alike(word, may_replace=True):
            if each in grammar.negation.spelled:
                return each
        best, found = SURE, word
        for each in _alike(word, may_replace) if may_be_name else ():
            meanings = self._wordbook.exactly(keys.prefix(grammar.language) + each)
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
            if may_replace and at < last:
                yield word[:at] + letter + word[at + 1 :]
