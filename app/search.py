"""Search in the gallery: the only place that knows how words are kept and found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from app.errors import InvalidInput
from app.models import Walk

QUERY_MAX = 300
SEED = re.compile(r"[0-9]{1,10}")
UNSPACED = re.compile(  # Thai, Lao, Burmese, Khmer, kana, Han: nothing stands between their words
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


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
