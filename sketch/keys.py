"""Words as keys of a lexicon of drawings, and the forms under which a word may stand in it.

The studio writes the lexicon and the site's reader looks words up in it.
"""

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


@lru_cache(maxsize=20_000)
def stem(word: str, language: str = "en") -> str:
    """Return the stem of a folded word; of a German one with its prefix."""
    if not (word.isascii() and word.isalpha()):
        return (GERMAN if language == "de" else "") + word
    if language == "de":
        return GERMAN + str(GermanStemmer().stemWord(word))
    return str(EnglishStemmer().stemWord(word))


def forms(word: str, language: str = "en") -> list[str]:
    """List what a folded word may stand under, itself first: its singular, in German its other cases too."""
    return _german_forms(word) if language == "de" else _english_forms(word)


def _english_forms(word: str) -> list[str]:
    found = [word]
    if word in IRREGULAR:
        found.append(IRREGULAR[word])
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        found.append(word[:-1])
        if word.endswith("es"):
            found.append(word[:-2])
        if word.endswith("ies"):
            found.append(word[:-3] + "y")
        if word.endswith("ves"):
            found += [word[:-3] + "f", word[:-3] + "fe"]
    return found


def _german_forms(word: str) -> list[str]:
    found = [word]
    for ending in GERMAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            found.append(word[: -len(ending)])
    found += [each + "e" for each in found[1:]]  # Katzen: Katze
    for vowel, plain in PLAIN_VOWELS:
        found += [each.replace(vowel, plain, 1) for each in found if vowel in each]
    return list(dict.fromkeys(found))
