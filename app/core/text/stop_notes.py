"""Notes on a stop in its row and the API: parts of its texts that were not read or were ignored.

Those of ``OF_REQUEST`` are known when a walk is requested, the others when a worker begins it; ``NEW_SEED`` and
``SLOWED`` when it has generated the stop or the film. ``SLOWED`` concerns the whole film and stands at the first stop.
"""

from collections.abc import Iterable

NOT_READ, PARTLY_READ, FREELY = "not read", "partly read", "drawn freely"
TAGS, STILL = "tags ignored", "does not move"
UNKNOWN_WORDS, CUT = "unknown words", "cut"
CLAMPED, NOT_NUMBERS = "weights clamped", "weights not numbers"
NO_WEIGHTS, NO_CLIP_SKIP, NO_EMBEDDINGS = "weights ignored", "clip skip ignored", "embeddings ignored"
NEW_SEED, SLOWED = "new seed", "slowed"

OF_READING = NOT_READ, PARTLY_READ, FREELY, TAGS
OF_REQUEST = (*OF_READING, STILL)
OF_WORKER = UNKNOWN_WORDS, CUT, CLAMPED, NOT_NUMBERS, NO_WEIGHTS, NO_CLIP_SKIP, NO_EMBEDDINGS, NEW_SEED, SLOWED
EVERY = OF_REQUEST + OF_WORKER
"""All notes, in their order."""

LENGTH = 200
"""The most characters of joined notes."""

BETWEEN = "; "


def joined(notes: Iterable[str]) -> str:
    """Return notes as one text, in their order; "" for none."""
    given = set(notes)
    return BETWEEN.join(each for each in EVERY if each in given)


def with_note(stored: str, note: str) -> str:
    """Return stored notes with another one."""
    return joined([*split(stored), note])


def split(text: str) -> list[str]:
    """Return the notes in a text."""
    return text.split(BETWEEN) if text else []


def with_worker_notes(stored: str, found: str) -> str:
    """Return the notes of the request among ``stored``, joined with those of a worker among ``found``.

    A new seed stays on its stop, and so does its note.
    """
    lasting = [each for each in split(stored) if each in (*OF_REQUEST, NEW_SEED)]
    return joined([*lasting, *(each for each in split(found) if each in OF_WORKER)])
