"""Which styles suit a prompt: those whose phrases mean, or say, what it does.

A style's vector is the mean of its phrases' in the table of meaning (:mod:`app.text.embedding`). A prompt is compared
with that mean, with each phrase, and by the words that both have: one that fits well says more than all together.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from app.search import semantic_search
from app.search.vector_index import SourceError
from app.styles.style import Style
from app.text.embedding import Embedding, Floats, normalised
from app.text.folding import stem, words

SHOWN = 3
"""How many styles are proposed."""

SECOND, MEAN, SAID = 0.5, 0.5, 0.3
"""The weights, beside the nearest phrase, of the next two, of the mean of all, and of words that both have."""

EMPTY_WORDS = frozenset(
    ("a", "an", "all", "and", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its", "of", "off", "on", "or",
     "over", "that", "the", "there", "to", "under", "with", "without")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A style for a prompt: how well it suits (about 0 to 2; figures compare within one prompt) and the phrase why."""

    style: Style
    likeness: float
    because: str


def nearest(prompt: str, among: tuple[Style, ...], *, limit: int = SHOWN) -> list[Proposal]:
    """Propose styles for a prompt in English, the best first; none where no word of it is known or no table is here."""
    try:
        embedding = semantic_search.embedding()
    except SourceError:
        return []
    asked = embedding.embed([prompt])[0]
    if not among or not asked.any():
        return []
    shelf = _shelf(embedding, among)
    likeness = shelf.vectors @ asked
    said = _stems(prompt)
    found = [shelf.proposal(place, likeness, asked, said) for place in range(len(among))]
    return sorted(found, key=lambda one: -one.likeness)[:limit]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Styles as they are compared: a vector for each phrase, those of a style in a row, and one for each style."""

    styles: tuple[Style, ...]
    phrases: tuple[tuple[str, ...], ...]
    vectors: Floats
    starts: tuple[int, ...]
    means: Floats
    stems: tuple[frozenset[str], ...]
    rarity: dict[str, float]

    def proposal(self, place: int, likeness: Floats, asked: Floats, said: frozenset[str]) -> Proposal:
        """Compare one style with what is asked."""
        own = likeness[self.starts[place] : self.starts[place + 1]]
        order = np.argsort(-own)
        both = sum(self.rarity[word] for word in said & self.stems[place]) / math.sqrt(max(1, len(said)))
        next_two = float(own[order[1:3]].mean()) if len(own) > 1 else 0.0
        value = float(own[order[0]]) + SECOND * next_two + MEAN * float(self.means[place] @ asked) + SAID * both
        phrases = self.phrases[place]
        shared = max(phrases, key=lambda phrase: sum(self.rarity[word] for word in said & _stems(phrase)))
        because = shared if said & _stems(shared) else phrases[int(order[0])]
        return Proposal(self.styles[place], value, because)


@lru_cache(maxsize=8)
def _shelf(embedding: Embedding, styles: tuple[Style, ...]) -> _Shelf:
    phrases = tuple((style.hand.words, *style.phrases) for style in styles)
    vectors = embedding.embed([phrase for each in phrases for phrase in each])
    starts = (0, *np.cumsum([len(each) for each in phrases]).tolist())
    means = normalised(np.stack([vectors[a:b].mean(axis=0) for a, b in pairwise(starts)]))
    stems = tuple(frozenset().union(*(_stems(phrase) for phrase in each)) for each in phrases)
    held = Counter(word for each in stems for word in each)
    rarity = {word: math.log1p(len(styles) / count) / math.log1p(len(styles)) for word, count in held.items()}
    return _Shelf(styles, phrases, vectors, starts, means, stems, rarity)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text) if word not in EMPTY_WORDS)
