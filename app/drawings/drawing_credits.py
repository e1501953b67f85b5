"""Whose drawings a walk is painted after, and whose there are in a sketchbook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.drawings import added_drawings
from sketch.sketchbook import Drawing, Sketchbook

WRITTEN = ("digest", "name", "artist", "licence", "source")
"""What is written down of a drawing with a walk; empty where it was not told."""

LICENCES = {
    "apache-2.0": ("Apache 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "cc-by-3.0": ("CC BY 3.0", "https://creativecommons.org/licenses/by/3.0/"),
    "cc-by-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "cc-by-sa-3.0": ("CC BY-SA 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
    "cc-by-sa-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "cc0-1.0": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "mit": ("MIT", "https://opensource.org/license/mit"),
}
"""Licences by their SPDX names: what people call them, and where they stand."""

COLLECTIONS = {
    "@iconify-json/emojione-v1": ("EmojiOne", "https://github.com/joypixels/emojione"),
    "@iconify-json/emojione": ("EmojiOne 2", "https://github.com/joypixels/emojione"),
    "@iconify-json/fluent-emoji": ("Fluent Emoji", "https://github.com/microsoft/fluentui-emoji"),
    "@iconify-json/fluent-emoji-flat": ("Fluent Emoji", "https://github.com/microsoft/fluentui-emoji"),
    "@iconify-json/noto": ("Noto Emoji", "https://github.com/googlefonts/noto-emoji"),
    "@iconify-json/twemoji": ("Twemoji", "https://github.com/twitter/twemoji"),
}
"""Collections by the npm packages that the studio takes them from."""

PACKAGE = re.compile(r"npm:(@?[\w./-]+)@[^#]*(?:#.*)?")
ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Credit:
    """Some drawings of one artist under one licence, from one place; what was not told is empty."""

    names: tuple[str, ...]
    artist: str
    licence: str
    licence_url: str = ""
    collection: str = ""
    url: str = ""

    @property
    def text(self) -> str:
        """Write the credit in English, for files and programs."""
        told = [self.artist or "artist not told", self.collection, self.licence or "licence not told"]
        told += [self.licence_url, self.url]
        return f"{', '.join(self.names)} ({', '.join(filter(None, told))})"


def of_scenes(book: Sketchbook, scenes: Iterable[Mapping[str, Any] | None]) -> list[dict[str, str]]:
    """Say whose the drawings of some scenes are, in the order in which they are shown, each once."""
    digests = dict.fromkeys(thing["drawing"] for scene in scenes if scene for thing in scene["things"])
    return [as_record(drawing) for drawing in map(book.find, digests) if drawing]


def as_record(drawing: Drawing) -> dict[str, str]:
    """Write down whose a drawing is, as it is kept with a walk."""
    return {name: getattr(drawing, name) for name in WRITTEN}


def current(drawings: Sequence[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """Return what was written down with a walk, with what has been told of added drawings since."""
    if not drawings:
        return []
    added = added_drawings.book()
    return [as_record(found) if (found := added.find(each["digest"])) else dict(each) for each in drawings]


def of_walk(drawings: Sequence[Mapping[str, str]] | None) -> list[Credit]:
    """Return the credits of what was written down with a walk."""
    return _grouped([(each["name"], each["artist"], each["licence"], each["source"]) for each in current(drawings)])


@lru_cache(maxsize=4)
def of_sketchbook(book: Sketchbook) -> tuple[Credit, ...]:
    """Return whose drawings there are to choose from, those of most first; a page asks for them each time."""
    drawings = sorted(book.drawings.values(), key=lambda each: each.name)
    found = _grouped([(each.name, each.artist, each.licence, _collected(each.source)) for each in drawings])
    return tuple(sorted(found, key=lambda credit: -len(credit.names)))


def of_drawing(drawing: Drawing) -> Credit:
    """Return the credit of one drawing."""
    return _grouped([(drawing.name, drawing.artist, drawing.licence, drawing.source)])[0]


def _grouped(told: Iterable[tuple[str, str, str, str]]) -> list[Credit]:
    groups: dict[Credit, list[str]] = {}
    for name, artist, licence, source in told:
        title, licence_url = LICENCES.get("-".join(licence.casefold().split()), (licence, _address(licence)))
        credit = Credit((), artist, title, licence_url, *_origin(source))
        groups.setdefault(credit, []).append(name)
    return [
        Credit(tuple(names), each.artist, each.licence, each.licence_url, each.collection, each.url)
        for each, names in groups.items()
    ]


def _origin(source: str) -> tuple[str, str]:
    """Return what a source is called, if it is a collection, and its address."""
    package = PACKAGE.fullmatch(source)
    if package is None:
        return "", _address(source)
    return COLLECTIONS.get(package[1], (package[1], f"https://www.npmjs.com/package/{package[1]}"))


def _collected(source: str) -> str:
    return source if PACKAGE.fullmatch(source) else ""


def _address(text: str) -> str:
    return text if ADDRESS.fullmatch(text) else ""
