"""Words as the search keeps them: folded, in any script, and English ones by their stems as well."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer  # type: ignore[import-untyped]

STEM = "~"
"""Stands before a stem, so that no word is mistaken for one."""

WORD_MAX = 64  # of a longer one only the beginning is kept: Postgres takes no word of more than 2 kB
UNSPACED = (  # Thai, Lao, Burmese, Khmer, kana, Han: nothing stands between their words
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
RUN = re.compile(rf"[{UNSPACED}]+|[^\W{UNSPACED}]+|[^\w\s\x00-\x7f\ud800-\udfff]")  # half a character is no word
IS_UNSPACED = re.compile(f"[{UNSPACED}]")


def folded(text: str) -> str:
    """Write a text in lower case, without accents."""
    whole = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in whole if not unicodedata.combining(character))


def spaced(text: str) -> str:
    """Write the words of a text folded, without marks, one space between them."""
    return " ".join(re.findall(r"[^\W_]+", folded(text)))


def runs(text: str) -> list[tuple[str, ...]]:
    """Split a text into its words, folded; an emoji is a word.

    Each is a row of one, but of scripts without spaces, where it is all the characters in a row: where a word begins
    among them nobody says.
    """
    return [tuple(run) if IS_UNSPACED.match(run) else (run[:WORD_MAX],) for run in RUN.findall(folded(text))]


def words(text: str) -> list[str]:
    """List the words of a text, folded."""
    return [word for run in runs(text) for word in run]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word; any other is its own."""
    return str(EnglishStemmer().stemWord(word)) if word.isascii() and word.isalpha() else word


def index_text(texts: Iterable[str]) -> str:
    """Write down what texts are found by: their words in order, then the stems that differ; one space around each."""
    spoken = words(" ".join(texts))
    stems = dict.fromkeys(STEM + stem(word) for word in spoken if stem(word) != word)
    return f" {' '.join([*spoken, *stems])} "
