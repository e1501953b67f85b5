"""Map words to concepts, each with a weight and the kind of evidence."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sketch.keys import FOREIGN, GERMAN, OTHER, key, stem
from studio.lexicon import linking
from studio.lexicon.vocabulary import Words
from studio.lexicon.wordnet import WordNet

NAME, ALIAS, SYNONYM, KIND, KEYWORD, WIDER, NEAR = range(7)
"""The kinds of evidence; ``app.reading.lexicon`` uses the same numbers."""

MOST, MOST_WIDE = 6, 60
"""The most concepts of a word, and of a word for a whole class of them."""

LEAST = 0.2
TOO_WIDE = 150
"""A word for more concepts than this is ignored."""

NO_NOUN = 0.78
"""Factor for a keyword that is seldom a noun: "open" names nothing, although doors have it as a keyword."""

RARE = 0.3
"""The likelihood, relative to the likeliest sense, from which on a sense counts for looser evidence."""

TAXONOMIC = re.compile(r"^(family|genus|order|class|phylum|suborder|superfamily|subfamily|tribe|division) ")
HEADS = re.compile(r" (?:with|in|on|of|behind|over|at|facing|holding|wearing|without) .*")
UNHEADED = frozenset(("face", "hand", "person", "man", "woman", "suit", "left", "right", "sign", "symbol"))

Entries = dict[str, dict[int, tuple[float, int]]]


def entries(concepts: Sequence[Words], wordnet: WordNet) -> Entries:
    """Return for each word or phrase the concepts it may mean: number, weight 0…1, and kind of evidence."""
    by_word: Entries = defaultdict(dict)
    for number, words in enumerate(concepts):
        _named(by_word, number, words)
    _keyed(by_word, concepts, wordnet)
    links = linking.link_concepts(concepts, wordnet)
    _kinds(by_word, concepts, links, wordnet)
    return {
        word: _best(by_number) for word, by_number in by_word.items() if word.strip() and word not in (GERMAN, FOREIGN)
    }


def put(by_word: Entries, word: str, number: int, weight: float, source: int) -> None:
    """Record that a word means a concept, unless there is stronger evidence."""
    if word and weight >= LEAST and weight > by_word[word].get(number, (0.0, 0))[0]:
        by_word[word][number] = (min(1.0, weight), source)


def _named(by_word: Entries, number: int, words: Words) -> None:
    name = key(words.name)
    put(by_word, name, number, 1.0, NAME)
    for place, alias in enumerate(words.aliases):
        put(by_word, key(alias), number, 0.96 - 0.002 * min(place, 20), ALIAS)
    put(by_word, linking.singular(name), number, 0.9, ALIAS)
    if words.kind.startswith(("animal", "sky")):
        put(by_word, name.removesuffix(" face"), number, 0.9, ALIAS)
    bare = HEADS.sub("", name)
    if bare != name and bare not in UNHEADED and words.emoji:  # a cat in a box is no usual cat
        put(by_word, bare, number, 0.8, ALIAS)
    head = bare.split()[-1]
    if head != bare and head not in UNHEADED and not words.kind.startswith(("face", "person", "hand")):
        put(by_word, head, number, 0.62, KEYWORD)
    for emoji in words.emoji:
        put(by_word, emoji, number, 1.0, NAME)
    for alias in words.foreign_names:
        put(by_word, key(alias, OTHER), number, 1.0, NAME)
    for place, alias in enumerate(german(words.german_names)):
        put(by_word, key(alias, "de"), number, 1.0 - 0.004 * min(place, 10), NAME if not place else ALIAS)
        parts = alias.split()
        if len(parts) > 1 and parts[-1][:1].isupper() and not words.kind.startswith(("face", "person", "hand")):
            put(by_word, key(parts[-1], "de"), number, 0.66, KEYWORD)


def german(names: Iterable[str]) -> list[str]:
    """Return German names with each gender: ``Astronaut(in)`` becomes two names."""
    listed = []
    for name in names:
        listed += [name.replace("(in)", ""), name.replace("(in)", "in")] if "(in)" in name else [name]
    return listed


def _keyed(by_word: Entries, concepts: Sequence[Words], wordnet: WordNet) -> None:
    """Add keywords; a keyword of few concepts has more weight than one of many."""
    for language in ("en", "de"):
        lists = [
            [key(each, language) for each in (german(words.german_keywords) if language == "de" else words.keywords)]
            for words in concepts
        ]
        shared = Counter(each for listed in lists for each in set(listed))
        for number, (listed, words) in enumerate(zip(lists, concepts, strict=True)):
            faces = 0.12 if words.kind.startswith(("face", "cat-face", "person", "hand", "emotion")) else 0.0
            for place, each in enumerate(listed):
                if shared[each] <= TOO_WIDE:
                    weight = 0.86 * shared[each] ** -0.12 - 0.006 * min(place, 15) - faces
                    weight += 0.06 * (listed.count(each) > 1)
                    put(by_word, each, number, weight * (NO_NOUN if wordnet.is_seldom_noun(each) else 1), KEYWORD)


def _kinds(
    by_word: Entries, concepts: Sequence[Words], links: Mapping[str, Mapping[int, float]], wordnet: WordNet
) -> None:
    """Add WordNet's evidence: synonyms, kinds of a concept, classes that contain it, and similar concepts."""
    same: dict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
    under: dict[int, set[int]] = defaultdict(set)
    for number, words in enumerate(concepts):
        for offset, surety in links[words.name].items():
            for below, steps in wordnet.kinds(offset).items():
                weight = surety * (0.95 if steps == 0 else 0.9 * 0.95**steps)
                if weight > same[below].get(number, (0.0, 0))[0]:
                    same[below][number] = (weight, SYNONYM if steps == 0 else KIND)
            for above, steps in wordnet.ancestors(offset).items():
                if steps:
                    under[above].add(number)
                    often = math.log1p(wordnet.synsets[offset].often) / 8
                    weight = surety * (0.6 + 0.1 * min(1.0, often)) * 0.93**steps
                    if weight > same[above].get(number, (0.0, 0))[0]:
                        same[above][number] = (weight, WIDER)
    for offset, synset in wordnet.synsets.items():
        if TAXONOMIC.match(synset.lemmas[0].casefold()) or len(under[offset]) > TOO_WIDE:
            continue
        by_number = same.get(offset) or _alike(offset, under, wordnet)
        for lemma in synset.lemmas:
            likely = wordnet.likely(lemma.casefold()).get(offset, 0.5)
            for number, (weight, source) in by_number.items():
                person = synset.field_number == linking.PERSON and likely < 1
                if source in (KIND, NEAR) and (likely < RARE or person):
                    continue  # rare senses mislead: WordNet lists "goat" as a person too
                put(by_word, key(lemma), number, weight * (0.55 + 0.45 * likely), source)


