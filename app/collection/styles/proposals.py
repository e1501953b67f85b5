"""Styles that suit a prompt: those with phrases of similar meaning or with the same words.

A style's vector is the mean of its phrases' word vectors (:mod:`app.core.text.embedding`). A prompt is compared with
this mean, with each phrase, and by shared words, because one phrase that fits well says more than all together.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from app.collection.search import semantic_search
from app.collection.search.vector_index import SourceError
from app.collection.styles import shipped
from app.collection.styles.style import Style
from app.core.text.embedding import Embedding, Floats, normalise
from app.core.text.folding import stem, words

SHOWN = 3
"""How many styles are proposed."""

SECOND, MEAN, SAID = 0.5, 0.5, 0.3
"""The weights of the next two phrases, of the mean, and of shared words, beside the nearest phrase."""

EMPTY_WORDS = frozenset(
    ("a", "an", "all", "and", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its", "of", "off", "on", "or",
     "over", "that", "the", "there", "to", "under", "with", "without")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A style for a prompt: its score (about 0 to 2, comparable within one prompt only) and the matching phrase."""

    style: Style
    likeness: float
    because: str


def nearest(prompt: str, choices: tuple[Style, ...], *, limit: int = SHOWN) -> list[Proposal]:
    """Return styles for a prompt in English, the best first; none if no word is known or there are no word vectors.

    Retired styles are not proposed.
    """
    try:
        embedding = semantic_search.embedding()
    except SourceError:
        return []
    choices = shipped.offered(choices)
    query = embedding.embed([prompt])[0]
    if not choices or not query.any():
        return []
    table = _style_vectors(embedding, choices)
    likeness = table.vectors @ query
    query_stems = _stems(prompt)
    proposed = [table.proposal(index, likeness, query, query_stems) for index in range(len(choices))]
    return sorted(proposed, key=lambda one: -one.likeness)[:limit]


@dataclass(frozen=True, slots=True)
class _StyleVectors:
    """Styles with their vectors: one for each phrase, grouped by style, and one for each style."""

    styles: tuple[Style, ...]
    phrases: tuple[tuple[str, ...], ...]
    vectors: Floats
    starts: tuple[int, ...]
    means: Floats
    stems: tuple[frozenset[str], ...]
    rarity: dict[str, float]

    def proposal(self, place: int, likeness: Floats, query: Floats, query_stems: frozenset[str]) -> Proposal:
        """Return the comparison of one style with the prompt."""
        similarities = likeness[self.starts[place] : self.starts[place + 1]]
        order = np.argsort(-similarities)
        overlap = sum(self.rarity[word] for word in query_stems & self.stems[place])
        overlap /= math.sqrt(max(1, len(query_stems)))
        next_two = float(similarities[order[1:3]].mean()) if len(similarities) > 1 else 0.0
        mean = float(self.means[place] @ query)
        value = float(similarities[order[0]]) + SECOND * next_two + MEAN * mean + SAID * overlap
        phrases = self.phrases[place]
        shared = max(phrases, key=lambda phrase: sum(self.rarity[word] for word in query_stems & _stems(phrase)))
        because = shared if query_stems & _stems(shared) else phrases[int(order[0])]
        return Proposal(self.styles[place], value, because)


@lru_cache(maxsize=8)
def _style_vectors(embedding: Embedding, styles: tuple[Style, ...]) -> _StyleVectors:
    """Return the vectors and stems of some styles; cached."""
    phrases = tuple((style.model_style.words, *style.phrases) for style in styles)
    vectors = embedding.embed([phrase for each in phrases for phrase in each])
    starts = (0, *np.cumsum([len(each) for each in phrases]).tolist())
    means = normalise(np.stack([vectors[a:b].mean(axis=0) for a, b in pairwise(starts)]))
    stems = tuple(frozenset().union(*(_stems(phrase) for phrase in each)) for each in phrases)
    style_counts = Counter(word for each in stems for word in each)
    rarity = {word: math.log1p(len(styles) / count) / math.log1p(len(styles)) for word, count in style_counts.items()}
    return _StyleVectors(styles, phrases, vectors, starts, means, stems, rarity)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text) if word not in EMPTY_WORDS)
