"""Descriptions: what a sentence tells of each concept, by its words' rarity (BM25) and by the table of meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.reading.wordbook import Wordbook
from app.text.embedding import Embedding
from sketch import keys

Floats = NDArray[np.float32]
MEANING = 11.0
"""What a cosine of 1 counts for, in the units of BM25."""

FOREIGN = 0.4
"""And how much of that, of words in another language than the table's."""

COVERED = 0.8
"""What each further word that tells of a concept counts for."""


FEELINGS, LESS = ("face", "cat-face", "monkey-face", "hand", "emotion"), 0.6
"""What a description seldom means, by its subgroup, and how much less it counts."""


class Describer:
    """Concepts as what words may describe."""

    def __init__(self, wordbook: Wordbook, embedding: Embedding | None) -> None:
        self._wordbook, self._embedding = wordbook, embedding
        self._vectors: Floats | None = None
        self._kinds: dict[tuple[str, ...], list[int]] = {}
        felt = [concept.kind.startswith(FEELINGS) for concept in wordbook.concepts]
        self._likely = np.where(felt, LESS, 1.0).astype(np.float32)

    def scores(
        self, words: Sequence[str], language: str, base: Mapping[int, float] | None = None
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return how well words describe each concept, and how many of them tell of it; ``base`` is added."""
        stems = [keys.stem(word, language) for word in words]
        told, covered = self._wordbook.lexicon.told(stems)
        missing = len(self._wordbook.concepts) - len(told)
        scores = np.concatenate([told, np.zeros(missing, np.float32)])
        covered = np.concatenate([covered, np.zeros(missing, np.int64)])
        scores += COVERED * np.maximum(0, covered - 1)
        # The table of meaning knows English; another language's words are sought in it only for want of better.
        if self._embedding is not None and words and (language == "en" or not told.any()):
            asked = self._embedding.of([" ".join(words)])[0]
            sure = MEANING if language == "en" else MEANING * FOREIGN
            scores += sure * np.maximum(0, self._concepts(self._embedding) @ asked)
        scores *= self._likely
        for number, value in (base or {}).items():
            scores[number] += value
        return scores, covered

    def like(self, number: int) -> Floats:
        """Return how like a concept all others are; without a table of meaning, nothing is."""
        if self._embedding is None:
            return np.zeros(len(self._wordbook.concepts), np.float32)
        vectors = self._concepts(self._embedding)
        found: Floats = vectors @ vectors[number]
        return found

    def of_kind(self, kinds: tuple[str, ...]) -> list[int]:
        """Return the concepts of some subgroups, by how these begin."""
        found = self._kinds.get(kinds)
        if found is None:
            concepts = self._wordbook.concepts
            found = [number for number, concept in enumerate(concepts) if concept.kind.startswith(kinds)]
            self._kinds[kinds] = found
        return found

    def _concepts(self, embedding: Embedding) -> Floats:
        if self._vectors is None:
            self._vectors = embedding.of([concept.text for concept in self._wordbook.concepts])
        return self._vectors
