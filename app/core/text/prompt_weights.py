"""Prompt weights in the common syntax: ``(word:1.2)``, ``((word))``, ``[word]``.

Round brackets multiply the weight of their content by 1.1, square ones divide it by 1.1, and a number before a closing
round bracket replaces 1.1. A backslash before a bracket makes it part of the text. Text with unmatched brackets is not
parsed. Parsing takes linear time and no recursion.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

VERSION = 1
"""The version that a walk's sampling records if its prompts use this syntax; without it, brackets are text."""

RECORDED = "prompt_syntax"
"""The key of the version in a walk's sampling."""

STEP = 1.1
"""The factor of a pair of brackets without a number."""

LEAST, MOST = 0.0, 2.0
"""The smallest and largest weight; others are clamped."""

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

    `is_explicit`: a number, nested or square brackets show that weights are meant, since one pair of round brackets may
    be ordinary writing. `is_clamped`: a weight was outside the limits. `has_refused`: a weight is not a number and
    counts as 1.
    """

    spans: tuple[Span, ...]
    is_explicit: bool = False
    is_clamped: bool = False
    has_refused: bool = False

    @property
    def text(self) -> str:
        """Return the prompt without brackets and numbers."""
        return "".join(span.text for span in self.spans)


@lru_cache(maxsize=64)
def parse(prompt: str) -> WeightedPrompt:
    """Return a prompt with its weights; one span of weight 1 if it has none, or if its brackets do not match."""
    pieces = [match.group() for match in PIECE.finditer(prompt)]
    closes = _bracket_pairs(pieces)
    if closes is None:
        return WeightedPrompt((Span(prompt, 1.0),))
    weighted = _weigh(pieces, closes)
    return weighted if weighted.text.strip() or not prompt.strip() else WeightedPrompt((Span(prompt, 1.0),))


def plain(prompt: str) -> str:
    """Return the prompt for a model that does not support weights.

    It is the text alone if weights are meant, else the unchanged prompt, because ordinary writing has round brackets
    too.
    """
    weighted = parse(prompt)
    return " ".join(weighted.text.split()) if weighted.is_explicit else prompt


def _bracket_pairs(pieces: list[str]) -> dict[int, int] | None:
    """Return the index of each opening bracket's closing one; ``None`` if they do not match."""
    opened: list[int] = []
    closes: dict[int, int] = {}
    for index, piece in enumerate(pieces):
        if piece in ("(", "["):
            opened.append(index)
        elif piece in PAIRS:
            if not opened or pieces[opened[-1]] != PAIRS[piece]:
                return None
            closes[opened.pop()] = index
    return None if opened else closes


def _weigh(pieces: list[str], closes: dict[int, int]) -> WeightedPrompt:
    """Return the weighted prompt of some pieces; ``closes`` is the index of each opening bracket's closing one."""
    numbers = {closing: number for closing in closes.values() if (number := _number(pieces, closing)) is not None}
    weights, spans = [1.0], list[Span]()
    is_explicit = has_refused = is_clamped = False
    for index, piece in enumerate(pieces):
        if index in closes:
            number = numbers.get(closes[index])
            is_explicit |= number is not None or piece == "[" or len(weights) > 1
            has_refused |= number is not None and math.isnan(number)
            is_clamped |= number is not None and not math.isnan(number) and not LEAST <= number <= MOST
            weights.append(min(weights[-1] * _factor(piece, number), TOO_LARGE))
        elif piece in PAIRS:
            weights.pop()
        else:
            text = piece.rpartition(":")[0] if index + 1 in numbers else piece
            weight = min(weights[-1], MOST)
            is_clamped |= bool(text) and weight != weights[-1]
            spans.append(Span(text[1:] if len(piece) == 2 and piece[0] == "\\" else text, weight))
    return WeightedPrompt(tuple(_join(spans)), is_explicit, is_clamped, has_refused)


def _factor(bracket: str, number: float | None) -> float:
    """Return the factor of a bracket."""
    if number is None:
        return STEP if bracket == "(" else 1 / STEP
    return 1.0 if math.isnan(number) else min(max(number, LEAST), MOST)


def _number(pieces: list[str], closing: int) -> float | None:
    """Return the number before a closing round bracket; ``None`` if there is none."""
    content = pieces[closing - 1]
    if pieces[closing] != ")" or content in ("(", "[", *PAIRS) or content.startswith("\\"):
        return None
    _, colon, number = content.rpartition(":")
    number = number.strip().replace("\N{MINUS SIGN}", "-")
    return float(number) if colon and NUMBER.fullmatch(number) else None


def _join(spans: list[Span]) -> Iterator[Span]:
    """Yield spans with neighbours of equal weight joined and empty ones left out."""
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
