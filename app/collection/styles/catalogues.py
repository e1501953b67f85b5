"""Museum catalogues: titles, subjects and mediums of artists' works, by which an artist is matched.

Catalogues are CSV, JSON or JSON Lines files, optionally gzipped, with the columns of MoMA, the Met or Tate.
"""

import csv
import gzip
import io
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.core.errors import InvalidInput
from app.core.text.folding import spaced

ARTISTS = ("Artist", "Artist Display Name", "artistDisplayName", "artist")
TITLES, MEDIUMS = ("Title", "title"), ("Medium", "medium", "materials")
SUBJECTS = ("subjects", "keywords", "Tags", "tags")
GROUPS = ("Classification", "classification", "Object Name")

SUBJECTS_MOST, TITLES_MOST, MEDIUMS_MOST = 24, 24, 3
WORDS_MOST, PHRASE_MOST = 8, 60
"""Titles with more words or characters are left out, as they describe more than what is seen."""

FEW = 10
"""An artist with fewer works keeps subjects that only one work shows."""

TELLS_NOTHING = re.compile(r"untitled|not known|no title|title unknown|^\W*$|[\d\[\]()?]|\bverso\b", re.IGNORECASE)
UNNAMED = re.compile(
    r"unknown|anonymous|unidentified|various|school\b|after |attributed|circle of|follower|style of|workshop|\bor\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist in a catalogue: the number of works, what distinguishes them, and their mediums.

    ``subjects`` are ordered by how distinctive they are, ``mediums`` by frequency.
    """

    name: str
    works: int
    subjects: tuple[str, ...]
    titles: tuple[str, ...]
    mediums: tuple[str, ...]

    @property
    def phrases(self) -> tuple[str, ...]:
        """Return the phrases by which the artist is matched, each once."""
        return tuple(dict.fromkeys((*self.subjects, *self.titles)))


@dataclass(slots=True)
class _Works:
    count: int = 0
    titles: list[str] = field(default_factory=list)
    subjects: Counter[str] = field(default_factory=Counter)
    mediums: Counter[str] = field(default_factory=Counter)


class Catalogue:
    """A catalogue, read once; its artists are computed on request."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        :raises InvalidInput: when it cannot be read, or names no artist.
        """
        self._works: dict[str, _Works] = defaultdict(_Works)
        self._names: dict[str, str] = {}
        self._subjects: Counter[str] = Counter()
        self.count = 0
        for row in _rows(path):
            self._add_row(row)
        if not self._works:
            raise InvalidInput.on("catalogue", message=f"{path} names no artist: it has none of {', '.join(ARTISTS)}.")

    def artist(self, name: str) -> Artist | None:
        """Return an artist by name, in any case and with or without accents; ``None`` if there are no works."""
        return self._artist(spaced(name)) if spaced(name) in self._works else None

    def most_shown(self, most: int, *, least: int) -> list[Artist]:
        """Return the ``most`` artists with the most works, at least ``least`` each, without unnamed and joint ones."""
        enough = [key for key, works in self._works.items() if works.count >= least]
        named = [key for key in enough if not UNNAMED.search(key) and not self._is_of_several(key)]
        named.sort(key=lambda key: (-self._works[key].count, key))
        return [self._artist(key) for key in named[:most]]

    def _is_of_several(self, key: str) -> bool:
        """Return whether a name is that of an artist followed by others."""
        first, comma, _others = self._names[key].partition(", ")
        return bool(comma) and spaced(first) in self._works

    def _add_row(self, row: dict[str, Any]) -> None:
        """Add a work to its artist; entries without an artist are skipped."""
        name = _text(row, ARTISTS)
        if not name:
            return
        self.count += 1
        key = spaced(name)
        self._names.setdefault(key, name)
        works = self._works[key]
        works.count += 1
        title = _text(row, TITLES).strip("‘’“”\"'")
        if 0 < len(title) <= PHRASE_MOST and len(title.split()) <= WORDS_MOST and not TELLS_NOTHING.search(title):
            works.titles.append(title)
        subjects = {text for each in _list(row, SUBJECTS) if (text := _subject(each))}
        works.subjects.update(subjects)
        self._subjects.update(subjects)
        if medium := (_text(row, MEDIUMS).partition(".")[0] or _text(row, GROUPS)):
            works.mediums[medium.lower()] += 1

    def _artist(self, key: str) -> Artist:
        """Return an artist with the most distinctive subjects, evenly chosen titles and most frequent mediums."""
        works = self._works[key]
        often = [subject for subject, count in works.subjects.items() if count > 1 or works.count < FEW]
        telling = sorted(often, key=lambda subject: (-self._distinctiveness(subject, works), subject))
        titles = sorted(dict.fromkeys(works.titles))
        step = max(1.0, len(titles) / TITLES_MOST)
        chosen = [titles[int(index * step)] for index in range(min(TITLES_MOST, len(titles)))]
        mediums = [medium for medium, _count in works.mediums.most_common(MEDIUMS_MOST)]
        return Artist(self._names[key], works.count, tuple(telling[:SUBJECTS_MOST]), tuple(chosen), tuple(mediums))

    def _distinctiveness(self, subject: str, works: _Works) -> float:
        """Return how distinctive a subject is: frequent in an artist's works, and rare in the catalogue (tf-idf)."""
        return works.subjects[subject] * math.log((self.count + 1) / self._subjects[subject])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a catalogue.

    :raises InvalidInput: when the file cannot be read, or an entry is not an object.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig", "replace").lstrip()
    except (OSError, EOFError) as error:
        raise InvalidInput.on("catalogue", message=f"{path} cannot be read: {error}.") from error
    try:
        if text.startswith("["):
            rows: Iterator[Any] = iter(json.loads(text))
        elif text.startswith("{"):
            rows = (json.loads(line) for line in text.splitlines() if line.strip())
        else:
            csv.field_size_limit(1 << 24)
            rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                raise InvalidInput.on("catalogue", message=f"{path}: entry {number} is no object.")
            yield row
    except (ValueError, RecursionError, csv.Error) as error:
        raise InvalidInput.on("catalogue", message=f"{path} is no catalogue that can be read: {error}.") from error


def _first(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "", [])), "")


def _text(row: dict[str, Any], names: tuple[str, ...]) -> str:
    value = _first(row, names)
    if isinstance(value, list):  # several artists, as in MoMA's JSON
        value = ", ".join(str(part) for part in value)
    return " ".join(str(value).split())


def _list(row: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    value = _first(row, names)
    parts = value.split("|") if isinstance(value, str) else value
    return [str(part.get("term", "")) if isinstance(part, dict) else str(part) for part in parts]


def _subject(text: str) -> str:
    """Return a subject in plain order, ``boat, sailing`` as ``sailing boat``; "" if it names a person."""
    text = " ".join(text.removesuffix(" - non-specific").replace("/", " ").split())
    is_plain = 0 < len(text) <= PHRASE_MOST and text == text.lower() and not re.search(r"[\d:]", text)
    thing, comma, kind = text.partition(", ")
    return "" if not is_plain else f"{kind} {thing}" if comma else text
