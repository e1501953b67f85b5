"""Search in the gallery: what was typed, understood; what was found in several ways, made one row.

Other ways of finding (by meaning, by look) plug in here. A *ranker* takes what was typed and returns the numbers of
walks, the best first, a few hundred at most; it needs to know nothing of filters, pages or what hangs:

    search.add_ranker(app, meaning.ranked)      # ranked(query: str) -> Sequence[int]

The gallery asks each of them for "best first", leaves out what does not hang or does not pass the filters, and joins
their rows with that of the words by :func:`fused`. With none, "best first" is by words alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, and_, or_

from app.errors import InvalidInput
from app.models import Walk

Ranker = Callable[[str], Sequence[int]]

QUERY_MAX = 300
FUSED_MAX = 500
"""How many walks "best first" shows at most: a bounded list, which its pages leaf through."""

EVENED = 60
"""What is added to each rank, so that the first few of a row do not settle all (Cormack et al., SIGIR 2009)."""

SEED = re.compile(r"[0-9]{1,10}")
UNSPACED = re.compile(  # Thai, Lao, Burmese, Khmer, kana, Han: nothing stands between their words
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def add_ranker(app: Flask, ranker: Ranker) -> None:
    """Have "best first" ask one more way of finding."""
    app.extensions.setdefault("rankers", []).append(ranker)


def rankers() -> list[Ranker]:
    """Return the ways of finding that were added to the current application."""
    found: list[Ranker] = current_app.extensions.get("rankers", [])
    return found


def fused(*rows: Sequence[int], limit: int = FUSED_MAX) -> list[int]:
    """Join rows of walks' numbers, each the best first, by reciprocal rank; of equals, that of the first row leads."""
    scores: Counter[int] = Counter()
    for row in rows:
        for rank, number in enumerate(dict.fromkeys(row), start=1):
            scores[number] += 1 / (EVENED + rank)  # type: ignore[assignment]
    return [number for number, _ in scores.most_common(limit)]


def words_of(prompts: Iterable[str]) -> str:
    """Fold prompts into the text that is searched: lower case, no accents, one space between words, one around all."""
    return f" {' '.join(_words(' '.join(prompts)))} "


def matching(query: str) -> ColumnElement[bool] | None:
    """Return the condition that every word of ``query`` begins a word of the walk, or that its number is the seed.

    Of scripts without spaces, a word may begin anywhere.

    ``None`` when the query holds no word at all (punctuation only).

    :raises InvalidInput: when the query is too long or cannot be read.
    """
    if len(query) > QUERY_MAX:
        raise InvalidInput.on(
            "q", message=f"A search is at most {QUERY_MAX} characters long; this one has {len(query)}."
        )
    words = list(dict.fromkeys(_words(query)))
    if not words:
        return None
    found: ColumnElement[bool] = and_(*(_contains(word if UNSPACED.search(word) else f" {word}") for word in words))
    if len(words) == 1 and SEED.fullmatch(words[0]):
        found = or_(found, Walk.seed == int(words[0]))
    return found


def _contains(text: str) -> Any:
    return Walk.words.contains(text, autoescape=True)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(character for character in folded if not unicodedata.combining(character))
    return re.findall(r"\w+|[^\w\s\x00-\x7f]", kept)
