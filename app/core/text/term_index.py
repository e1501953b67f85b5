"""An index that finds all terms in a text in one pass, including those with repeated letters."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

ENDS = ""
"""The key under which a node holds the terms that end there; its other keys are the next characters."""


class Hit(NamedTuple):
    """A term in a text: its first character, the one after its last, and the tag from the index."""

    start: int
    end: int
    tag: str


class TermIndex:
    """A trie of terms: a search takes time in proportion to the text, not to the number of terms."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, term: str, tag: str, *, repeated: int = 0) -> None:
        """Add a term with its tag; it is found wherever its characters follow each other, including spaces.

        With ``repeated``, a run of so many or more of a letter also matches a shorter run in the term.
        """
        characters, counts = _runs(term)
        node = self._root
        for character in characters:
            node = node.setdefault(character, {})
        if characters:
            node.setdefault(ENDS, []).append((counts, tag, repeated))

    def find(self, text: str) -> list[Hit]:
        """Return the hits of all terms in a text."""
        characters, counts = _runs(text)
        hits: list[Hit] = []
        root = self._root
        for first, beginning in enumerate(characters):
            node = root.get(beginning)
            at = first + 1
            while node is not None:
                if ENDS in node:
                    written = counts[first:at]
                    for wanted, tag, repeated in node[ENDS]:
                        if written == wanted or (repeated and _is_more(written, wanted, repeated)):
                            start = sum(counts[:first])
                            hits.append(Hit(start, start + sum(written), tag))
                if at == len(characters):
                    break
                node = node.get(characters[at])
                at += 1
        return hits


def _is_more(written: list[int], wanted: list[int], repeated: int) -> bool:
    return all(a == b or (a > b and a >= repeated) for a, b in zip(written, wanted, strict=True))


def _runs(text: str) -> tuple[list[str], list[int]]:
    """Return the characters of a text with runs collapsed, and the length of each run."""
    runs = [(character, sum(1 for _ in group)) for character, group in groupby(text)]
    return [character for character, _ in runs], [count for _, count in runs]
