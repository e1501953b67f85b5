"""From words to concepts: each with how well it means one, and how that is known."""

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
"""How a word is known to mean a concept; ``app.reading.lexicon`` reads the same numbers."""

MOST, MOST_WIDE = 6, 60
"""How many concepts a word keeps at most, and a word for a whole class of them."""

LEAST = 0.2
TOO_WIDE = 150
"""A word for more concepts than this says nothing."""

NO_NOUN = 0.78
"""What a keyword is worth that is seldom a noun: "open" names nothing, though it goes with doors."""

RARE = 0.3
"""From which likelihood on, of the likeliest sense, a sense counts for what is only a kind."""

TAXONOMIC = re.compile(r"^(family|genus|order|class|phylum|suborder|superfamily|subfamily|tribe|division) ")
HEADS = re.compile(r" (?:with|in|on|of|behind|over|at|facing|holding|wearing|without) .*")
UNHEADED = frozenset(("face", "hand", "person", "man", "woman", "suit", "left", "right", "sign", "symbol"))

Entries = dict[str, dict[int, tuple[float, int]]]


def entries(concepts: Sequence[Words], wordnet: WordNet) -> Entries:
    """Return what each word or phrase may mean: the number of a concept, how well (0…1), and how that is known."""
    found: Entries = defaultdict(dict)
    for number, words in enumerate(concepts):
        _named(found, number, words)
    _keyed(found, concepts, wordnet)
    links = linking.linked(concepts, wordnet)
    _kinds(found, concepts, links, wordnet)
    return {word: _best(told) for word, told in found.items() if word.strip() and word not in (GERMAN, FOREIGN)}


def put(found: Entries, word: str, number: int, weight: float, source: int) -> None:
    """Note that a word means a concept, unless that is known better."""
    if word and weight >= LEAST and weight > found[word].get(number, (0.0, 0))[0]:
        found[word][number] = (min(1.0, weight), source)


def _named(found: Entries, number: int, words: Words) -> None:
    name = key(words.name)
    put(found, name, number, 1.0, NAME)
    for place, alias in enumerate(words.aliases):
        put(found, key(alias), number, 0.96 - 0.002 * min(place, 20), ALIAS)
    put(found, linking.singular(name), number, 0.9, ALIAS)
    if words.kind.startswith(("animal", "sky")):
        put(found, name.removesuffix(" face"), number, 0.9, ALIAS)
    bare = HEADS.sub("", name)
    if bare != name and bare not in UNHEADED:
        put(found, bare, number, 0.8, ALIAS)
    head = bare.split()[-1]
    if head != bare and head not in UNHEADED and not words.kind.startswith(("face", "person", "hand")):
        put(found, head, number, 0.62, KEYWORD)
    for emoji in words.emoji:
        put(found, emoji, number, 1.0, NAME)
    for alias in words.foreign_names:
        put(found, key(alias, OTHER), number, 1.0, NAME)
    for place, alias in enumerate(german(words.german_names)):
        put(found, key(alias, "de"), number, 1.0 - 0.004 * min(place, 10), NAME if not place else ALIAS)
        parts = alias.split()
        if len(parts) > 1 and parts[-1][:1].isupper() and not words.kind.startswith(("face", "person", "hand")):
            put(found, key(parts[-1], "de"), number, 0.66, KEYWORD)


def german(names: Iterable[str]) -> list[str]:
    """Write German names for one gender and for the other: ``Astronaut(in)`` is both."""
    listed = []
    for name in names:
        listed += [name.replace("(in)", ""), name.replace("(in)", "in")] if "(in)" in name else [name]
    return listed


def _keyed(found: Entries, concepts: Sequence[Words], wordnet: WordNet) -> None:
    """Note keywords: one for few concepts means them better than one for many."""
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
                    put(found, each, number, weight * (NO_NOUN if wordnet.is_seldom_noun(each) else 1), KEYWORD)


