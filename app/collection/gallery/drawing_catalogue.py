"""The list of what a model can draw, to browse and search by names in both languages, by keywords and by meaning."""

import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from threading import Lock

from app.core.i18n.gettext import N_
from app.core.text import folding
from app.core.text.edit_distance import distance
from app.reading.lexicon import SPOKEN
from app.reading.reader import Reader
from sketch.sketchbook import Drawing
from sketch.styling.drawing_styles import without_modelled

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
"""The groups in the order in which they are shown: key, heading, and the prefixes of Unicode's emoji subgroups."""

NEAR = 4
"""The most drawings of related things that a search adds."""

SHORT = 5
"""The length from which a word may have two wrong letters, instead of one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the drawings of one name show: they, their group, and what a search compares, in all languages.

    ``names`` are the folded names, ``name_words`` their words, ``keywords`` the words of the drawings; each once. As
    sets they would take four times the memory.
    """

    drawings: tuple[Drawing, ...]
    group: str
    names: tuple[str, ...]
    name_words: tuple[str, ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Motif:
    """A thing that is drawn: its name in the catalogue's language, and what that is."""

    name: str
    subject: Subject

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """The drawings of it, of which the first stands for all."""
        return self.subject.drawings

    @property
    def group(self) -> str:
        """The key of its group."""
        return self.subject.group


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The motifs that match a search, related motifs, and a corrected spelling (``""`` for none)."""

    motifs: tuple[Motif, ...]
    near: tuple[Motif, ...] = ()
    suggestion: str = ""


class _Subjects:
    """The subjects of a prompt parser's drawing library, and those of each word: the same in all languages."""

    def __init__(self, reader: Reader) -> None:
        together: dict[str, list[Drawing]] = {}
        for drawing in reader.drawings.values():
            together.setdefault(drawing.name, []).append(drawing)
        self.all = [_subject(reader, name, without_modelled(drawings)) for name, drawings in together.items()]
        self.having: dict[str, array[int]] = {}
        self.named: dict[str, array[int]] = {}
        for number, subject in enumerate(self.all):
            for word in dict.fromkeys((*subject.name_words, *subject.keywords)):
                self.having.setdefault(word, array("I")).append(number)
            for word in subject.name_words:
                self.named.setdefault(word, array("I")).append(number)
        self.words = sorted(self.named)

    def begun_by(self, word: str) -> set[int]:
        """Return the numbers of the subjects with a name of which a word begins so."""
        first = bisect_left(self.words, word)
        begun = takewhile(lambda known: known.startswith(word), islice(self.words, first, None))
        return set().union(*(self.named[known] for known in begun))


def _subject(reader: Reader, name: str, drawings: Sequence[Drawing]) -> Subject:
    named = [name, *(reader.name_of(drawings[0], each) for each in SPOKEN)]
    names = _once(" ".join(folding.words(each)) for each in named)
    keywords = _once(word for drawing in drawings for text in drawing.words for word in folding.words(text))
    name_words = _once(word for each in names for word in each.split())
    return Subject(tuple(drawings), group_of(drawings[0].kind), names, name_words, keywords)


class DrawingCatalogue:
    """The motifs of a prompt parser's drawing library, named in one language, in the order in which they are shown.

    A modelled variant of a flat drawing is not listed separately.
    """

    def __init__(self, reader: Reader, language: str) -> None:
        self._reader, self._language = reader, language
        self._subjects = _subjects(reader)
        order = {concept.name: index for index, concept in enumerate(reader.wordbook.concepts)}
        places = {name: index for index, (name, *_) in enumerate(GROUPS)}
        motifs = [Motif(reader.name_of(each.drawings[0], language), each) for each in self._subjects.all]
        numbers = sorted(
            range(len(motifs)),
            key=lambda number: (
                places[motifs[number].group],
                order.get(motifs[number].drawings[0].name, len(order)),
                motifs[number].name,
            ),
        )
        self.motifs = tuple(motifs[number] for number in numbers)
        self._places = array("I", bytes(4 * len(numbers)))
        for index, number in enumerate(numbers):
            self._places[number] = index
        self._by_name = {motif.drawings[0].name: motif for motif in motifs}
        spoken = (word for motif in motifs for word in re.findall(r"\w+", motif.name))
        self._spoken = {folded: word for word in spoken for folded in folding.words(word)}

    def of_group(self, group: str) -> tuple[Motif, ...]:
        """Return the motifs of a group, or all motifs for ``""``."""
        return tuple(motif for motif in self.motifs if group in ("", motif.group))

    def named(self, name: str) -> Motif | None:
        """Return the motif whose drawings have this English name."""
        return self._by_name.get(name)

    def search(self, query: str) -> SearchResult:
        """Return the motifs that match a query by name or keyword, the best first, and motifs of related meaning.

        An empty query matches all motifs. Without a match, the result may suggest another spelling.
        """
        query_words = folding.words(query)
        if not query_words:
            return SearchResult(self.motifs)
        subjects, having = self._subjects, self._subjects.having
        numbers = set.intersection(*(set(having.get(word, ())) for word in query_words))
        ranked = [(_rank(query_words, subjects.all[number]), self._places[number]) for number in numbers]
        if not ranked:  # if there is a bat, a bathtub is no match
            ranked = [(0, self._places[number]) for number in set.intersection(*map(subjects.begun_by, query_words))]
        motifs = tuple(self.motifs[place] for _, place in sorted(ranked))
        near = tuple(motif for motif in dict.fromkeys(self._meant_by(query)) if motif not in motifs)[:NEAR]
        return SearchResult(motifs, near, "" if motifs else self._corrected(query, query_words))

    def prompt_for(self, motif: Motif) -> str:
        """Return the prompt for a motif: its name, or its English name if the parser finds another motif in it."""
        reading = self._reader.again(motif.name, language=self._language)
        english = motif.drawings[0].name
        return motif.name if [item.drawing.name for item in reading.items] == [english] else english

    def _meant_by(self, query: str) -> Iterator[Motif]:
        """Yield the motifs that the prompt parser finds in a query."""
        reading = self._reader.again(query, language=self._language)
        for item in reading.items:
            yield from (self._by_name[drawing.name] for drawing in (item.drawing, *item.others))

    def _corrected(self, query: str, query_words: Sequence[str]) -> str:
        """Return the query with unknown words replaced by similar ones of names; "" if that matches nothing."""
        better = query
        for word in query_words:
            if not self._subjects.begun_by(word):
                correction = self._nearest(word)
                if not correction:
                    return ""
                better = re.sub(
                    r"\w+",
                    lambda found, word=word, correction=correction: (  # type: ignore[misc]
                        correction if folding.words(found[0]) == [word] else found[0]
                    ),
                    better,
                )
        return better if better != query and self.search(better).motifs else ""

    def _nearest(self, word: str) -> str:
        most = 1 if len(word) < SHORT else 2
        near = [
            (distance(word, known, most), known not in self._spoken, known[:1] != word[:1], known)
            for known in self._subjects.words
        ]
        far, *_, known = min(near, default=(most + 1, True, True, ""))
        return self._spoken.get(known, known) if far <= most else ""


def catalogue(reader: Reader, language: str) -> DrawingCatalogue:
    """Return the catalogue of a prompt parser's drawings in a language, cached in the process.

    One is made at a time: threads that need the same wait for it, instead of each making one.
    """
    with _making:
        return _catalogue(reader, language)


_making = Lock()
_catalogue = lru_cache(maxsize=4)(DrawingCatalogue)
_subjects = lru_cache(maxsize=2)(_Subjects)


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    """Return each text once, as the same object wherever it is one of a catalogue's."""
    return tuple(dict.fromkeys(map(sys.intern, texts)))


def group_of(kind: str) -> str:
    """Return the key of the group to which one of Unicode's emoji subgroups belongs."""
    return next(name for name, _, kinds in GROUPS if kind.startswith(kinds))


def _rank(query_words: Sequence[str], subject: Subject) -> int:
    """Return how well a subject that has all words matches, 0 being best.

    0: the words are a name of it. 1: its names have all words. 2: its names or keywords have them.
    """
    if " ".join(query_words) in subject.names:
        return 0
    return 1 if all(word in subject.name_words for word in query_words) else 2
