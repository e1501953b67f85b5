"""The lexicon: which concepts words, phrases and stems mean. The studio builds it; it is searched in memory."""

from __future__ import annotations

import hashlib
import io
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FILE = "lexicon.npz"
FORMAT = 1
LEVELS = 255
NAME, ALIAS, SYNONYM, KIND, KEYWORD, WIDER, NEAR = range(7)
"""How a word means a concept, as numbered by ``studio.lexicon.distilling``."""

STRONG = 0.7
SPOKEN = ("en", "de")
"""The languages that prompts are read in."""

Floats = NDArray[np.float32]


class LexiconError(Exception):
    """A file is missing, or not a lexicon of this version."""


class Meaning(NamedTuple):
    """A concept that a word may mean: its number, a weight from 0 to 1, and the source, one of ``NAME`` to ``NEAR``."""

    concept: int
    weight: float
    source: int

    @property
    def is_sure(self) -> bool:
        """Return whether the word is a name, another name or a synonym of the concept."""
        return self.source <= SYNONYM

    @property
    def is_strong(self) -> bool:
        """Return whether the meaning is strong enough for its word to be a thing."""
        return self.weight >= STRONG and self.source <= KEYWORD


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing that can be drawn: its Unicode name, its subgroup, words that describe it, and its German name."""

    name: str
    kind: str
    text: str
    german: str = ""


class Lexicon:
    """A loaded lexicon. ``revision`` is a digest of its file."""

    def __init__(self, arrays: dict[str, Any], revision: str) -> None:
        lines = _text(arrays["concepts"]).split("\n")
        # A lexicon of an earlier release has none.
        german = _text(arrays["german"]).split("\n") if "german" in arrays else [""] * len(lines)
        self.concepts = [_concept(line, name) for line, name in zip(lines, german, strict=True)]
        self.revision = revision
        self._keys, self._terms, self._verbs = (_Sorted(arrays[name]) for name in ("keys", "terms", "verbs"))
        self._ends = np.cumsum(arrays["counts"], dtype=np.int64)
        self._numbers, self._weights, self._sources = (arrays[name] for name in ("numbers", "weights", "sources"))
        self._term_ends = np.cumsum(arrays["term_counts"], dtype=np.int64)
        self._term_numbers, self._term_values = arrays["term_numbers"], arrays["term_values"]
        self._term_unit = float(arrays["term_unit"])
        if not (len(self._keys) == len(self._ends) and len(self._terms) == len(self._term_ends)):
            raise ValueError("its parts are of different lengths")

    @classmethod
    def load(cls, folder: Path | str) -> Lexicon:
        """Load the lexicon in a folder.

        :raises LexiconError: when the file is missing, broken or of another version.
        """
        path = Path(folder) / FILE
        try:
            data = path.read_bytes()
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                if int(arrays["format"]) != FORMAT:
                    raise ValueError(f"it is of another version than {FORMAT}")
                return cls(dict(arrays), hashlib.sha256(data).hexdigest()[:16])
        except FileNotFoundError as error:
            raise LexiconError(f"{path} is missing.") from error
        except Exception as error:  # any error of a library means that the file is broken
            raise LexiconError(f"{path} cannot be read as a lexicon: {error}") from error

    def find(self, word: str) -> list[Meaning]:
        """Return the meanings of a key, the likeliest first; empty for an unknown key."""
        at = self._keys.find(word)
        if at < 0:
            return []
        start, end = int(self._ends[at - 1]) if at else 0, int(self._ends[at])
        return [
            Meaning(int(self._numbers[index]), int(self._weights[index]) / LEVELS, int(self._sources[index]))
            for index in range(start, end)
        ]

    def words_by(self, sources: Sequence[int], above: float) -> dict[str, float]:
        """Return the single-word keys that mean a concept by one of some sources, with their weights above this."""
        weights = np.where(np.isin(self._sources, sources), self._weights, 0)
        best = np.maximum.reduceat(weights, np.concatenate([[0], self._ends[:-1]])) / LEVELS
        found = ((self._keys[int(at)], float(best[at])) for at in np.flatnonzero(best > above))
        return {key: weight for key, weight in found if " " not in key}

    def __contains__(self, word: str) -> bool:
        return self._keys.find(word) >= 0

    def is_verb(self, word: str) -> bool:
        """Return whether an English word in its base form can be a verb."""
        return self._verbs.find(word) >= 0

    def term_scores(self, stems: Sequence[str]) -> tuple[Floats, NDArray[np.int64]]:
        """Return each concept's BM25 score for some stems, and how many of the stems describe it; shape (concepts,)."""
        scores = np.zeros(len(self.concepts), np.float32)
        covered = np.zeros(len(self.concepts), np.int64)
        for each in dict.fromkeys(stems):
            at = self._terms.find(each)
            if at >= 0:
                span = slice(int(self._term_ends[at - 1]) if at else 0, int(self._term_ends[at]))
                numbers = self._term_numbers[span]
                scores[numbers] += self._term_values[span] * self._term_unit
                covered[numbers] += 1
        return scores, covered

    def tells(self, stem: str) -> bool:
        """Return whether a stem describes any concept."""
        return self._terms.find(stem) >= 0


class _Sorted:
    """Sorted words, one per line, in one block of memory, with the first eight bytes of each as a number."""

    def __init__(self, joined: NDArray[np.uint8]) -> None:
        self._data = joined.tobytes()
        breaks = np.flatnonzero(joined == ord("\n")).astype(np.int32)
        self._starts = np.concatenate([np.zeros(1, np.int32), breaks + 1, np.array([len(joined) + 1], np.int32)])
        places = self._starts[:-1, None] + np.arange(8)
        heads = np.append(joined, np.zeros(9, np.uint8))[np.minimum(places, len(joined))]
        heads[places >= self._starts[1:, None] - 1] = 0
        self._heads = array("Q", heads.view(">u8").astype("=u8").tobytes())

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, at: int) -> str:
        return self._data[self._starts[at] : self._starts[at + 1] - 1].decode()

    def find(self, word: str) -> int:
        """Return the index of a word, or -1 if it is missing; by bisection, of first bytes before whole words."""
        wanted = word.encode("utf-8", "replace")
        head = int.from_bytes(wanted[:8].ljust(8, b"\0"), "big")
        low = bisect_left(self._heads, head)
        high = bisect_right(self._heads, head, low)
        while low < high:
            middle = (low + high) // 2
            here = self._data[self._starts[middle] : self._starts[middle + 1] - 1]
            if here == wanted:
                return middle
            low, high = (middle + 1, high) if here < wanted else (low, middle)
        return -1


def _concept(line: str, german: str) -> Concept:
    name, kind, text = line.split("\t")
    return Concept(name, kind, text, german)


def _text(array: NDArray[np.uint8]) -> str:
    return array.tobytes().decode()
