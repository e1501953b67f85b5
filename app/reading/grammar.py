"""The grammar tables of a language: small words, and patterns for numbers, places, times and negations."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sketch import keys

LEAST_FIRST, LEAST_LAST = 3, 4
"""The least number of letters of the first and last part of a German compound."""

Patterns = tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True)
class Negation:
    """How a language says what is not wanted.

    Patterns: ``begins`` starts a negation; its group that stands for people means ``people``, and its group ``kept``
    is wanted ("rather a cat than a dog"). ``behind`` negates what precedes, its group ``said`` ("snakes are out").
    ``affirms`` looks like a negation but is none, except for its group ``kept``. ``lacking`` matches a word whose first
    part is not wanted ("cloudless").

    Words: ``spelled`` are recognised with one wrong letter. A negation ends at ``turns``; at ``places`` if something
    was named and none of ``pronouns`` follows; at ``adding`` if an article or a number follows. It continues at
    ``choosing``. ``fillers`` have no meaning; ``actions`` are endings of words that name no thing; ``free`` after a
    hyphen negates the word before it; ``bare`` places are empty; ``pro`` stand for a noun that was named before.
    ``subgroups`` maps words to the prefixes of the Unicode subgroups that they mean as a whole.
    """

    begins: re.Pattern[str]
    behind: re.Pattern[str]
    people: str
    spelled: frozenset[str]
    affirms: re.Pattern[str]
    turns: frozenset[str]
    places: frozenset[str]
    pronouns: frozenset[str]
    adding: frozenset[str]
    choosing: frozenset[str]
    fillers: frozenset[str]
    actions: tuple[str, ...]
    lacking: re.Pattern[str]
    free: frozenset[str]
    bare: frozenset[str]
    pro: frozenset[str]
    subgroups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Grammar:
    """The tables of a language; patterns are matched against words with one space around each.

    ``vague`` words name nothing that can be drawn. ``classes`` name a thing, but with a clause mean another one.
    ``wholes`` maps a word for several things, such as the seasons, to their names. ``kinds`` maps words to the Unicode
    subgroups at which they hint. ``measures`` are quantities. A number before one of the ``units`` counts nothing, nor
    do ``extents`` behind these (three metres high); after ``ones`` a thing is single. ``features`` are endings of words
    for a part of a thing, whose colour is not that of the thing ("blue-eyed"). ``doers`` precede a verb, ``openers``
    begin a description, ``clauses`` a clause, and ``breaks`` separate the things of a list. ``styles`` always name a
    style, ``hands`` only where the words are not the name of a drawing.
    """

    language: str
    small: frozenset[str]
    articles: frozenset[str]
    vague: frozenset[str]
    classes: frozenset[str]
    wholes: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    measures: frozenset[str]
    units: frozenset[str]
    extents: frozenset[str]
    ones: frozenset[str]
    features: tuple[str, ...]
    doers: frozenset[str]
    openers: frozenset[str]
    clauses: frozenset[str]
    breaks: frozenset[str]
    numbers: Mapping[str, int]
    amounts: Patterns
    colours: Mapping[str, str]
    sizes: Mapping[str, float]
    ground: re.Pattern[str]
    negation: Negation
    styles: tuple[re.Pattern[str], ...]
    hands: tuple[re.Pattern[str], ...]
    places: Patterns
    times: Patterns
    weathers: Patterns
    relations: Patterns
    compositions: Patterns

    def hinted(self, word: str) -> tuple[str, ...]:
        """Return the subgroups at which a word hints, of a German compound those of its last part; empty if none."""
        for each in keys.forms(word.split(" ")[-1], self.language):
            found = self.kinds.get(each) or self.negation.subgroups.get(each)
            if found:
                return found
        if self.language != "de":
            return ()
        parts = (word[start:] for start in range(LEAST_FIRST, len(word) - LEAST_LAST + 1))
        return next((self.kinds[part] for part in parts if part in self.kinds), ())


LANGUAGES = Path(__file__).parent / "languages"
PART = re.compile(r"\{([a-z_]+)\}")


def load(language: str) -> Grammar:
    """Load the tables of a language from ``languages/`` and return them as a ``Grammar``.

    In a pattern, ``{name}`` is replaced by the part of that name, defined under ``parts`` in the language's file or in
    ``shared.toml``; ``{colour}`` matches any colour and ``{article}`` any article. Colours and sizes may have any of
    the ``endings``. A row of patterns is a pattern and its meaning, or prepositions, nouns and the place they mean.

    :raises FileNotFoundError: when the language has no file.
    """
    shared, table = (tomllib.loads((LANGUAGES / f"{name}.toml").read_text("utf-8")) for name in ("shared", language))
    endings = table["endings"]
    colours = {
        name + ending: colour
        for colour, names in table["colours"].items()
        for name in names.split(", ")
        for ending in endings
    }
    parts = {"colour": alternatives(colours), "article": alternatives(table["articles"].split())}
    compiler = _Compiler(parts | shared["parts"] | table["parts"])
    negation = table["negation"]
    fields: dict[str, Any] = {name: listed(table[name]) for name in WORDS}
    fields |= {name: compiler.rows(table[name]) for name in ROWS}
    fields |= {name: tuple(map(compiler.pattern, table[name])) for name in ("styles", "hands")}
    said: dict[str, Any] = {name: listed(negation[name]) for name in NEGATION_WORDS}
    said |= {name: compiler.pattern(negation[name]) for name in ("begins", "behind", "affirms", "lacking")}
    return Grammar(
        language=language,
        colours=colours,
        sizes={stem + ending: size for stem, size in table["sizes"].items() for ending in endings},
        numbers=table["numbers"],
        wholes={name: tuple(names) for name, names in table["wholes"].items()},
        features=tuple(table["features"]),
        kinds=_hints(table["kinds"]),
        ground=compiler.pattern(table["ground"]),
        negation=Negation(
            people=negation["people"],
            actions=tuple(negation["actions"]),
            subgroups=_hints(negation["subgroups"]),
            **said,
        ),
        **fields,
    )


WORDS = (
    "small",
    "articles",
    "vague",
    "classes",
    "measures",
    "units",
    "extents",
    "ones",
    "doers",
    "openers",
    "clauses",
    "breaks",
)
ROWS = "amounts", "places", "times", "weathers", "relations", "compositions"
NEGATION_WORDS = ("spelled", "turns", "places", "pronouns", "adding", "choosing", "fillers", "free", "bare", "pro")


class _Compiler:
    """Compiles patterns that contain named parts."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = parts

    def pattern(self, text: str) -> re.Pattern[str]:
        return re.compile(self._whole(text))

    def rows(self, rows: Iterable[list[str]]) -> Patterns:
        """Return the compiled rows of patterns and meanings; the patterns match whole words only."""
        return tuple((self.pattern(rf"(?<= ){self._row(row)}(?= )"), row[-1]) for row in rows)

    def _row(self, row: list[str]) -> str:
        return row[0] if len(row) == 2 else rf"(?:{row[0]}) {{det}}{{adjectives}}(?:{row[1]})"

    def _whole(self, text: str) -> str:
        return PART.sub(lambda match: self._whole(self._parts[match[1]]), text)


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern that matches any of some words, trying the longest first."""
    return "(?:" + "|".join(sorted(set(words), key=lambda word: (-len(word), word))) + ")"


def listed(text: str) -> frozenset[str]:
    """Return the distinct words of a text."""
    return frozenset(text.split())


def _hints(rows: Iterable[list[str]]) -> dict[str, tuple[str, ...]]:
    """Return a map from words to the prefixes of the Unicode subgroups at which they hint."""
    return {word: tuple(kinds.split(" ")) for words, kinds in rows for word in words.split(" ")}
