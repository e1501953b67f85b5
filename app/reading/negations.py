"""Find the negations in a prompt: from a word that negates to the next wanted thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.reading.grammar import Grammar
from app.reading.tokens import MARK, WORD, Line, Token
from app.reading.wordbook import SURE, Wordbook

MOST = 6
"""The most words of one negation that name unwanted things."""

LEAST_SPELLED = 5
"""The least length of a word that may be misspelled."""

LISTED = 2
"""The most words of a thing in a list of unwanted things: no cats, small dogs or birds."""


@dataclass(frozen=True, slots=True)
class Negated:
    """The tokens of a negation, from ``first`` to before ``last``, and those that name unwanted things, if any."""

    first: int
    last: int
    said: list[Token]


def found(
    tokens: Sequence[Token], line: Line, grammar: Grammar, names: Sequence[tuple[int, int]], wordbook: Wordbook
) -> Iterator[Negated]:
    """Yield the negations in a prompt, and phrases that only look like negations (with nothing unwanted).

    :param names: token ranges of names, in which no negation begins: "a tree without leaves" is one thing.
    """
    negation = grammar.negation
    affirmed: set[int] = set()
    for first, last, match in line.spans(negation.affirms):
        kept = match.span("kept") if match["kept"] else (match.end(), match.end())
        places = [*range(first, line.place(kept[0])), *range(line.place(kept[1]), last)]
        if not _within(first, last, names) and not affirmed & set(places):
            affirmed |= set(places)
            yield from (Negated(place, place + 1, []) for place in places)
    taken = set(affirmed)
    for first, last, match in line.spans(negation.behind):
        if not taken & set(range(first, last)):
            taken |= set(range(first, last))
            yield Negated(first, last, list(tokens[line.place(match.start("said")) : line.place(match.end("said"))]))
    begun = [
        (line.place(match.end("kept")) if match["kept"] else first, last, bool(match["nobody"]))
        for first, last, match in line.spans(negation.begins)
        if not taken & set(range(first, last)) and (match["nobody"] or not _within(first, last, names))
    ]
    for first, last, is_about_people in begun:
        others = {start for start, _, _ in begun if start > first}
        said = [replace(tokens[last - 1], text=negation.people)] if is_about_people else []
        yield _Negation(tokens, grammar, wordbook, others, said).parse(first, last)
    yield from _lacking(tokens, grammar, names, wordbook)


def spelled(tokens: Sequence[Token], grammar: Grammar, wordbook: Wordbook) -> list[Token]:
    """Return the tokens with misspelled words of negation corrected, such as "wihtout"; one edit per word."""
    known, language = grammar.negation.spelled, grammar.language

    def mended(token: Token) -> Token:
        word = token.text
        if token.kind != WORD or len(word) < LEAST_SPELLED or word in known or wordbook.find(word, language)[0]:
            return token
        if word in grammar.small or wordbook.lexicon.is_verb(word):
            return token
        right = next((each for each in sorted(known) if _is_misspelled(word, each)), word)
        return token if right == word else replace(token, text=right)

    return [mended(token) for token in tokens]


def _is_misspelled(word: str, right: str) -> bool:
    """Return whether two words differ by at most one letter, or by two adjacent letters that are swapped."""
    if abs(len(word) - len(right)) > 1:
        return False
    ahead = next(
        (place for place, (a, b) in enumerate(zip(word, right, strict=False)) if a != b), min(len(word), len(right))
    )
    one, other = word[ahead:], right[ahead:]
    swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return swapped or one[1:] == other or one == other[1:] or one[1:] == other[1:]


def _within(first: int, last: int, names: Sequence[tuple[int, int]]) -> bool:
    return any(start <= first and last <= end for start, end in names)


def _lacking(
    tokens: Sequence[Token], grammar: Grammar, names: Sequence[tuple[int, int]], wordbook: Wordbook
) -> Iterator[Negated]:
    """Yield the words that negate by their ending: cloudless, car-free."""
    for place, token in enumerate(tokens):
        if token.kind != WORD or _within(place, place + 1, names):
            continue
        if token.joined and place and token.text in grammar.negation.free:
            yield Negated(place - 1, place + 1, [tokens[place - 1]])
            continue
        match = grammar.negation.lacking.fullmatch(token.text)
        if match is None or _is_sure(token.text, grammar, wordbook):
            continue
        if match[1] in grammar.negation.subgroups or _is_sure(match[1], grammar, wordbook):
            yield Negated(place, place + 1, [replace(token, text=match[1])])


def _is_sure(word: str, grammar: Grammar, wordbook: Wordbook) -> bool:
    meanings, _ = wordbook.find(word, grammar.language)
    return any(meaning.source in SURE for meaning in meanings)


class _Negation:
    """The state of parsing one negation; ``others`` are the places at which other negations begin."""

    def __init__(
        self, tokens: Sequence[Token], grammar: Grammar, wordbook: Wordbook, others: set[int], said: list[Token]
    ) -> None:
        self.tokens, self.grammar, self.wordbook, self.others = tokens, grammar, wordbook, others
        self.said, self.is_about_people = said, bool(said)
        self.is_named = self.goes_on = False

    def parse(self, first: int, at: int) -> Negated:
        """Parse the negation that begins at ``first``, from the token at ``at`` after the negating words.

        If that token follows a hyphen, it is the only one: not-blue, no-frills.
        """
        if at < len(self.tokens) and self.tokens[at].joined:
            self._take(self.tokens[at])
            return Negated(first, at + 1, self.said)
        if self._is_aside(first, at):
            while at < len(self.tokens) and self._describes(at):
                self.said.append(self.tokens[at])
                at += 1
            return Negated(first, at, self.said)
        while at < len(self.tokens) and not self._ends(at) and len(self.said) < MOST:
            self._take(self.tokens[at], is_name=self._begins_name(at))
            at += 1
        return Negated(first, at, self.said)

    def _is_aside(self, first: int, at: int) -> bool:
        """Return whether the negation is only of an adjective before a noun: a blue, not red car."""
        comma = self.tokens[first].text == ","
        before = self.tokens[first - 1].text if first else ""
        if not comma:
            is_determined = before in self.grammar.articles and before not in self.grammar.clauses
            return is_determined and not self.said and at - first == 1 and self._describes(at)
        return (before in self.grammar.colours or before in self.grammar.sizes) and self._describes(at)

    def _describes(self, at: int) -> bool:
        """Return whether the word is an adjective that another word follows: a not scary ghost."""
        if at + 1 >= len(self.tokens):
            return False
        token, grammar = self.tokens[at], self.grammar
        if token.text in grammar.colours or token.text in grammar.sizes:
            return True
        follows = self.tokens[at + 1]
        is_thing = _is_sure(token.text, grammar, self.wordbook) or token.text in grammar.small
        return token.kind == WORD == follows.kind and not is_thing and _is_sure(follows.text, grammar, self.wordbook)

    def _begins_name(self, at: int) -> bool:
        """Return whether the word is the first one of a drawing's name with two words, such as "top hat"."""
        words = " ".join(token.text for token in self.tokens[at : at + 2] if token.kind == WORD)
        return words.count(" ") == 1 and self.wordbook.is_drawn(words, self.grammar.language)

    def _take(self, token: Token, *, is_name: bool = False) -> None:
        negation, grammar, word = self.grammar.negation, self.grammar, token.text
        if token.kind == MARK or word in negation.choosing or word in negation.adding:
            self.goes_on = True
        elif is_name or not (
            word in negation.fillers
            or word in negation.places
            or word in grammar.small
            or word in grammar.articles
            or word in grammar.numbers
        ):
            self.said.append(token)
            self.goes_on = False
            is_verb = self.is_about_people and len(self.said) == 2  # after a word for no person, a verb follows
            self.is_named |= not is_verb and not self._is_action(token)

    def _is_action(self, token: Token) -> bool:
        return token.text.endswith(self.grammar.negation.actions) and not _is_sure(
            token.text, self.grammar, self.wordbook
        )

    def _ends(self, at: int) -> bool:
        """Return whether the negation ends before the token at ``at``."""
        negation, grammar, token = self.grammar.negation, self.grammar, self.tokens[at]
        word = token.text
        if at in self.others or word in negation.turns:
            return True
        if word in negation.choosing:
            return False
        if word in negation.adding:
            return (self.is_named or self.is_about_people) and self._begins_another(at + 1)
        if token.kind == MARK:
            return not self._is_listed(at)
        if self.goes_on:
            return False
        if word in grammar.articles or word in grammar.numbers:
            return self.is_named  # after a verb without a subject, its object is not wanted either
        if word not in negation.places or not (self.is_named or self.is_about_people):
            return False
        return at + 1 == len(self.tokens) or self.tokens[at + 1].text not in negation.pronouns

    def _begins_another(self, at: int) -> bool:
        if at >= len(self.tokens):
            return True
        negation, grammar, token = self.grammar.negation, self.grammar, self.tokens[at]
        return token.kind == MARK or any(
            token.text in words for words in (grammar.articles, grammar.numbers, negation.turns, negation.places)
        )

    def _is_listed(self, at: int) -> bool:
        """Return whether a comma separates the things of an unwanted list: no cats, dogs or birds."""
        grammar, negation, words = self.grammar, self.grammar.negation, 0
        if not self.is_named or self.tokens[at].text != ",":
            return False
        for place, token in enumerate(self.tokens[at + 1 :], at + 1):
            if token.text in negation.choosing:
                return True
            if token.text == "," and words:
                words = 0
                continue
            words += 1
            other = token.kind == MARK or place in self.others or token.text in negation.turns | negation.places
            if other or words > LISTED or token.text in grammar.articles or token.text in grammar.numbers:
                return False
        return False