def _kinds(
    found: Entries, concepts: Sequence[Words], links: Mapping[str, Mapping[int, float]], wordnet: WordNet
) -> None:
    """Note what WordNet knows: synonyms, kinds of a concept, classes that it belongs to, and what is like it."""
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
        told = same.get(offset) or _alike(offset, under, wordnet)
        for lemma in synset.lemmas:
            likely = wordnet.likely(lemma.casefold()).get(offset, 0.5)
            for number, (weight, source) in told.items():
                person = synset.field_number == linking.PERSON and likely < 1
                if source in (KIND, NEAR) and (likely < RARE or person):
                    continue  # a goat is a person too, said one dictionary
                put(found, key(lemma), number, weight * (0.55 + 0.45 * likely), source)


def _alike(offset: int, under: Mapping[int, set[int]], wordnet: WordNet) -> dict[int, tuple[float, int]]:
    """Return the concepts that stand nearest to a synset in the tree of kinds, where they are few enough to tell."""
    if wordnet.synsets[offset].field_number not in _TOLD:
        return {}
    for above, steps in wordnet.ancestors(offset).items():
        near = under.get(above, set())
        if near:
            if len(near) > 12 or steps > 3:
                return {}
            return dict.fromkeys(near, (0.5 * 0.85**steps, NEAR))
    return {}


_TOLD = (
    linking.ANIMAL, linking.ARTIFACT, linking.BODY, linking.FOOD, linking.OBJECT, linking.PERSON, linking.PHENOMENON,
    linking.PLANT,
)  # fmt: skip


def _best(told: Mapping[int, tuple[float, int]]) -> dict[int, tuple[float, int]]:
    ordered = sorted(told.items(), key=lambda item: (-item[1][0], item[0]))
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
    """Return for each stem how much it tells of each concept (BM25F: Robertson, Zaragoza, Taylor, CIKM 2004)."""
    links = linking.linked(concepts, wordnet)
    counted = [_document(words, links[words.name], wordnet) for words in concepts]
    lengths = [sum(document.values()) for document in counted]
    mean = sum(lengths) / max(1, len(lengths))
    holding = Counter(term for document in counted for term in document)
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for number, (document, length) in enumerate(zip(counted, lengths, strict=True)):
        for term, count in document.items():
            rare = math.log(1 + (len(concepts) - holding[term] + 0.5) / (holding[term] + 0.5))
            full = count / (count + K1 * (1 - B + B * length / mean))
            if holding[term] <= TOO_WIDE and rare * full > 0.4:
                found[term][number] = rare * full
    return found


def glosses(concepts: Sequence[Words], wordnet: WordNet) -> dict[str, str]:
    """Return what WordNet says of each concept that it knows, without examples."""
    links = linking.linked(concepts, wordnet)
    surest = {name: max(found, key=lambda offset: found[offset]) for name, found in links.items() if found}
    return {name: wordnet.synsets[offset].gloss.split('; "')[0] for name, offset in surest.items()}


def _document(words: Words, links: Mapping[int, float], wordnet: WordNet) -> Counter[str]:
    """Count the stems by which a concept may be described, each as much as where it stands is worth."""
    texts: dict[str, list[str]] = {
        "name": [words.name], "aliases": words.aliases, "near": words.near, "keywords": words.keywords,
    }  # fmt: skip
    synsets = [wordnet.synsets[offset] for offset in links]
    texts["synonyms"] = [lemma for synset in synsets for lemma in synset.lemmas]
    texts["gloss"] = [synset.gloss for synset in synsets]
    texts["kinds"] = [wordnet.synsets[down].gloss for synset in synsets for down in synset.below[:8]]
    found: Counter[str] = Counter()
    for name, worth in FIELDS:
        stems = {stem(part) for text in texts[name] for part in key(text).split() if part not in linking.PLAIN}
        for each in stems:
            found[each] = max(found[each], worth)  # type: ignore[assignment]
    for name, worth in (("german_names", 3.0), ("german_keywords", 1.6)):
        listed = [key(text, "de").removeprefix(GERMAN) for text in getattr(words, name)]
        for each in {stem(part, "de") for text in listed for part in text.split()}:
            found[each] = max(found[each], worth)  # type: ignore[assignment]
    return found
