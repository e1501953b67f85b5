"""Find the numbers of a prompt that count nothing: ages, times, measures, years, and parts of names and compounds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.reading.grammar import Grammar, listed
from app.reading.tokens import WORD, Token

UNIT_SIGNS, CURRENCIES, APOSTROPHES = frozenset('%‰°"″'), frozenset("$€£¥#№"), frozenset("'’ʼ")
YEARS = range(1000, 2101)
NOUN_WITHIN = 4
"""How many tokens after a number its noun may follow, with adjectives between: three old red boats."""

IRREGULAR = listed("men women children people mice geese feet teeth sheep fish deer oxen cattle police lice")
"""English plurals without an s."""


def value(word: str, grammar: Grammar) -> int:
    """Return the number that a word is, 0 if none: digits, a numeral, or a multiplier such as ``3x``."""
    digits = word.removesuffix("x") if word[:1].isdecimal() else word
    if digits.isdecimal() and len(digits) < 8:
        return int(digits)
    return grammar.numbers.get(word, 0)


def find(prompt: str, tokens: Sequence[Token], grammar: Grammar, names: Collection[int]) -> frozenset[int]:
    """Return the places of the tokens that are numbers but count nothing, with the units that belong to them.

    :param names: the places of tokens within names of things, which stay as they are.
    """
    found: set[int] = set()
    for place, token in enumerate(tokens):
        if token.kind == WORD and place not in names and value(token.text, grammar):
            found |= set(range(place, place + _length(prompt, tokens, place, grammar)))
    return frozenset(found - set(names))


def _length(prompt: str, tokens: Sequence[Token], place: int, grammar: Grammar) -> int:
    """Return how many tokens from a number on are no count, 0 if it is one."""
    token, after = tokens[place], _word(tokens, place + 1)
    before = prompt[max(0, token.start - 1) : token.start]
    if prompt[token.end : token.end + 1] in UNIT_SIGNS or before in CURRENCIES:
        return 1
    if after is not None:
        if after.joined and not value(after.text, grammar):  # three-legged, 20-year-old
            return 1 + _joined(tokens, place + 1)
        if after.text in grammar.units:
            behind = _word(tokens, place + 2)
            return 3 if behind is not None and behind.text in grammar.extents else 2
        if prompt[after.end : after.end + 1] in APOSTROPHES:  # Three Kings' cake
            return 1
    return 1 if _is_no_count(tokens, place, grammar) else 0


def _is_no_count(tokens: Sequence[Token], place: int, grammar: Grammar) -> bool:
    """Return whether the words around a number make it a part of a name, a year, or of a single thing."""
    token, before = tokens[place], _word(tokens, place - 1) if place else None
    if before is not None and before.text in grammar.ones:  # a three wheeler; but: a hundred birds
        return True
    if not token.text.isdecimal():
        return False
    is_several = _is_several(tokens, place, grammar)
    if before is not None and not _is_minor(before, grammar) and not value(before.text, grammar):
        is_named = before.capital if grammar.language == "de" else not is_several
        if is_named:  # Apollo 11, Route 66
            return True
    return len(token.text) == 4 and int(token.text) in YEARS and not is_several


def _is_several(tokens: Sequence[Token], place: int, grammar: Grammar) -> bool:
    """Return whether a plural noun follows a number; in German, whether any noun may."""
    for token in tokens[place + 1 : place + 1 + NOUN_WITHIN]:
        if token.kind != WORD or (_is_minor(token, grammar) and token.text not in grammar.sizes):
            return False
        if grammar.language == "de":
            return True
        if token.text in IRREGULAR or (token.text.endswith("s") and not token.text.endswith("ss")):
            return True
    return False


def _is_minor(token: Token, grammar: Grammar) -> bool:
    """Return whether a word names nothing: an article, a preposition, a colour or a size."""
    word = token.text
    groups = grammar.small, grammar.articles, grammar.breaks, grammar.clauses, grammar.colours, grammar.sizes
    return any(word in group for group in groups)


def _joined(tokens: Sequence[Token], place: int) -> int:
    """Return how many tokens from a place on are joined to the one before by a hyphen."""
    count = 0
    while place + count < len(tokens) and tokens[place + count].joined:
        count += 1
    return count


def _word(tokens: Sequence[Token], place: int) -> Token | None:
    token = tokens[place] if 0 <= place < len(tokens) else None
    return token if token is not None and token.kind == WORD else None
