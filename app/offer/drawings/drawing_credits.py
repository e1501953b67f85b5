"""Credits of the reference drawings of a walk, and of all drawings in a library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from app.offer.drawings import added_drawings
from sketch.sketchbook import Drawing, Sketchbook

WRITTEN = ("digest", "name", "artist", "licence", "source")
"""The fields of a drawing that are recorded with a walk; unknown ones are empty."""

LICENCES = {
    "apache-2.0": ("Apache 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    "cc-by-3.0": ("CC BY 3.0", "https://creativecommons.org/licenses/by/3.0/"),
    "cc-by-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "cc-by-sa-3.0": ("CC BY-SA 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
    "cc-by-sa-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "cc0-1.0": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "mit": ("MIT", "https://opensource.org/license/mit"),
}
"""Licences by their SPDX names, with their usual names and their addresses."""

COLLECTIONS = {
    "@iconify-json/emojione-v1": ("EmojiOne", "https://github.com/joypixels/emojione"),
    "@iconify-json/emojione": ("EmojiOne 2", "https://github.com/joypixels/emojione"),
    "@iconify-json/fluent-emoji": ("Fluent Emoji", "https://github.com/microsoft/fluentui-emoji"),
    "@iconify-json/fluent-emoji-flat": ("Fluent Emoji", "https://github.com/microsoft/fluentui-emoji"),
    "@iconify-json/game-icons": ("Game-icons.net", "https://game-icons.net"),
    "@iconify-json/healthicons": ("Health Icons", "https://github.com/resolvetosavelives/healthicons"),
    "@iconify-json/maki": ("Maki", "https://github.com/mapbox/maki"),
    "@iconify-json/mdi": ("Material Design Icons", "https://github.com/Templarian/MaterialDesign"),
    "@iconify-json/noto": ("Noto Emoji", "https://github.com/googlefonts/noto-emoji"),
    "@iconify-json/ph": ("Phosphor", "https://github.com/phosphor-icons/core"),
    "@iconify-json/temaki": ("Temaki", "https://github.com/rapideditor/temaki"),
    "@iconify-json/twemoji": ("Twemoji", "https://github.com/twitter/twemoji"),
}
"""Collections by the npm packages that the studio takes them from, with their names and addresses."""

PACKAGE = re.compile(r"npm:(@?[\w./-]+)@[^#]*(?:#.*)?")
ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Credit:
    """Drawings of one artist under one licence from one source; unknown fields are empty."""

    names: tuple[str, ...]
    artist: str
    licence: str
    licence_url: str = ""
    collection: str = ""
    url: str = ""

    @property
    def text(self) -> str:
        """Return the credit in English, for files and programs."""
        parts = [self.artist or "artist not named", self.collection, self.licence or "licence not named"]
        parts += [self.licence_url, self.url]
        return f"{', '.join(self.names)} ({', '.join(filter(None, parts))})"


def of_scenes(book: Sketchbook, scenes: Iterable[Mapping[str, Any] | None]) -> list[dict[str, str]]:
    """Return the credits of the drawings in some scenes, each drawing once, in order of appearance."""
    digests = dict.fromkeys(thing["drawing"] for scene in scenes if scene for thing in scene["things"])
    return [as_record(drawing) for drawing in map(book.find, digests) if drawing]


def as_record(drawing: Drawing) -> dict[str, str]:
    """Return the credit of a drawing as a walk's row holds it."""
    return {name: getattr(drawing, name) for name in WRITTEN}


def current(drawings: Sequence[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """Return the credits recorded with a walk, with later changes to added drawings."""
    if not drawings:
        return []
    added = added_drawings.book()
    return [as_record(found) if (found := added.find(each["digest"])) else dict(each) for each in drawings]


def of_walk(
    drawings: Sequence[Mapping[str, str]] | None, names: Mapping[str, str] = MappingProxyType({})
) -> list[Credit]:
    """Return the credits recorded with a walk, grouped by artist, licence and source, with each name once.

    :param names: what drawings are called instead of their recorded names, by digest.
    """
    credit_list = _group(
        (names.get(each["digest"], each["name"]), each["artist"], each["licence"], each["source"])
        for each in current(drawings)
    )
    return [replace(each, names=tuple(dict.fromkeys(each.names))) for each in credit_list]


@lru_cache(maxsize=4)
def of_sketchbook(book: Sketchbook) -> tuple[Credit, ...]:
    """Return the credits of all drawings in a library, those with most drawings first; cached for pages."""
    drawings = sorted(book.drawings.values(), key=lambda each: each.name)
    credit_list = _group([(each.name, each.artist, each.licence, _collected(each.source)) for each in drawings])
    return tuple(sorted(credit_list, key=lambda credit: -len(credit.names)))


def of_drawing(drawing: Drawing) -> Credit:
    """Return the credit of one drawing."""
    return _group([(drawing.name, drawing.artist, drawing.licence, drawing.source)])[0]


def _group(rows: Iterable[tuple[str, str, str, str]]) -> list[Credit]:
    """Return credits with their drawings' names, from rows of name, artist, licence and source."""
    groups: dict[Credit, list[str]] = {}
    for name, artist, licence, source in rows:
        title, licence_url = LICENCES.get("-".join(licence.casefold().split()), (licence, _address(licence)))
        credit = Credit((), artist, title, licence_url, *_origin(source))
        groups.setdefault(credit, []).append(name)
    return [
        Credit(tuple(names), each.artist, each.licence, each.licence_url, each.collection, each.url)
        for each, names in groups.items()
    ]


def _origin(source: str) -> tuple[str, str]:
    """Return the name of the collection that a source is in ("" if none), and its address."""
    package = PACKAGE.fullmatch(source)
    if package is None:
        return "", _address(source)
    return COLLECTIONS.get(package[1], (package[1], f"https://www.npmjs.com/package/{package[1]}"))


def _collected(source: str) -> str:
    return source if PACKAGE.fullmatch(source) else ""


def _address(text: str) -> str:
    return text if ADDRESS.fullmatch(text) else ""
