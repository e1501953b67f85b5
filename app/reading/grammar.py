"""What a language's reader needs besides the lexicon: its small words, and how it says number, place, time and not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


SEASONS = "cherry blossom", "sunflower", "maple leaf", "snowman"
ELEMENTS = "mountain", "water wave", "fire", "leaf fluttering in wind"


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first."""
    return "(?:" + "|".join(sorted(set(words), key=lambda word: (-len(word), word))) + ")"


def listed(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def numbered(text: str) -> dict[str, int]:
    """Number the words of a text from one."""
    return {word: number for number, word in enumerate(text.split(), 1)}


def patterns(*rows: tuple[str, str]) -> Patterns:
    """Compile rows of a pattern and what it means; each matches whole words only."""
    return tuple((re.compile(rf"(?<= ){pattern}(?= )"), meaning) for pattern, meaning in rows)


def hints(*rows: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    """Map words to the beginnings of the Unicode subgroups that they hint at."""
    return {word: tuple(kinds.split(" ")) for words, kinds in rows for word in words.split(" ")}
