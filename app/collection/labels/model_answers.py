"""Check a language model's answer against the facts, and keep the captions that may be shown."""

import json
import re

from app.collection.labels.captions import Subject
from app.collection.labels.descriptions import Description
from app.collection.moderation import banned_words

CAPTION_MIN, CAPTION_MAX = 10, 400  # characters
NOT_PLAIN = re.compile(r"[<>\[\]{}`*_#|\\]|https?:|www\.|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
NUMBER = re.compile(r"\d+")
WORD = re.compile(r"[^\W\d_]+")
ENGLISH = "the and of is are was with from this that it its you your to for not when what"
GERMAN = "der die das und ist sind war mit von dieser dieses ein eine einem nicht wenn was auf zu"
COMMON = {"en": frozenset(ENGLISH.split()), "de": frozenset(GERMAN.split())}
"""Words by which a language is recognised."""


class UnusableAnswer(Exception):
    """The model gave no answer that can be used."""


def usable_captions(text: str, about: Subject, *, variants: int, language: str) -> list[str]:
    """Return the captions in an answer that may be shown.

    :raises UnusableAnswer: when there are fewer than ``variants``.
    """
    start, end = text.find("["), text.rfind("]")
    try:
        answer = json.loads(text[start : end + 1])
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer("its answer holds no list") from error
    lines = [" ".join(line.split()) for line in answer if isinstance(line, str)] if isinstance(answer, list) else []
    captions = [line for line in dict.fromkeys(lines) if is_usable(line, about, language)][:variants]
    if len(captions) < variants:
        raise UnusableAnswer(f"{len(captions)} of its captions can be shown; {variants} were asked for")
    return captions


def is_usable(line: str, about: Subject, language: str) -> bool:
    """Return whether a caption may be shown.

    It must be plain text of moderate length in the requested language that names its subject, has no number that is not
    in the facts, and contains no banned words.
    """
    is_plain = CAPTION_MIN <= len(line) <= CAPTION_MAX and line.isprintable() and not NOT_PLAIN.search(line)
    names = [name.casefold() for name in about.names]
    has_name = not names or any(name in line.casefold() for name in names)
    numbers_are_known = _numbers(line) <= _known_numbers(about)
    return (
        is_plain
        and has_name
        and numbers_are_known
        and _is_in_language(line, about, language)
        and not banned_words.flaws([(("caption",), "", line)])
    )


def _numbers(text: str) -> set[int]:
    return {int(each) for each in NUMBER.findall(text)}


def _known_numbers(about: Subject) -> set[int]:
    if not isinstance(about, Description):
        return _numbers(about.shows)
    return {about.frames, about.year, len(about.stops)}.union(*map(_numbers, (*about.stops, about.title)))


def _is_in_language(line: str, about: Subject, language: str) -> bool:
    """Return whether a line has at least as many words of the language as of any other, apart from the names."""
    rest = line.casefold()
    for name in about.names:
        rest = rest.replace(name.casefold(), " ")
    words = WORD.findall(rest)
    counts = {each: sum(word in common for word in words) for each, common in COMMON.items()}
    return counts[language] == max(counts.values())
