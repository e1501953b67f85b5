"""What a model can draw, as a list to browse and to search: by names in both languages, by words, by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.gallery import spelling
from app.i18n.gettext import N_
from app.reading.reader import SPOKEN, Reader
from app.text import folding
from sketch.sketchbook import Drawing
from sketch.styling.drawing_styles import unmodelled

GROUPS = (
    ("animals", N_("Animals"), ("animal-",)),
    ("plants", N_("Plants"), ("plant-",)),
    ("food", N_("Food and drink"), ("food-", "drink", "dishware")),
    ("sky", N_("Sky and weather"), ("sky-",)),
    ("places", N_("Places"), ("place-", "hotel")),
    ("travel", N_("Travel"), ("transport-",)),
    ("things", N_("Things"), (
        "household", "tool", "office", "writing", "book-paper", "mail", "money", "lock", "light-video", "phone",
        "computer", "science", "medical", "time", "other-object",
    )),
    ("clothes", N_("Clothes"), ("clothing",)),
    ("play", N_("Music and play"), (
        "music", "sound", "sport", "game", "arts-crafts", "event", "award-medal",
    )),
    ("people", N_("People"), ("person", "family", "hand", "body-parts")),
    ("faces", N_("Faces"), ("face-", "cat-face", "monkey-face", "heart", "emotion")),
    ("others", N_("Others"), ("",)),
)  # fmt: skip
"""By which subgroups of Unicode's drawings are grouped, in the order in which they are shown."""

NEAR = 4
"""How many drawings of other things a word may bring that is none of a drawing."""

BEGUN = 3
"""The rank of what only begins with what was typed."""

SHORT = 5
"""From how many letters on two of a word may be wrong."""


@dataclass(frozen=True, slots=True)
class Motif:
    """What is drawn: its name, the group it is in, its drawings, and the words that it is found by."""

    name: str
    names: frozenset[str]
    group: str
    drawings: tuple[Drawing, ...]
    named: frozenset[str]
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """Motifs that a search found, those that come near in meaning, and what may have been meant."""

    motifs: tuple[Motif, ...]
    near: tuple[Motif, ...] = ()
    meant: str = ""


class DrawingCatalogue:
    """The motifs of a reader's sketchbook, named in one language, in the order in which they are shown.

    Modelled drawings stand for flat ones where a painter models, and are not listed beside these.
    """

    def __init__(self, reader: Reader, language: str) -> None:
        self._reader, self._language = reader, language
        together: dict[str, list[Drawing]] = {}
        for drawing in reader.drawings.values():
            together.setdefault(drawing.name, []).append(drawing)
        order = {concept.name: place for place, concept in enumerate(reader.wordbook.concepts)}
        places = {name: place for place, (name, *_) in enumerate(GROUPS)}
        listed = [self._motif(name, unmodelled(drawings)) for name, drawings in together.items()]
        listed.sort(key=lambda motif: (places[motif.group], order.get(motif.drawings[0].name, len(order)), motif.name))
        self.motifs = tuple(listed)
        self._by_name = {motif.drawings[0].name: motif for motif in listed}
        self._words = frozenset(word for motif in listed for word in motif.named)
        spoken = (word for motif in listed for word in re.findall(r"\w+", motif.name))
        self._spoken = {folded: word for word in spoken for folded in folding.words(word)}

    def of_group(self, group: str) -> tuple[Motif, ...]:
        """Return the motifs of a group, or all."""
        return tuple(motif for motif in self.motifs if group in ("", motif.group))

    def search(self, query: str) -> Found:
        """Find motifs by the beginnings of their names and words, the closest first; then those meant by the query."""
        asked = folding.words(query)
        if not asked:
            return Found(self.motifs)
        ranked = [(rank, place) for place, motif in enumerate(self.motifs) if (rank := _rank(asked, motif)) is not None]
        whole = [each for each in ranked if each[0] != BEGUN]  # where there is a bat, no bathtub was meant
        motifs = tuple(self.motifs[place] for _, place in sorted(whole or ranked))
        near = tuple(motif for motif in dict.fromkeys(self._meant_by(query)) if motif not in motifs)[:NEAR]
        return Found(motifs, near, "" if motifs else self._corrected(query, asked))

    def prompt_for(self, motif: Motif) -> str:
        """Return the words that put a motif into the form: its name, in English where that is read as another."""
        reading = self._reader.again(motif.name, language=self._language)
        english = motif.drawings[0].name
        return motif.name if [item.drawing.name for item in reading.items] == [english] else english

    def _motif(self, name: str, drawings: Sequence[Drawing]) -> Motif:
        first = drawings[0]
        names = frozenset(
            " ".join(folding.words(each)) for each in (name, *(self._reader.name_of(first, each) for each in SPOKEN))
        )
        told = frozenset(word for drawing in drawings for text in drawing.words for word in folding.words(text))
        return Motif(
            self._reader.name_of(first, self._language), names, group_of(first.kind), tuple(drawings),
            frozenset(word for each in names for word in each.split()), told,
        )  # fmt: skip

    def _meant_by(self, query: str) -> Iterator[Motif]:
        """List what a query is read as, as a prompt would be."""
        reading = self._reader.again(query, language=self._language)
        for item in reading.items:
            yield from (self._by_name[drawing.name] for drawing in (item.drawing, *item.others))

    def _corrected(self, query: str, asked: Sequence[str]) -> str:
        """Put the words of a query right that are none of a name; "" where that finds nothing."""
        better = query
        for word in asked:
            if not any(known.startswith(word) for known in self._words):
                meant = self._nearest(word)
                if not meant:
                    return ""
                better = re.sub(r"\w+", lambda found, word=word, meant=meant: (  # type: ignore[misc]
                    meant if folding.words(found[0]) == [word] else found[0]
                ), better)  # fmt: skip
        return better if better != query and self.search(better).motifs else ""

    def _nearest(self, word: str) -> str:
        most = 1 if len(word) < SHORT else 2
        near = [
            (spelling.distance(word, known, most), known not in self._spoken, known[:1] != word[:1], known)
            for known in self._words
        ]
        far, *_, known = min(near)
        return self._spoken.get(known, known) if far <= most else ""


@lru_cache(maxsize=4)
def catalogue(reader: Reader, language: str) -> DrawingCatalogue:
    """Make the catalogue of a reader's drawings, once a process for each language."""
    return DrawingCatalogue(reader, language)


def group_of(kind: str) -> str:
    """Name the group that a subgroup of Unicode's belongs to."""
    return next(name for name, _, kinds in GROUPS if kind.startswith(kinds))


def _rank(asked: Sequence[str], motif: Motif) -> int | None:
    """Say how well a motif fits: 0 is called so, 1 has the words in its name, 2 is told of by them, 3 begins so."""
    if " ".join(asked) in motif.names:
        return 0
    if all(word in motif.named for word in asked):
        return 1
    if all(word in motif.named | motif.told for word in asked):
        return 2
    return BEGUN if all(any(known.startswith(word) for known in motif.named) for word in asked) else None
