"""Merges of a byte-level BPE tokenizer (``vocab.json`` and ``merges.txt``): whether the list is whole.

A list that was cut off loads without a word: words fall into single letters, and pictures show something else.
"""

from __future__ import annotations

from collections.abc import Collection

ADDED_MAX = 256
"""At most so many tokens of a vocabulary are not made by merges: special ones, and those added later."""

WORD_END = "</w>"


def is_whole(vocabulary: Collection[str], merges: str) -> bool:
    """Return whether the lines of ``merges`` make the vocabulary's tokens of more than one letter."""
    made = {line.replace(" ", "") for line in merges.splitlines()[1:]}  # the first line is the version
    long_tokens = (token for token in vocabulary if len(token.removesuffix(WORD_END)) > 1)
    return sum(token not in made for token in long_tokens) <= ADDED_MAX
