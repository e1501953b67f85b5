"""Score how well words describe each concept, by BM25 and by text embeddings."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.text.embedding import Embedding
from app.reading.lexicon import KIND, Lexicon, Meaning
from app.reading.wordbook import Wordbook
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

KEPT = 4
"""Of how many lexicons the vectors are kept; a site has one for each of its models that sketches lead."""


class Describer:
    """Scores concepts by the words that describe them."""

    def __init__(self, wordbook: Wordbook, embedding: Embedding | None) -> None:
        self.wordbook, self._embedding = wordbook, embedding
        self._vectors: Floats | None = None
        self._kinds: dict[tuple[str, ...], list[int]] = {}
        self._subgroups = np.array([concept.kind for concept in wordbook.concepts])
        # A name of one word is more typical of its subgroup than a longer one: a dog, not paw prints.
        self._typical = np.array([0.5 if " " in concept.name else 1.0 for concept in wordbook.concepts])
        felt = [concept.kind.startswith(FEELINGS) for concept in wordbook.concepts]
        self._likely = np.where(felt, LESS, 1.0).astype(np.float32)

    @property
    def has_embedding(self) -> bool:
        """Return whether meanings are compared too, not only words."""
        return self._embedding is not None

    def evidence(self, words: Sequence[str], language: str) -> tuple[Floats, NDArray[np.int64]]:
        """Return each concept's BM25 score for some words, and how many describe it; both of shape (concepts,)."""
        missing = len(self.wordbook.concepts) - len(self.wordbook.lexicon.concepts)
        found, covered = self.wordbook.lexicon.term_scores([keys.stem(word, language) for word in words])
        return np.pad(found, (0, missing)), np.pad(covered, (0, missing))

    def scores(
        self, words: Sequence[str], language: str, base: Mapping[int, float] | None = None
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Return a score for each concept, and how many of the words describe it; both of shape (concepts,).

        :param base: scores to add, by concept number.
        """
        scores, covered = self.evidence(words, language)
        is_described = scores.any()
        scores += COVERED * np.maximum(0, covered - 1)
        # The embedding table is English; words of another language are embedded only if BM25 finds nothing.
        if self._embedding is not None and words and (language == "en" or not is_described):
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
        evidence, _ = self.evidence([word.split(" ")[-1]], language)
        known, is_refused, named = np.zeros(len(evidence)), np.zeros(len(evidence), bool), np.zeros(len(evidence), bool)
        for each in meanings:
            known[each.concept] = min(each.weight, KINDRED if each.source == KIND else 1.0)
        is_refused[list(refused)] = True
        named[self.of_kind(kinds) if kinds else []] = True
        among = is_refused & named
        among = among if among.any() else is_refused & ((known > 0) | (evidence > 0))
        if not among.any():
            return {}
        siblings = np.isin(self._subgroups, self._subgroups[among])
        alike = np.mean([self.like(int(number)) for number in among.nonzero()[0]], axis=0)
        weight = OF_KIND * self._typical * named if (named & among).any() else known
        described = (evidence > 0) & siblings & ((weight > 0) | (not named.any()))
        weight = np.where((known > 0) & (weight > 0), known, np.maximum(weight, EVIDENCE * described))
        weight = np.where((weight == 0) & (alike >= AKIN) & siblings, OF_KIND, weight)
        scores = weight + SAID * np.minimum(SAID_MOST, evidence) + SIBLING * siblings + LIKE * alike
        return {int(number): float(scores[number]) for number in ((weight > 0) & ~is_refused).nonzero()[0]}

    def of_kind(self, kinds: tuple[str, ...]) -> list[int]:
        """Return the concepts whose subgroup begins with one of these prefixes."""
        if kinds not in self._kinds:
            found = [number for number, kind in enumerate(self._subgroups) if str(kind).startswith(kinds)]
            self._kinds[kinds] = found
        return self._kinds[kinds]

    def _concepts(self, embedding: Embedding) -> Floats:
        if self._vectors is None:
            lexicon, concepts = self.wordbook.lexicon, self.wordbook.concepts
            added = embedding.embed([concept.text for concept in concepts[len(lexicon.concepts) :]])
            self._vectors = np.concatenate([_embedded(lexicon, embedding), added])
        return self._vectors


_kept: dict[tuple[str, str], Floats] = {}


def _embedded(lexicon: Lexicon, embedding: Embedding) -> Floats:
    """Return the vectors of a lexicon's concepts, which are kept for the next parser of the same lexicon and table."""
    key = lexicon.revision, embedding.revision
    if (found := _kept.get(key)) is None:
        if len(_kept) >= KEPT:
            _kept.clear()
        found = _kept[key] = embedding.embed([concept.text for concept in lexicon.concepts])
    return found
