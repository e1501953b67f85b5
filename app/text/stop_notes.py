"""Notes on a stop in its row and the API: parts of its texts that were not read or were ignored."""

from __future__ import annotations

from collections.abc import Iterable

UNKNOWN_WORDS, CUT = "unknown words", "cut"
CLAMPED, NOT_NUMBERS = "weights clamped", "weights not numbers"
NO_WEIGHTS, NO_CLIP_SKIP, NO_EMBEDDINGS = "weights ignored", "clip skip ignored", "embeddings ignored"

EVERY = UNKNOWN_WORDS, CUT, CLAMPED, NOT_NUMBERS, NO_WEIGHTS, NO_CLIP_SKIP, NO_EMBEDDINGS
"""All notes, in their order."""

LENGTH = 200
"""The most characters of joined notes."""

BETWEEN = "; "


def joined(notes: Iterable[str]) -> str:
    """Return notes as one text, in their order; "" for none."""
    given = set(notes)
    return BETWEEN.join(each for each in EVERY if each in given)


def split(text: str) -> list[str]:
    """Return the notes in a text."""
    return text.split(BETWEEN) if text else []
