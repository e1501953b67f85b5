"""The grammar tables of a language: small words, and patterns for numbers, places, times and negations."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from sketch import keys, scene

MANY = 24
"""What a number counts as that ends in one of ``thousands``, such as "zehntausend"."""

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


@dataclass(frozen=True, slots=True)
class IdeaScene:
    """What stands for an idea: names of drawings, and the setting, time and weather in which they are shown."""

    names: tuple[str, ...]
    kind: str = ""
    time: str = ""
    weather: str = ""


@dataclass(frozen=True, eq=False)
class Grammar:
    """The tables of a language; patterns are matched against words with one space around each.

    ``vague`` words name nothing that can be drawn. ``classes`` name a thing, but with a clause mean another one.
    ``wholes`` maps a word for several things, such as the seasons, to their names. ``kinds`` maps words to the Unicode
    subgroups at which they hint, and ``brands`` maps names of makes to what they are. ``measures`` are quantities.

    A number before one of the ``units`` counts nothing, nor do ``extents`` behind these (three metres high). After
    ``ones`` a thing is single, and after ``labels`` a number is a name. A number beside one of the ``months`` is a
    date, and one between ``having`` and ``members`` belongs to a thing (a spider with eight legs). Numerals that end
    in one of ``thousands`` are many.

    ``attached`` words behind one of ``having`` belong to the thing before (a house with a red roof). ``grounds``
    are places that are no things beside a thing (a table with fruit), though each has a drawing. Behind one of the
    ``neighbours`` a place is a thing (a volcano near a town); ``sights`` always are (on a table). ``features`` are
    endings of words for a part of a thing, whose colour is not that of the thing ("blue-eyed"); ``plain_colours`` name
    no thing. ``doers`` precede a verb, ``openers`` begin a description, ``clauses`` a clause, and ``breaks`` separate
    the things of a list.
    ``styles`` always name a style, ``ambiguous_styles`` only where the words name no drawing. A noun is a place,
    a time or a weather if a pattern matches it behind one of the ``joints``.

    ``rewrites`` replace words by the noun that they stand for, or skip them if that is "". ``men`` and ``women`` are
    first names, ``sexes`` the nouns for them. ``writing`` words say that a quotation is lettering, ``titles``
    that it is a title, which is not written. Behind ``naming`` words is a name. ``relative`` pronouns begin a clause,
    ``auxiliaries`` say what stands for those of its verbs that become no participle.
    ``painters`` are names of styles, and names behind ``authors`` name no person who is shown. ``ideas`` maps words
    for what has no shape to scenes, and ``about`` words are no part of these. ``groups`` behind a noun are several of
    it (an owl family). ``plain_adjectives`` do not end a phrase behind a number. What is on one of the ``upright``
    things, such as a door, is in front of it.
    What a ``definite`` word precedes may have been named before.
    Behind an article in the ``genitive`` a noun is one thing.
    ``standing`` words behind a thing say where it is (a jar with a frog inside).
    """

    language: str
    small: frozenset[str]
    articles: frozenset[str]
    vague: frozenset[str]
    classes: frozenset[str]
    wholes: Mapping[str, tuple[str, ...]]
    brands: Mapping[str, str]
    kinds: Mapping[str, tuple[str, ...]]
    measures: frozenset[str]
    units: frozenset[str]
    extents: frozenset[str]
    months: frozenset[str]
    labels: frozenset[str]
    having: frozenset[str]
    members: frozenset[str]
    attached: frozenset[str]
    grounds: frozenset[str]
    neighbours: frozenset[str]
    sights: frozenset[str]
    ones: frozenset[str]
    features: tuple[str, ...]
    doers: frozenset[str]
    openers: frozenset[str]
    clauses: frozenset[str]
    breaks: frozenset[str]
    numbers: Mapping[str, int]
    thousands: tuple[str, ...]
    amounts: Patterns
    colours: Mapping[str, str]
    plain_colours: frozenset[str]
    sizes: Mapping[str, float]
    ground: re.Pattern[str]
    negation: Negation
    styles: tuple[re.Pattern[str], ...]
    ambiguous_styles: tuple[re.Pattern[str], ...]
    places: Patterns
    times: Patterns
    weathers: Patterns
    relations: Patterns
    compositions: Patterns
    joints: tuple[str, ...]
    rewrites: Patterns
    men: frozenset[str]
    women: frozenset[str]
    sexes: tuple[str, ...]
    writing: frozenset[str]
    titles: frozenset[str]
    naming: frozenset[str]
    relative: frozenset[str]
    auxiliaries: Mapping[str, str]
    painters: re.Pattern[str]
    authors: frozenset[str]
    ideas: Mapping[str, IdeaScene]
    about: frozenset[str]
    groups: frozenset[str]
    plain_adjectives: frozenset[str]
    upright: frozenset[str]
    genitive: frozenset[str]
    definite: frozenset[str]
    standing: Mapping[str, str]

    @cached_property
    def first_names(self) -> frozenset[str]:
        """Return the first names of men and women."""
        return self.men | self.women

    @cached_property
    def before_names(self) -> frozenset[str]:
        """Return the words behind which a name follows: first names, and words such as "called"."""
        return self.first_names | self.naming

    def hinted(self, word: str) -> tuple[str, ...]:
        """Return the subgroups at which a word hints, of a German compound those of its last part; empty if none."""
        for each in keys.forms(word.split(" ")[-1], self.language):
            found = self.kinds.get(each) or self.negation.subgroups.get(each)
            if found:
                return found
        starts = range(LEAST_FIRST, len(word) - LEAST_LAST + 1) if self.language == "de" else ()
        return next((self.kinds[word[start:]] for start in starts if word[start:] in self.kinds), ())

    def number(self, word: str) -> int:
        """Return the number that a word is, 0 if none: digits, a numeral, or a multiplier such as ``3x``."""
        digits = word.removesuffix("x") if word[:1].isdecimal() else word
        if digits.isdecimal() and len(digits) < 8:
            return int(digits)
        return self.numbers.get(word, MANY if word.endswith(self.thousands) else 0)

    def is_minor(self, word: str) -> bool:
        """Return whether a word names nothing: an article, a preposition, a colour or a size."""
        groups = self.small, self.articles, self.breaks, self.clauses, self.colours, self.sizes
        return any(word in group for group in groups)

    def is_adjective(self, word: str) -> bool:
        """Return whether a word is a colour or a size."""
        return word in self.colours or word in self.sizes

    def place_of(self, word: str) -> str:
        """Return the setting that a noun names, such as a room or a street, or ``""``."""
        return _named(word, self.places, self.joints)

    def time_of(self, word: str) -> str:
        """Return the time that a noun names, such as a night or a sunset, or ``""``."""
        return _named(word, self.times, self.joints)

    def weather_of(self, word: str) -> str:
        """Return the weather that a noun names, such as snow, or ``""``."""
        return _named(word, self.weathers, self.joints)


LANGUAGES = Path(__file__).parent / "languages"
PART = re.compile(r"\{([a-z_]+)\}")


@lru_cache(maxsize=4096)
def _named(word: str, rows: Patterns, joints: tuple[str, ...]) -> str:
    said = [f" {joint} {word} " for joint in joints]
    for pattern, meaning in rows:
        if any((match := pattern.search(each)) and match.end() == len(each) - 1 for each in said):
            return meaning
    return ""


@cache
def load(language: str) -> Grammar:
    """Load the tables of a language from ``languages/`` and return them as a ``Grammar``, the same one each time.

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
    parts |= shared["parts"] | table["parts"]
    table |= {
        "language": language,
        "colours": colours,
        "sizes": {stem + ending: size for stem, size in table["sizes"].items() for ending in endings},
        "wholes": {name: tuple(names) for name, names in table["wholes"].items()},
        "kinds": _hints(table["kinds"]),
        "ideas": {word: _scene(text) for words, text in table["ideas"] for word in words.split(", ")},
        "brands": {name: word for word, names in table["brands"].items() for name in names.split()},
    }
    said = table["negation"] | {"subgroups": _hints(table["negation"]["subgroups"])}
    return Grammar(**_fields(Grammar, table | {"negation": Negation(**_fields(Negation, said, parts))}, parts))


