"""Link concepts to WordNet's senses: by name, by the field of the concept's group, and by common words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sketch.keys import key, stem
from studio.lexicon.vocabulary import Words
from studio.lexicon.wordnet import WordNet

ANIMAL, ARTIFACT, BODY, FOOD, OBJECT, PERSON, PHENOMENON, PLANT = 5, 6, 8, 13, 17, 18, 19, 20
COMMUNICATION, GROUP, SUBSTANCE, EVENT, POSSESSION = 10, 14, 27, 11, 21
FIELDS: Mapping[str, tuple[int, ...]] = {
    "animal": (ANIMAL,), "plant": (PLANT,), "food": (FOOD, PLANT), "drink": (FOOD,), "place": (ARTIFACT, OBJECT),
    "transport": (ARTIFACT,), "sky": (OBJECT, PHENOMENON, ARTIFACT), "person": (PERSON,), "body": (BODY,),
    "hand": (BODY, COMMUNICATION), "money": (ARTIFACT, POSSESSION, COMMUNICATION), "mail": (ARTIFACT, COMMUNICATION),
    "book": (ARTIFACT, COMMUNICATION), "science": (ARTIFACT, SUBSTANCE), "event": (ARTIFACT, PLANT, EVENT),
}  # fmt: skip
"""The WordNet fields of a Unicode subgroup; others are artifacts."""

ENOUGH = 1.0
UNLINKED = frozenset(("construction",))
"""Concepts whose name means something wider: the road sign "construction" is not every construction."""

PLAIN = frozenset((
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "with", "and", "or", "by", "from", "as", "is", "are", "be",
    "that", "which", "who", "used", "it", "its", "their", "his", "one", "two", "very", "into", "when", "where", "than",
    "more", "most", "some", "any", "usually", "often", "especially", "small", "large", "having", "made", "not",
))  # fmt: skip
"""Stop words of glosses."""


def link_concepts(concepts: Iterable[Words], wordnet: WordNet) -> dict[str, dict[int, float]]:
    """Return the synsets of each concept by its name, each with a confidence 0…1."""
    return {words.name: _synsets(words, wordnet) for words in concepts}


def _synsets(words: Words, wordnet: WordNet) -> dict[int, float]:
    confidence: dict[int, float] = {}
    own = {
        stem(part) for each in (words.name, *words.aliases, *words.keywords, *words.near) for part in key(each).split()
    }
    if words.name in UNLINKED or words.kind.startswith(("face", "cat-face", "monkey-face", "emotion")):
        return confidence
    for text, surety in _names(words):
        sense = _sense(text, words, own, wordnet)
        if sense is not None:
            confidence[sense] = max(confidence.get(sense, 0.0), surety)
    return confidence


def _names(words: Words) -> Iterable[tuple[str, float]]:
    """Yield names under which WordNet may know a concept, with a confidence, the surest first."""
    name = key(words.name)
    yield name, 1.0
    yield words.name.casefold(), 1.0
    yield name.removesuffix(" face"), 0.9
    yield from ((key(alias), 0.97) for alias in words.aliases)
    yield from ((singular(key(alias)), 0.95) for alias in (words.name, *words.aliases))


def singular(text: str) -> str:
    """Return a phrase in the singular, by its ending."""
    if text.endswith("ies"):
        return text[:-3] + "y"
    return text[:-1] if text.endswith("s") and not text.endswith("ss") else text


def _sense(text: str, words: Words, own: set[str], wordnet: WordNet) -> int | None:
    """Return the sense of a name that lies in the concept's field and shares the most words with it, or None."""
    fields = FIELDS.get(words.kind.split("-")[0], (ARTIFACT,))
    best: tuple[float, int] | None = None
    for offset, likely in wordnet.likely(text).items():
        synset = wordnet.synsets[offset]
        near = " ".join(
            [synset.gloss, *synset.lemmas, *(lemma for up in synset.above for lemma in wordnet.synsets[up].lemmas)]
        )
        stems = {stem(part) for part in key(near).split() if part not in PLAIN}
        score = 1.5 * (synset.field_number in fields) + likely + 0.5 * len((stems & own) - {stem(text)})
        if best is None or score > best[0]:
            best = (score, offset)
    return best[1] if best and best[0] >= ENOUGH else None
