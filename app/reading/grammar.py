"""What a language's reader needs besides the lexicon: its small words, and how it says number, place, time and not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sketch import keys

LEAST_FIRST, LEAST_LAST = 3, 4
"""How many letters the parts of a German compound have at least."""

Patterns = tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True)
class Negation:
    """How a language says what is not wanted.

    What ``begins`` it is a pattern, whose group ``nobody`` means ``people`` and whose group ``kept`` is wanted: rather
    a cat than a dog. What stands ``behind`` is one too, whose group ``said`` is not wanted: snakes are out. What
    ``affirms`` only seems to negate, all but its group ``kept``. ``spelled`` are words that are known if one letter of
    them is wrong. Behind ``turns`` something is wanted again, behind ``places`` where something was named that is
    not and none of ``pronouns`` follows, behind ``adding`` where an article or a number does; ``choosing`` goes on.
    ``fillers`` say nothing themselves, ``actions`` end words that name no thing. What is ``lacking`` is the first part
    of a word; ``free`` behind a hyphen says so too, and ``bare`` places have nothing in them. ``pro`` stand for a
    noun that was named before. ``subgroups`` are those of Unicode's that words mean as a whole, by
    how these begin.
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

    ``vague`` words name nothing that can be drawn; ``classes`` do, but are meant otherwise where a clause describes
    one. ``wholes`` are several things in one word, by the names of these: the seasons. ``kinds`` are the Unicode
    subgroups that words hint at. ``measures`` say how much there is of something, and ``features`` end words for a
    part of a thing, whose colour is not the thing's: blue-eyed. A verb stands behind ``doers``; ``openers`` begin a
    description, ``clauses`` a clause; ``breaks`` stand between things of a list.
    ``styles`` are ways of painting whatever else their words name, ``hands`` where these are no drawing's own name.
    """

    language: str
    small: frozenset[str]
    articles: frozenset[str]
    vague: frozenset[str]
    classes: frozenset[str]
    wholes: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    measures: frozenset[str]
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
        """Return the subgroups that a word hints at; a German compound's are those of its last part."""
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
    """Load the tables of a language from ``languages/``.

    There, ``{name}`` in a pattern stands for the part of that name: those under ``parts``, there or in ``shared.toml``,
    ``{colour}`` for any of the names of colours, and ``{article}`` for any article. Colours and sizes have every one of
    the ``endings``. Rows of patterns are a pattern and what it means; rows of three are prepositions, nouns, and the
    place that they mean.
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


WORDS = "small", "articles", "vague", "classes", "measures", "doers", "openers", "clauses", "breaks"
ROWS = "amounts", "places", "times", "weathers", "relations", "compositions"
NEGATION_WORDS = ("spelled", "turns", "places", "pronouns", "adding", "choosing", "fillers", "free", "bare", "pro")


class _Compiler:
    """Compiles patterns in which parts are named."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = parts

    def pattern(self, text: str) -> re.Pattern[str]:
        return re.compile(self._whole(text))

    def rows(self, rows: Iterable[list[str]]) -> Patterns:
        """Compile rows of a pattern and what it means; each matches whole words only."""
        return tuple((self.pattern(rf"(?<= ){self._row(row)}(?= )"), row[-1]) for row in rows)

    def _row(self, row: list[str]) -> str:
        return row[0] if len(row) == 2 else rf"(?:{row[0]}) {{det}}{{adjectives}}(?:{row[1]})"

    def _whole(self, text: str) -> str:
        return PART.sub(lambda match: self._whole(self._parts[match[1]]), text)


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first."""
    return "(?:" + "|".join(sorted(set(words), key=lambda word: (-len(word), word))) + ")"


def listed(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def _hints(rows: Iterable[list[str]]) -> dict[str, tuple[str, ...]]:
    """Map words to the beginnings of the Unicode subgroups that they hint at."""
    return {word: tuple(kinds.split(" ")) for words, kinds in rows for word in words.split(" ")}
