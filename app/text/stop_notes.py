"""Notes on a stop, as its row and the API have them: what of it was not read, or was ignored."""

from __future__ import annotations

from collections.abc import Iterable

UNKNOWN_WORDS, CUT = "unknown words", "cut"
CLAMPED, NOT_NUMBERS = "weights clamped", "weights not numbers"
NO_WEIGHTS, NO_CLIP_SKIP, NO_EMBEDDINGS = "weights ignored", "clip skip ignored", "embeddings ignored"

EVERY = UNKNOWN_WORDS, CUT, CLAMPED, NOT_NUMBERS, NO_WEIGHTS, NO_CLIP_SKIP, NO_EMBEDDINGS
"""All notes, in the order in which they are given."""

LENGTH = 200
"""How long several may be."""

BETWEEN = "; "


def joined(notes: Iterable[str]) -> str:
    """Return notes as one text, in their order; "" for none."""
    given = set(notes)
    return BETWEEN.join(each for each in EVERY if each in given)


def split(text: str) -> list[str]:
    """Return the notes of a text."""
    return text.split(BETWEEN) if text else []
