"""Prompt weights, in the syntax that most tools share: ``(word:1.2)``, ``((word))``, ``[word]``.

Round brackets multiply the weight of what stands in them by 1.1, square ones divide it by that, and a number before a
closing round bracket takes the place of 1.1. A backslash before a bracket makes it part of the text. Text whose
brackets do not pair is read as it stands. Reading takes linear time and no recursion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

VERSION = 1
"""What a walk's sampling records where its prompts are read by this syntax; without it, brackets are text."""

RECORDED = "prompt_syntax"
"""The name under which it stands there."""

STEP = 1.1
"""By how much a pair of brackets without a number changes the weight."""

LEAST, MOST = 0.0, 2.0
"""The weights that may be had; others are set to the nearest."""

TOO_LARGE = 1e6
PIECE = re.compile(r"\\[()\[\]\\]|[()\[\]]|[^\\()\[\]]+|\\")
PAIRS = {")": "(", "]": "["}
NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400}|inf|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a prompt and its weight."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class WeightedPrompt:
    """A prompt as spans of text.

    `is_weighted` where any weight is not 1, `is_explicit` where a number, nested or square brackets say that weights
    are meant: one pair of round brackets may be ordinary writing. `is_clamped` where a weight was outside the limits,
    `has_refused` where one is not a number and counts as 1.
    """

    spans: tuple[Span, ...]
    is_explicit: bool = False
    is_clamped: bool = False
    has_refused: bool = False

    @property
    def text(self) -> str:
        """The prompt without brackets and numbers."""
        return "".join(span.text for span in self.spans)

    @property
    def is_weighted(self) -> bool:
        """Return whether any weight is not 1."""
        return any(span.weight != 1 for span in self.spans)


@lru_cache(maxsize=64)
def parse(prompt: str) -> WeightedPrompt:
    """Read a prompt's weights; it is one span of weight 1 where it has none, or its brackets do not pair."""
    pieces = [match.group() for match in PIECE.finditer(prompt)]
    closes = _pairs(pieces)
    if closes is None:
        return WeightedPrompt((Span(prompt, 1.0),))
    found = _weighted(pieces, closes)
    return found if found.text.strip() or not prompt.strip() else WeightedPrompt((Span(prompt, 1.0),))


def plain(prompt: str) -> str:
    """Return what a model reads that knows no weights.

    That is the text alone where weights are meant, and else the prompt as it stands: ordinary writing has round
    brackets, too.
    """
    found = parse(prompt)
    return " ".join(found.text.split()) if found.is_explicit else prompt


def _pairs(pieces: list[str]) -> dict[int, int] | None:
    """Return the place of each opening bracket's closing one; None where they do not pair."""
    opened: list[int] = []
    closes: dict[int, int] = {}
    for place, piece in enumerate(pieces):
        if piece in ("(", "["):
            opened.append(place)
        elif piece in PAIRS:
            if not opened or pieces[opened[-1]] != PAIRS[piece]:
                return None
            closes[opened.pop()] = place
    return None if opened else closes


def _weighted(pieces: list[str], closes: dict[int, int]) -> WeightedPrompt:
    numbers = {closing: number for closing in closes.values() if (number := _number(pieces, closing)) is not None}
    weights, spans = [1.0], list[Span]()
    is_explicit = has_refused = is_clamped = False
    for place, piece in enumerate(pieces):
        if place in closes:
            number = numbers.get(closes[place])
            is_explicit |= number is not None or piece == "[" or len(weights) > 1
            has_refused |= number is not None and math.isnan(number)
            is_clamped |= number is not None and not math.isnan(number) and not LEAST <= number <= MOST
            weights.append(min(weights[-1] * _factor(piece, number), TOO_LARGE))
        elif piece in PAIRS:
            weights.pop()
        else:
            said = piece.rpartition(":")[0] if place + 1 in numbers else piece
            weight = min(weights[-1], MOST)
            is_clamped |= bool(said) and weight != weights[-1]
            spans.append(Span(said[1:] if len(piece) == 2 and piece[0] == "\\" else said, weight))
    return WeightedPrompt(tuple(_joined(spans)), is_explicit, is_clamped, has_refused)


def _factor(bracket: str, number: float | None) -> float:
    """Return by what a bracket multiplies the weight."""
    if number is None:
        return STEP if bracket == "(" else 1 / STEP
    return 1.0 if math.isnan(number) else min(max(number, LEAST), MOST)


def _number(pieces: list[str], closing: int) -> float | None:
    """Return the number before a closing round bracket; None where there is none."""
    said = pieces[closing - 1]
    if pieces[closing] != ")" or said in ("(", "[", *PAIRS) or said.startswith("\\"):
        return None
    _, colon, number = said.rpartition(":")
    number = number.strip().replace("\N{MINUS SIGN}", "-")
    return float(number) if colon and NUMBER.fullmatch(number) else None


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Join neighbours of one weight; leave empty ones out."""
    texts: list[str] = []
    weight = 1.0
    for span in spans:
        if not span.text:
            continue
        if texts and span.weight != weight:
            yield Span("".join(texts), weight)
            texts = []
        texts.append(span.text)
        weight = span.weight
    if texts or not spans:
        yield Span("".join(texts), weight)
