"""An index of terms that finds all of them in a text at once, letters written more often than they should included."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

ENDS = ""
"""Under this a node keeps the terms that end there; its other keys are the characters that may follow."""


class Hit(NamedTuple):
    """Where a term stands in a text, from its first character to behind its last, and what the index knows of it."""

    start: int
    end: int
    tag: str


class TermIndex:
    """Terms by their letters: what is looked for costs as much as the text is long, however many there are."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, term: str, tag: str, *, repeated: int = 0) -> None:
        """Have a term found wherever its characters stand in a row, spaces included.

        With ``repeated``, so many of a letter or more count as those that the term has.
        """
        characters, counts = _runs(term)
        node = self._root
        for character in characters:
            node = node.setdefault(character, {})
        if characters:
            node.setdefault(ENDS, []).append((counts, tag, repeated))

    def find(self, text: str) -> list[Hit]:
        """List where the terms stand in a text."""
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
    """Split a text into its characters, those in a row once, and how often each stands there."""
    runs = [(character, sum(1 for _ in group)) for character, group in groupby(text)]
    return [character for character, _ in runs], [count for _, count in runs]
