"""Find the names of styles in prompts: after a comma, or after words such as "in the style of" and "im Stil von".

Names are compared word by word, in any case, with or without accents, hyphens and umlauts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.core.text.folding import spaced

Names = Mapping[tuple[str, ...], str]
"""The words of styles by the words of each of their names, folded."""

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
PIECE = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+(?:['’]s)?|[^\w\s'’-]")
"""A word, or a mark that ends a part of a prompt; hyphens and apostrophes join words."""

LEADS = frozenset(
    tuple(lead.split())
    for lead in (
        "in the style of", "in style of", "style of", "in the manner of", "in the spirit of", "after the manner of",
        "in the fashion of", "im stil von", "im stile von", "im stil des", "im stil der", "in der art von", "a la",
    )
)  # fmt: skip
"""Phrases before the name of a style; they are such wherever they stand."""

SHORT_LEADS = frozenset(
    tuple(lead.split())
    for lead in (
        "by", "painted by", "drawn by", "made by", "after", "like", "as", "in", "as by", "von", "gemalt von",
        "gezeichnet von", "nach", "wie", "als", "wie von",
    )
)  # fmt: skip
"""Phrases before the name of a style that ends its part of the prompt; elsewhere a place or a thing may follow them."""

ARTICLES = frozenset(("a", "an", "the", "ein", "eine", "einem", "einer", "der", "die", "das"))
TAILS = frozenset(("style", "styled", "stil"))
LONGEST = max(map(len, LEADS | SHORT_LEADS))


@dataclass(frozen=True, slots=True)
class Mention:
    """A style in a prompt: its words, and the range of characters that name it, with what leads to the name."""

    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start: int
    end: int
    is_mark: bool


def name_table(styles: Iterable[tuple[str, Iterable[str]]]) -> dict[tuple[str, ...], str]:
    """Return the names of styles, each given by its words and its names, as :func:`find` takes them."""
    table: dict[tuple[str, ...], str] = {}
    for words, names in styles:
        for name in names:
            for text in (name, name.casefold().translate(UMLAUTS)):
                if key := tuple(spaced(text).split()):
                    table.setdefault(key, words)
    return table


def find(prompt: str, names: Names) -> list[Mention]:
    """Return the styles that a prompt names, in the order of their names."""
    if not names:
        return []
    pieces, longest = list(_pieces(prompt)), max(map(len, names))
    mentions: list[Mention] = []
    at = 0
    while at < len(pieces):
        sizes = range(min(longest, len(pieces) - at), 0, -1)
        size = next((size for size in sizes if _key(pieces[at : at + size]) in names), 0)
        span = _span(pieces, at, at + size) if size else None
        if span is not None:
            first, last = span
            words = names[_key(pieces[at : at + size])]
            mentions.append(Mention(words, pieces[first].start, pieces[last - 1].end))
        at = span[1] if span else at + 1
    return mentions


def blank(prompt: str, mentions: Iterable[Mention]) -> str:
    """Return a prompt with spaces in the place of what names a style, so that all other characters keep their place."""
    for each in mentions:
        prompt = prompt[: each.start] + " " * (each.end - each.start) + prompt[each.end :]
    return prompt


def _pieces(prompt: str) -> Iterator[_Piece]:
    for match in PIECE.finditer(prompt):
        text = re.sub("['’]s$", "", match.group())
        is_mark = not text[0].isalnum()
        yield _Piece(text if is_mark else spaced(text), match.start(), match.end(), is_mark)


def _key(pieces: list[_Piece]) -> tuple[str, ...]:
    return tuple(piece.text for piece in pieces)


def _span(pieces: list[_Piece], first: int, last: int) -> tuple[int, int] | None:
    """Return the range of pieces that name a style around its name; ``None`` where the words mean something else."""
    has_tail = last < len(pieces) and pieces[last].text in TAILS
    last += has_tail
    begin = first - (first > 0 and pieces[first - 1].text in ARTICLES)
    is_end = last == len(pieces) or pieces[last].is_mark
    lead = _lead(pieces, begin, LEADS) or (_lead(pieces, begin, SHORT_LEADS) if is_end or has_tail else 0)
    begin -= lead
    is_begin = begin == 0 or pieces[begin - 1].is_mark
    if lead or has_tail or (is_begin and is_end):
        return begin, last
    return None


def _lead(pieces: list[_Piece], end: int, leads: frozenset[tuple[str, ...]]) -> int:
    """Return how many pieces before ``end`` lead to the name of a style."""
    return next((size for size in range(min(LONGEST, end), 0, -1) if _key(pieces[end - size : end]) in leads), 0)
