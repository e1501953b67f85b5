"""Descriptions: what a sentence tells of each concept, by its words' rarity (BM25) and by the table of meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.reading.lexicon import KIND, Meaning
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


ALIKE, AKIN = 0.5, 0.65
"""From which cosine on a thing is like another, and may be meant in its stead."""

KINDRED, OF_KIND, TOLD = 0.5, 0.35, 0.45
"""What a word counts for that means a kind of a thing, that names its subgroup, or that tells of it."""

SIBLING, LIKE, SAID, SAID_MOST = 0.2, 0.3, 0.04, 8.0
"""What another of the kind has for standing in a refused thing's subgroup, for being like it, and for being told."""


class Describer:
    """Concepts as what words may describe."""

    def __init__(self, wordbook: Wordbook, embedding: Embedding | None) -> None:
        self.wordbook, self._embedding = wordbook, embedding
        self._vectors: Floats | None = None
        self._kinds: dict[tuple[str, ...], list[int]] = {}
        felt = [concept.kind.startswith(FEELINGS) for concept in wordbook.concepts]
        self._likely = np.where(felt, LESS, 1.0).astype(np.float32)

    def scores(
        self, words: Sequence[str], language: str, base: Mapping[int, float] | None = None
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return how well words describe each concept, and how many of them tell of it; ``base`` is added."""
        stems = [keys.stem(word, language) for word in words]
        told, covered = self.wordbook.lexicon.told(stems)
        missing = len(self.wordbook.concepts) - len(told)
        scores = np.concatenate([told, np.zeros(missing, np.float32)])
        covered = np.concatenate([covered, np.zeros(missing, np.int64)])
        scores += COVERED * np.maximum(0, covered - 1)
        # The table of meaning knows English; another language's words are sought in it only for want of better.
        if self._embedding is not None and words and (language == "en" or not told.any()):
            asked = self._embedding.embed([" ".join(words)])[0]
            sure = MEANING if language == "en" else MEANING * FOREIGN
            scores += sure * np.maximum(0, self._concepts(self._embedding) @ asked)
        scores *= self._likely
        for number, value in (base or {}).items():
            scores[number] += value
        return scores, covered

    def like(self, number: int) -> Floats:
        """Return how like a concept all others are; without a table of meaning, nothing is."""
        if self._embedding is None:
            return np.zeros(len(self.wordbook.concepts), np.float32)
        vectors = self._concepts(self._embedding)
        found: Floats = vectors @ vectors[number]
        return found

    def likeness(self, word: str, number: int) -> float:
        """Return how like an English word a concept is: a cosine; 0 without a table of meaning."""
        if self._embedding is None:
            return 0.0
        return float(self._concepts(self._embedding)[number] @ self._embedding.embed([word])[0])

    def is_like(self, number: int, others: Collection[int]) -> bool:
        """Tell whether a concept is like one of others at least; without a table of meaning, it is."""
        return self._embedding is None or any(self.like(other)[number] >= ALIKE for other in others)

    def others(
        self, word: str, language: str, meanings: Sequence[Meaning], kinds: tuple[str, ...], refused: Collection[int]
    ) -> dict[int, float]:
        """Return how likely a word means each other thing of its kind than those ``refused``; nothing if none is of it.

        Of the subgroups that the word names, if these have what is refused; else what it may mean, and what it tells
        of among the siblings of what is refused. What is most like that comes first: instead of a lion, a tiger.
        """
        concepts = self.wordbook.concepts
        told, _ = self.wordbook.lexicon.told([keys.stem(word.split(" ")[-1], language)])
        said = {int(number): float(told[number]) for number in told.nonzero()[0]}
        known = {each.concept: min(each.weight, KINDRED if each.source == KIND else 1.0) for each in meanings}
        named = set(self.of_kind(kinds)) if kinds else set()
        among = sorted(number for number in refused if number in named) or sorted(
            number for number in refused if number in known or number in said
        )
        if not among:
            return {}
        siblings = Counter(concepts[number].kind for number in among)
        # A name of one word is rather a thing of its subgroup than a part of one: a dog, not paw prints.
        own = {number: OF_KIND * (0.5 if " " in concepts[number].name else 1.0) for number in named}
        members = own if named & set(among) else dict(known)
        for number in said:
            if (number in members or not named) and concepts[number].kind in siblings:
                members[number] = max(members.get(number, 0.0), TOLD)
        members |= {number: weight for number, weight in known.items() if number in members}
        alike = np.mean([self.like(number) for number in among], axis=0)
        for number in (alike >= AKIN).nonzero()[0]:
            if concepts[number].kind in siblings:
                members.setdefault(int(number), OF_KIND)
        return {
            number: weight
            + SAID * min(SAID_MOST, said.get(number, 0.0))
            + SIBLING * (concepts[number].kind in siblings)
            + LIKE * float(alike[number])
            for number, weight in members.items()
            if number not in refused
        }

    def of_kind(self, kinds: tuple[str, ...]) -> list[int]:
        """Return the concepts of some subgroups, by how these begin."""
        found = self._kinds.get(kinds)
        if found is None:
            concepts = self.wordbook.concepts
            found = [number for number, concept in enumerate(concepts) if concept.kind.startswith(kinds)]
            self._kinds[kinds] = found
        return found

    def _concepts(self, embedding: Embedding) -> Floats:
        if self._vectors is None:
            self._vectors = embedding.embed([concept.text for concept in self.wordbook.concepts])
        return self._vectors
