"""Annotate a prompt with all but its things: styles, ground, place, time, weather, composition and negations.

Patterns are matched against one line of folded words with spaces between them. Words that a pattern matches are not
interpreted as things; words of a place phrase only if the prompt has nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from app.reading import negations
from app.reading.grammar import Grammar, Patterns
from app.reading.negations import Negated
from app.reading.tokens import Line, Token
from app.reading.wordbook import Wordbook

FREE, TAKEN, PLACE, HAND = "", "taken", "place", "hand"


@dataclass(slots=True)
class Heard:
    """An annotated prompt: its tokens, the role of each, and what the annotations mean."""

    tokens: list[Token]
    grammar: Grammar
    roles: list[str]
    line: Line
    kind: str = ""
    time: str = ""
    weather: str = ""
    ground: str = ""
    composition: str = ""
    hands: list[str] = field(default_factory=list)
    unwanted: list[list[Token]] = field(default_factory=list)
    negated: set[int] = field(default_factory=set)
    avoided: set[str] = field(default_factory=set)
    counts: dict[int, int] = field(default_factory=dict)
    uncounted: frozenset[int] = frozenset()

    def free(self) -> list[str]:
        """Return the words without a role."""
        return [token.text for token, role in zip(self.tokens, self.roles, strict=True) if role == FREE]

    @property
    def is_style_alone(self) -> bool:
        """Return whether the prompt consists of a style only."""
        return bool(self.roles) and set(self.roles) == {HAND}

    def phrase(self, first: int, last: int) -> str:
        """Return the folded words of the tokens from ``first`` to before ``last``."""
        return " ".join(token.text for token in self.tokens[first:last])

    def between(self, first: int, last: int) -> str:
        """Return the folded words of the tokens from ``first`` to before ``last`` that are not negated."""
        return " ".join(self.tokens[place].text for place in range(first, last) if place not in self.negated)


def heard(
    tokens: Sequence[Token],
    grammar: Grammar,
    wordbook: Wordbook,
    names: Sequence[tuple[int, int]],
    drawn: Sequence[tuple[int, int]] = (),
) -> Heard:
    """Return the annotated prompt.

    :param names: token ranges that name one thing, whose words get no role.
    :param drawn: token ranges that are the name of a drawing, which are not styles.
    """
    whole = Heard(list(tokens), grammar, [FREE] * len(tokens), Line(tokens))
    protected = {place for first, last in names for place in range(first, last)}
    for negated in negations.found(tokens, whole.line, grammar, names, wordbook):
        negated = _resolved(whole, negated)
        whole.roles[negated.first : negated.last] = [TAKEN] * (negated.last - negated.first)
        whole.negated |= set(range(negated.first, negated.last))
        if negated.said:
            whole.unwanted.append(negated.said)
            whole.avoided |= set(_avoided(whole, negated))
    _take_ground(whole)
    whole.composition = _take(whole, grammar.compositions, protected) or ""
    _take_hands(whole, grammar.styles, set())
    _take_hands(whole, grammar.hands, {place for first, last in drawn for place in range(first, last)})
    whole.time = _take(whole, grammar.times, protected, PLACE) or ""
    whole.weather = _take(whole, grammar.weathers, protected, PLACE) or ""
    whole.kind = _take(whole, grammar.places, protected, PLACE) or ""
    _take_amounts(whole, protected)
    return whole


def _resolved(whole: Heard, negated: Negated) -> Negated:
    """Replace "one" by the noun named before: "no black cat but a white one" wants a white cat."""
    grammar = whole.grammar
    adjectives = grammar.colours.keys() | grammar.sizes.keys()
    modifiers = [token for token in negated.said if token.text in adjectives]
    if not modifiers or len(modifiers) == len(negated.said) or negated.said[-1].text in adjectives:
        return negated
    for place in range(negated.last + 1, len(whole.tokens)):
        if whole.tokens[place].text in grammar.negation.pro and whole.tokens[place - 1].text in adjectives:
            one = whole.tokens[place]
            whole.tokens[place] = replace(negated.said[-1], start=one.start, end=one.end)
            return replace(negated, said=modifiers)
    return negated


def _avoided(whole: Heard, negated: Negated) -> Iterator[str]:
    """Yield the settings and times in a negation, such as "not in a forest"."""
    line = Line(whole.tokens[negated.first : negated.last])
    for rows in (whole.grammar.places, whole.grammar.times):
        yield from (meaning for pattern, meaning in rows if any(line.spans(pattern)))
    yield from (place for token in negated.said if (place := place_of(token.text, whole.grammar)))


def _take_ground(whole: Heard) -> None:
    for first, last, match in whole.line.spans(whole.grammar.ground):
        named = next((each for each in match.groups() if each), "")
        if not any(whole.roles[first:last]) and named in whole.grammar.colours:
            whole.ground = whole.grammar.colours[named]
            whole.roles[first:last] = [TAKEN] * (last - first)


def _take(whole: Heard, rows: Sequence[tuple[re.Pattern[str], str]], protected: set[int], role: str = TAKEN) -> str:
    """Return the meaning of the first matching pattern, or ``""``, and give matched words a role.

    A match within a name counts, but its words stay part of the name.
    """
    found = ""
    for pattern, meaning in rows:
        for first, last, _ in whole.line.spans(pattern):
            if TAKEN in whole.roles[first:last] or HAND in whole.roles[first:last]:
                continue
            inside = protected & set(range(first, last))
            if inside and (role != PLACE or not inside >= {last - 1} or len(inside) == last - first):
                if role == PLACE and len(inside) == last - first:
                    found = found or meaning
                continue
            found = found or meaning
            whole.roles[first:last] = [role] * (last - first)
    return found


def _take_hands(whole: Heard, rows: Sequence[re.Pattern[str]], protected: set[int]) -> None:
    for pattern in rows:
        for first, last, _ in whole.line.spans(pattern):
            free = [place for place in range(first, last) if whole.roles[place] == FREE]
            if not free or protected & set(free):
                continue
            for place in free:
                whole.roles[place] = HAND
            named = whole.phrase(free[0], free[-1] + 1).strip(" ,")
            if named:
                whole.hands.append(named)


def _take_amounts(whole: Heard, protected: set[int]) -> None:
    for pattern, number in whole.grammar.amounts:
        for first, last, _ in whole.line.spans(pattern):
            if not any(whole.roles[first:last]) and not protected & set(range(first, last)):
                whole.counts[last] = int(number)
                whole.roles[first:last] = [TAKEN] * (last - first)


def place_of(word: str, grammar: Grammar) -> str:
    """Return the setting that a noun names, such as a room or a street, or ``""``."""
    joints = ("auf der", "in der") if grammar.language == "de" else ("on the", "in the", "by the")
    return _named(word, grammar.places, joints)


def time_of(word: str, grammar: Grammar) -> str:
    """Return the time that a noun names, such as a night or a sunset, or ``""``."""
    return _named(word, grammar.times, ("bei", "in der") if grammar.language == "de" else ("at", "in the"))


@lru_cache(maxsize=4096)
def _named(word: str, rows: Patterns, joints: Sequence[str]) -> str:
    said = [f" {joint} {word} " for joint in joints]
    for pattern, meaning in rows:
        if any((match := pattern.search(each)) and match.end() == len(each) - 1 for each in said):
            return meaning
    return ""
