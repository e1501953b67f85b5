"""Score how well words describe each concept, by BM25 and by text embeddings."""

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
"""The weight of a cosine similarity of 1, in BM25 units."""

FOREIGN = 0.4
"""The factor of that weight for words in another language than that of the embedding table."""

COVERED = 0.8
"""The score for each further word that describes a concept."""


FEELINGS, LESS = ("face", "cat-face", "monkey-face", "hand", "emotion"), 0.6
"""Subgroups that a description seldom means, and the factor of their scores."""


ALIKE, AKIN = 0.5, 0.65
"""The least cosine similarities at which a concept is like another one, and may replace it."""

KINDRED, OF_KIND, EVIDENCE = 0.5, 0.35, 0.45
"""The weights of a word that means a kind of a thing, names its subgroup, or describes it."""

SIBLING, LIKE, SAID, SAID_MOST = 0.2, 0.3, 0.04, 8.0
"""Weights of a replacement: for a refused thing's subgroup, for similarity, and per BM25 unit, with the most units."""


class Describer:
    """Scores concepts by the words that describe them."""

    def __init__(self, wordbook: Wordbook, embedding: Embedding | None) -> None:
        self.wordbook, self._embedding = wordbook, embedding
        self._vectors: Floats | None = None
        self._kinds: dict[tuple[str, ...], list[int]] = {}
        felt = [concept.kind.startswith(FEELINGS) for concept in wordbook.concepts]
        self._likely = np.where(felt, LESS, 1.0).astype(np.float32)

    def scores(
        self, words: Sequence[str], language: str, base: Mapping[int, float] | None = None
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return a score for each concept, and how many of the words describe it; both of shape (concepts,).

        :param base: scores to add, by concept number.
        """
        stems = [keys.stem(word, language) for word in words]
        evidence, covered = self.wordbook.lexicon.term_scores(stems)
        missing = len(self.wordbook.concepts) - len(evidence)
        scores = np.concatenate([evidence, np.zeros(missing, np.float32)])
        covered = np.concatenate([covered, np.zeros(missing, np.int64)])
        scores += COVERED * np.maximum(0, covered - 1)
        # The embedding table is English; words of another language are embedded only if BM25 finds nothing.
        if self._embedding is not None and words and (language == "en" or not evidence.any()):
            asked = self._embedding.embed([" ".join(words)])[0]
            sure = MEANING if language == "en" else MEANING * FOREIGN
            scores += sure * np.maximum(0, self._concepts(self._embedding) @ asked)
        scores *= self._likely
        for number, value in (base or {}).items():
            scores[number] += value
        return scores, covered

    def like(self, number: int) -> Floats:
        """Return the cosine similarity of a concept to each concept; zeros without an embedding table."""
        if self._embedding is None:
            return np.zeros(len(self.wordbook.concepts), np.float32)
        vectors = self._concepts(self._embedding)
        found: Floats = vectors @ vectors[number]
        return found

    def likeness(self, word: str, number: int) -> float:
        """Return the cosine similarity of an English word and a concept; 0 without an embedding table."""
        if self._embedding is None:
            return 0.0
        return float(self._concepts(self._embedding)[number] @ self._embedding.embed([word])[0])

    def is_like(self, number: int, others: Collection[int]) -> bool:
        """Return whether a concept is similar to at least one of others; always true without an embedding table."""
        return self._embedding is None or any(self.like(other)[number] >= ALIKE for other in others)

    def others(
        self, word: str, language: str, meanings: Sequence[Meaning], kinds: tuple[str, ...], refused: Collection[int]
    ) -> dict[int, float]:
        """Return other concepts of the kind that a word names, with weights; empty if no ``refused`` one is of it.

        The candidates are in the subgroups that the word names, if a refused concept is in one; else they are the
        word's meanings, and the concepts that it describes in the subgroups of the refused ones. Concepts similar to
        the refused ones weigh more: instead of a lion, a tiger.
        """
        concepts = self.wordbook.concepts
        evidence, _ = self.wordbook.lexicon.term_scores([keys.stem(word.split(" ")[-1], language)])
        said = {int(number): float(evidence[number]) for number in evidence.nonzero()[0]}
        known = {each.concept: min(each.weight, KINDRED if each.source == KIND else 1.0) for each in meanings}
        named = set(self.of_kind(kinds)) if kinds else set()
        among = sorted(number for number in refused if number in named) or sorted(
            number for number in refused if number in known or number in said
        )
        if not among:
            return {}
        siblings = Counter(concepts[number].kind for number in among)
        # A name of one word is more typical of its subgroup than a longer one: a dog, not paw prints.
        own = {number: OF_KIND * (0.5 if " " in concepts[number].name else 1.0) for number in named}
        members = own if named & set(among) else dict(known)
        for number in said:
            if (number in members or not named) and concepts[number].kind in siblings:
                members[number] = max(members.get(number, 0.0), EVIDENCE)
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
        """Return the concepts whose subgroup begins with one of these prefixes."""
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
