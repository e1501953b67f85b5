"""Words as keys of the lexicon, written as the site's reader writes them (``app.reading.keys``; a test holds both)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer  # type: ignore[import-untyped]
from snowballstemmer.german_stemmer import GermanStemmer  # type: ignore[import-untyped]

GERMAN = "de:"
"""Stands before a German key, so that no word of one language is mistaken for one of the other."""

OTHER, FOREIGN = "und", "und:"
"""Languages of which no more than names are known, and what stands before their keys."""

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
POSSESSIVE = re.compile(r"['’ʼ]s\b")
APOSTROPHE = re.compile(r"['’ʼ`]")
NO_WORD = re.compile(r"[^\w]+|_")


def key(text: str, language: str = "en") -> str:
    """Write a phrase as a key: lower case, without accents and marks; German umlauts spelled out."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if language == "de":
        plain = plain.translate(UMLAUTS)
    plain = "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))
    plain = NO_WORD.sub(" ", APOSTROPHE.sub("", POSSESSIVE.sub("", plain))).strip()
    return prefix(language) + plain if plain else plain


def prefix(language: str) -> str:
    """Return what stands before the keys of a language; before English ones, nothing."""
    return {"de": GERMAN, OTHER: FOREIGN}.get(language, "")


@lru_cache(maxsize=200_000)
def stem(word: str, language: str = "en") -> str:
    """Return the stem of a folded word; of a German one with its prefix."""
    if not (word.isascii() and word.isalpha()):
        return (GERMAN if language == "de" else "") + word
    if language == "de":
        return GERMAN + str(GermanStemmer().stemWord(word))
    return str(EnglishStemmer().stemWord(word))