def _fields(of: type, table: Mapping[str, Any], parts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a table for a class, converted by the types of its fields."""
    convert: dict[str, Callable[[Any], Any]] = {
        "frozenset[str]": listed,
        "tuple[str, ...]": tuple,
        "re.Pattern[str]": lambda text: _pattern(text, parts),
        "tuple[re.Pattern[str], ...]": lambda texts: tuple(_pattern(text, parts) for text in texts),
        "Patterns": lambda rows: tuple((_pattern(rf"(?<= ){_row(row)}(?= )", parts), row[-1]) for row in rows),
    }
    return {each.name: convert.get(str(each.type), lambda value: value)(table[each.name]) for each in fields(of)}


def _pattern(text: str, parts: Mapping[str, str]) -> re.Pattern[str]:
    while PART.search(text):
        text = PART.sub(lambda match: parts[match[1]], text)
    return re.compile(text)


def _row(row: list[str]) -> str:
    """Return the pattern of a row, which matches whole words only."""
    return row[0] if len(row) == 2 else rf"(?:{row[0]}) {{det}}{{adjectives}}(?:{row[1]})"


def _scene(text: str) -> IdeaScene:
    """Return the scene in a text: names of drawings, separated by commas, and words for the setting after ``;``."""
    names, _, setting = text.partition(";")
    words = setting.split()
    kind, time, weather = (
        next((word for word in words if word in known), "") for known in (scene.KINDS, scene.TIMES, scene.WEATHERS)
    )
    return IdeaScene(tuple(filter(None, names.split(", "))), kind, time, weather)


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern that matches any of some words, trying the longest first."""
    return "(?:" + "|".join(sorted(set(words), key=lambda word: (-len(word), word))) + ")"


def listed(text: str) -> frozenset[str]:
    """Return the distinct words of a text."""
    return frozenset(text.split())


def _hints(rows: Iterable[list[str]]) -> dict[str, tuple[str, ...]]:
    """Return a map from words to the prefixes of the Unicode subgroups at which they hint."""
    return {word: tuple(kinds.split(" ")) for words, kinds in rows for word in words.split(" ")}
