"""The immutable data that the passes of the prompt parser return: tokens, the annotated prompt, and noun phrases."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.reading.grammar import Grammar
from app.reading.lexicon import NAME, Meaning
from sketch.arrangement import Wish

WORD, MARK, EMOJI = "word", "mark", "emoji"

FREE, TAKEN, PLACE, STYLE, NEGATED, SKIPPED = "", "taken", "place", "style", "negated", "skipped"
"""The roles of tokens. Only free ones name things; those of a place do if the prompt has nothing else.

A skipped one, such as a number that counts nothing, does not end the phrase around it; any other role does.
"""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark or an emoji: its normalised text, and its range in the prompt, in characters.

    ``capital``: it begins with a capital letter. ``owner``: it is possessive. ``joined``: it follows a hyphen.
    ``count``: the number of things that it counts, 0 if none. ``instead``: it replaces other words; ``stands``: these
    are the name of a person.
    """

    text: str
    kind: str
    start: int
    end: int
    capital: bool = False
    owner: bool = False
    joined: bool = False
    role: str = FREE
    count: int = 0
    instead: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Lettering:
    """What is to be written in the picture, and the range of it and of the words that say so, in characters."""

    text: str
    span: tuple[int, int]


@dataclass(frozen=True)
class Prompt:
    """A prompt on its way through the passes, each of which returns it with more annotations.

    ``names`` are the token ranges of several words that name one thing, ``unwanted`` the negated phrases, ``left_out``
    those of the negative prompt, ``wish`` what the prompt says of its scene, ``styles`` the names of styles in it,
    ``unshown`` words that no drawing shows: names of people, titles, and what is too long to be written in the picture,
    ``letterings`` what is written in it, and ``sights`` the indices of places that are to be seen (on a table).
    """

    text: str
    tokens: tuple[Token, ...]
    grammar: Grammar
    names: tuple[tuple[int, int], ...] = ()
    unwanted: tuple[tuple[Token, ...], ...] = ()
    left_out: tuple[tuple[Token, ...], ...] = ()
    wish: Wish = field(default_factory=Wish)
    styles: tuple[str, ...] = ()
    unshown: tuple[str, ...] = ()
    letterings: tuple[Lettering, ...] = ()
    sights: frozenset[int] = frozenset()

    @cached_property
    def named(self) -> frozenset[int]:
        """Return the places of the tokens within names."""
        return frozenset(index for span in self.names for index in range(*span))

    @cached_property
    def line(self) -> Line:
        """Return the tokens as one line of text."""
        return Line(self.tokens)

    def words(self, first: int, last: int) -> str:
        """Return the folded words of the tokens from ``first`` to before ``last``."""
        return " ".join(token.text for token in self.tokens[first:last])

    def marked(self, places: Collection[int], role: str) -> Prompt:
        """Return the prompt with this role for the tokens at some places."""
        tokens = (replace(each, role=role) if index in places else each for index, each in enumerate(self.tokens))
        return replace(self, tokens=tuple(tokens))

    def opened(self, *roles: str) -> Prompt:
        """Return the prompt with the tokens of these roles free."""
        return self.marked({index for index, token in enumerate(self.tokens) if token.role in roles}, FREE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: the token range, the range and meanings of its head, and the head's attributes.

    ``word`` is the head as text, ``determined`` its article, ``context`` the other words. ``of`` is set after "of".
    """

    first: int
    last: int
    head: tuple[int, int] = (0, 0)
    meanings: tuple[Meaning, ...] = ()
    word: str = ""
    count: int = 0
    plural: bool = False
    colour: str = ""
    size: float = 1.0
    determined: str = ""
    context: tuple[str, ...] = ()
    of: bool = False

    @property
    def is_strong(self) -> bool:
        """Return whether its likeliest meaning is a name of a thing."""
        return bool(self.meanings) and self.meanings[0].is_strong

    @property
    def is_name(self) -> bool:
        """Return whether its likeliest meaning is a drawing with this name."""
        return bool(self.meanings) and self.meanings[0].source == NAME


@dataclass(frozen=True, slots=True)
class Choice:
    """A phrase, the concepts that it may mean (the likeliest first), and how they were found."""

    phrase: Phrase
    concepts: tuple[int, ...]
    how: str


class Line:
    """Tokens as one line of text with spaces between them, against which patterns are matched."""

    def __init__(self, listed: Sequence[Token]) -> None:
        self.text = f" {' '.join(token.text for token in listed)} "
        self._starts = []
        at = 1
        for token in listed:
            self._starts.append(at)
            at += len(token.text) + 1

    def spans(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, re.Match[str]]]:
        """Yield the matches of a pattern, each with its range of tokens."""
        for match in pattern.finditer(self.text):
            first, last = self.place(match.start()), self.place(match.end())
            if first < last:
                yield first, last, match

    def place(self, at: int) -> int:
        """Return the number of the first token that begins at or after a character of the line."""
        return bisect_left(self._starts, at)
