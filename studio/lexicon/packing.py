"""The lexicon's file format: sorted words and their meanings as compressed arrays without objects."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.lexicon.distilling import Entries
from studio.lexicon.vocabulary import Words

FORMAT = 1
LEVELS = 255


def pack_lexicon(
    concepts: Sequence[Words],
    entries: Entries,
    terms: Mapping[str, Mapping[int, float]],
    verbs: Iterable[str],
    glosses: Mapping[str, str],
) -> bytes:
    """Return the file's bytes; equal input gives equal bytes.

    ``german`` has a line for each concept: its German name, or an empty line. ``keys`` are sorted by UTF-8. ``counts``
    are the numbers of concepts for each key, whose ``numbers``, ``weights`` and ``sources`` follow in the same order.
    ``terms`` and ``term_*`` hold the weights of stems in the same way, in units of ``term_unit``.
    """
    words = sorted(entries, key=str.encode)
    stems = sorted(terms, key=str.encode)
    means = [pair for word in words for pair in entries[word].items()]
    tells = [pair for each in stems for pair in sorted(terms[each].items())]
    unit = max((value for _, value in tells), default=1.0) / LEVELS
    arrays = {
        "format": np.array(FORMAT),
        "concepts": _joined(f"{each.name}\t{each.kind}\t{_text(each, glosses)}" for each in concepts),
        "german": _joined(next(iter(each.german_names), "") for each in concepts),
        "keys": _joined(words),
        "counts": np.array([len(entries[word]) for word in words], np.uint8),
        "numbers": np.array([number for number, _ in means], np.uint16),
        "weights": np.array([round(weight * LEVELS) for _, (weight, _) in means], np.uint8),
        "sources": np.array([source for _, (_, source) in means], np.uint8),
        "terms": _joined(stems),
        "term_counts": np.array([len(terms[each]) for each in stems], np.uint8),
        "term_numbers": np.array([number for number, _ in tells], np.uint16),
        "term_values": np.array([max(1, round(value / unit)) for _, value in tells], np.uint8),
        "term_unit": np.array(unit, np.float32),
        "verbs": _joined(sorted(verbs, key=str.encode)),
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _text(words: Words, glosses: Mapping[str, str]) -> str:
    """Return a description of a concept, for text embeddings."""
    listed = [words.name, *words.aliases[:8], *words.near[:4], *words.keywords[:8], glosses.get(words.name, "")]
    return ", ".join(dict.fromkeys(" ".join(each.split()) for each in listed))


def _joined(texts: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)
