"""Keys of the lexicon of drawings, and the forms under which a word may be found in it.

The studio writes the lexicon, and the prompt parser looks words up in it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sketch.stemmers import EnglishStemmer, GermanStemmer

GERMAN = "de:"
"""Prefix of German keys, which keeps them apart from English ones."""

OTHER, FOREIGN = "und", "und:"
"""The language code of names in all other languages, and the prefix of their keys."""

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
POSSESSIVE = re.compile(r"['’ʼ]s\b")
APOSTROPHE = re.compile(r"['’ʼ`]")
NO_WORD = re.compile(r"[\W_]+")
IRREGULAR = {
    "men": "man", "women": "woman", "people": "person", "children": "child", "feet": "foot", "teeth": "tooth",
    "geese": "goose", "mice": "mouse", "lice": "louse", "oxen": "ox", "dice": "die", "cacti": "cactus",
    "fungi": "fungus", "octopi": "octopus", "hippopotami": "hippopotamus", "nuclei": "nucleus", "fairies": "fairy",
    "policemen": "policeman", "policewomen": "policewoman", "firemen": "fireman", "snowmen": "snowman",
    "mermen": "merman", "fishermen": "fisherman", "grandchildren": "grandchild", "wolves": "wolf",
}  # fmt: skip
GERMAN_ENDINGS = ("nen", "ern", "en", "er", "es", "em", "e", "n", "s")
PLAIN_VOWELS = (("aeu", "au"), ("ae", "a"), ("oe", "o"), ("ue", "u"))


def key(text: str, language: str = "en") -> str:
    """Return a phrase as a key: prefixed, lower case, without accents and punctuation, German umlauts spelled out."""
    plain = text.lower() if text.isascii() else _without_accents(text, language)
    plain = NO_WORD.sub(" ", APOSTROPHE.sub("", POSSESSIVE.sub("", plain))).strip()
    return prefix(language) + plain if plain else plain


def _without_accents(text: str, language: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    if language == "de":
        plain = plain.translate(UMLAUTS)
    return "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))


def prefix(language: str) -> str:
    """Return the prefix of a language's keys; "" for English and for languages without keys of their own."""
    return {"de": GERMAN, OTHER: FOREIGN}.get(language, "")


def unmarked(text: str, language: str = "en") -> str:
    """Return the key of a text without its language's prefix."""
    return key(text, language).removeprefix(prefix(language))


@lru_cache(maxsize=20_000)
def stem(word: str, language: str = "en") -> str:
    """Return the stem of a case-folded word; a German stem gets its prefix."""
    if not (word.isascii() and word.isalpha()):
        return (GERMAN if language == "de" else "") + word
    if language == "de":
        return GERMAN + str(GermanStemmer().stemWord(word))
    return str(EnglishStemmer().stemWord(word))


def forms(word: str, language: str = "en") -> list[str]:
    """Return the forms under which a case-folded word may be listed: itself, then singulars and German base forms."""
    return _german_forms(word) if language == "de" else _english_forms(word)


def _english_forms(word: str) -> list[str]:
    """Return an English word and what may be its singulars, some of which are not words."""
    candidates = [word]
    if word in IRREGULAR:
        candidates.append(IRREGULAR[word])
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        candidates.append(word[:-1])
        if word.endswith("es"):
            candidates.append(word[:-2])
        if word.endswith("ies"):
            candidates.append(word[:-3] + "y")
        if word.endswith("ves"):
            candidates += [word[:-3] + "f", word[:-3] + "fe"]
    return candidates


def _german_forms(word: str) -> list[str]:
    """Return a German word and what may be its base forms: without endings, and without umlauts."""
    candidates = [word]
    for ending in GERMAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            candidates.append(word[: -len(ending)])
    candidates += [word.removesuffix("een") + "us"] if word.endswith("een") else []  # Kakteen
    candidates += [each + "e" for each in candidates[1:]]  # finds Katze for Katzen
    for vowel, plain in PLAIN_VOWELS:
        candidates += [each.replace(vowel, plain, 1) for each in candidates if vowel in each]
    return list(dict.fromkeys(candidates))
