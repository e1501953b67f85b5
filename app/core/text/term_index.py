"""An index that finds all terms in a text in one pass, including those with repeated letters."""

import re
from itertools import groupby
from typing import Any, NamedTuple

ENDS = ""
"""The key under which a node holds the terms that end there; its other keys are the next characters."""

REPEATED = re.compile(r"(.)\1", re.DOTALL)

End = tuple[tuple[int, ...], str, int]
"""Of a term: the length of each run of a character, its tag, and the least run that also matches a shorter one."""


class Hit(NamedTuple):
    """A term in a text: its first character, the one after its last, and the tag from the index."""

    start: int
    end: int
    tag: str


class _Tail(NamedTuple):
    """The rest of the only terms that go on from a node; a node for each of its characters would take much memory."""

    rest: str
    ends: list[End]


class TermIndex:
    """A trie of terms: a search takes time in proportion to the text, not to the number of terms."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}
        self._ends: dict[End, End] = {}

    def add(self, term: str, tag: str, *, repeated: int = 0) -> None:
        """Add a term with its tag; it is found wherever its characters follow each other, including spaces.

        With ``repeated``, a run of so many or more of a letter also matches a shorter run in the term.
        """
        characters, counts = _runs(term)
        end: End = (counts, tag, repeated)
        end = self._ends.setdefault(end, end)  # most terms of a length have the same
        node = self._root
        for at, character in enumerate(characters, 1):
            rest, following = characters[at:], node.get(character)
            if following is None:
                node[character] = _Tail(rest, [end])
                return
            if isinstance(following, _Tail):
                if following.rest == rest:
                    following.ends.append(end)
                    return
                following = node[character] = _split(following)
            node = following
        if characters:
            node.setdefault(ENDS, []).append(end)

    def find(self, text: str) -> list[Hit]:
        """Return the hits of all terms in a text."""
        characters, counts = _runs(text)
        hits: list[Hit] = []
        for first in range(len(characters)):
            node, at = self._root, first
            while at < len(characters) and (following := node.get(characters[at])) is not None:
                at += 1
                if isinstance(following, _Tail):
                    if characters.startswith(following.rest, at):
                        hits += _hits(following.ends, counts, first, at + len(following.rest))
                    break
                node = following
                if ENDS in node:
                    hits += _hits(node[ENDS], counts, first, at)
        return hits


def _split(tail: _Tail) -> dict[str, Any]:
    """Return a node in place of a tail."""
    return {tail.rest[0]: _Tail(tail.rest[1:], tail.ends)} if tail.rest else {ENDS: tail.ends}


def _hits(ends: list[End], counts: tuple[int, ...], first: int, last: int) -> list[Hit]:
    """Return the hits of terms that have the characters from ``first`` to before ``last``, if their runs fit."""
    written = counts[first:last]
    start = sum(counts[:first])
    return [
        Hit(start, start + sum(written), tag)
        for wanted, tag, repeated in ends
        if written == wanted or (repeated and _is_more(written, wanted, repeated))
    ]


def _is_more(written: tuple[int, ...], wanted: tuple[int, ...], repeated: int) -> bool:
    return all(a == b or (a > b and a >= repeated) for a, b in zip(written, wanted, strict=True))


def _runs(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the characters of a text with runs collapsed, and the length of each run."""
    if REPEATED.search(text) is None:  # as of most terms, of which there are thousands
        return text, (1,) * len(text)
    runs = [(character, sum(1 for _ in group)) for character, group in groupby(text)]
    return "".join(character for character, _ in runs), tuple(count for _, count in runs)