def _alike(offset: int, under: Mapping[int, set[int]], wordnet: WordNet) -> dict[int, tuple[float, int]]:
    """Return the concepts nearest to a synset in the tree of kinds, if they are few."""
    if wordnet.synsets[offset].field_number not in _SIMILAR_FIELDS:
        return {}
    for above, steps in wordnet.ancestors(offset).items():
        near = under.get(above, set())
        if near:
            if len(near) > 12 or steps > 3:
                return {}
            return dict.fromkeys(near, (0.5 * 0.85**steps, NEAR))
    return {}


_SIMILAR_FIELDS = (
    linking.ANIMAL, linking.ARTIFACT, linking.BODY, linking.FOOD, linking.OBJECT, linking.PERSON, linking.PHENOMENON,
    linking.PLANT,
)  # fmt: skip


def _best(by_number: Mapping[int, tuple[float, int]]) -> dict[int, tuple[float, int]]:
    ordered = sorted(by_number.items(), key=lambda item: (-item[1][0], item[0]))
    wide = sum(source == WIDER for _, (_, source) in ordered) > MOST
    return dict(ordered[: MOST_WIDE if wide else MOST])


FIELDS = (
    ("name", 3.0),
    ("aliases", 2.6),
    ("near", 2.4),
    ("keywords", 1.6),
    ("synonyms", 1.4),
    ("gloss", 1.0),
    ("kinds", 0.35),
)
K1, B = 1.4, 0.5


def terms(concepts: Sequence[Words], wordnet: WordNet) -> dict[str, dict[int, float]]:
    """Return for each stem its weight for each concept (BM25F: Robertson, Zaragoza, Taylor, CIKM 2004)."""
    links = linking.link_concepts(concepts, wordnet)
    counted = [_document(words, links[words.name], wordnet) for words in concepts]
    lengths = [sum(document.values()) for document in counted]
    mean = sum(lengths) / max(1, len(lengths))
    holding = Counter(term for document in counted for term in document)
    by_stem: dict[str, dict[int, float]] = defaultdict(dict)
    for number, (document, length) in enumerate(zip(counted, lengths, strict=True)):
        for term, count in document.items():
            rare = math.log(1 + (len(concepts) - holding[term] + 0.5) / (holding[term] + 0.5))
            full = count / (count + K1 * (1 - B + B * length / mean))
            if holding[term] <= TOO_WIDE and rare * full > 0.4:
                by_stem[term][number] = rare * full
    return by_stem


def glosses(concepts: Sequence[Words], wordnet: WordNet) -> dict[str, str]:
    """Return WordNet's gloss of each concept that it knows, without examples."""
    links = linking.link_concepts(concepts, wordnet)
    surest = {name: max(senses, key=lambda offset: senses[offset]) for name, senses in links.items() if senses}
    return {name: wordnet.synsets[offset].gloss.split('; "')[0] for name, offset in surest.items()}


def _document(words: Words, links: Mapping[int, float], wordnet: WordNet) -> Counter[str]:
    """Return the stems that describe a concept, each with the weight of its field."""
    texts: dict[str, list[str]] = {
        "name": [words.name],
        "aliases": words.aliases,
        "near": words.near,
        "keywords": words.keywords,
    }
    synsets = [wordnet.synsets[offset] for offset in links]
    texts["synonyms"] = [lemma for synset in synsets for lemma in synset.lemmas]
    texts["gloss"] = [synset.gloss for synset in synsets]
    texts["kinds"] = [wordnet.synsets[down].gloss for synset in synsets for down in synset.below[:8]]
    weights: Counter[str] = Counter()
    for name, worth in FIELDS:
        stems = {stem(part) for text in texts[name] for part in key(text).split() if part not in linking.PLAIN}
        for each in stems:
            weights[each] = max(weights[each], worth)  # type: ignore[assignment]
    for name, worth in (("german_names", 3.0), ("german_keywords", 1.6)):
        listed = [key(text, "de").removeprefix(GERMAN) for text in getattr(words, name)]
        for each in {stem(part, "de") for text in listed for part in text.split()}:
            weights[each] = max(weights[each], worth)  # type: ignore[assignment]
    return weights
