"""Words as the search index stores them: folded, in any script, and English ones also as stems."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

STEM = "~"
"""The prefix of a stem, which distinguishes it from words."""
ASIDE = "~~"
"""The entry behind which words stand that are found, but by which a text does not count as longer."""

WORD_MAX = 64  # longer words are cut: Postgres accepts words of at most 2 kB
UNSPACED = (  # Thai, Lao, Burmese, Khmer, kana, Han: scripts without spaces between words
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Half a surrogate pair is not a word.
RUN = re.compile(rf"[{UNSPACED}]+|[^\W{UNSPACED}]+|[^\w\s\x00-\x7f\ud800-\udfff]")
IS_UNSPACED = re.compile(f"[{UNSPACED}]")


def folded(text: str) -> str:
    """Return a text in lower case, without accents.

    >>> folded("Äpfel & CAFÉ")
    'apfel & cafe'
    """
    if text.isascii():  # most are, and have no accents
        return text.lower()
    whole = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in whole if not unicodedata.combining(character))


def spaced(text: str) -> str:
    """Return the words of a text folded, without punctuation, with one space between them."""
    return " ".join(re.findall(r"[^\W_]+", folded(text)))


def runs(text: str) -> list[tuple[str, ...]]:
    """Return the words of a text, folded; an emoji is a word.

    A word is a tuple of one text. In scripts without spaces, a whole run of characters is a tuple of single characters,
    because its word boundaries are unknown.
    """
    return [tuple(run) if IS_UNSPACED.match(run) else (run[:WORD_MAX],) for run in RUN.findall(folded(text))]


def words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return [word for run in runs(text) for word in run]


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Return the stem of an English word; other words are returned unchanged."""
    if not (word.isascii() and word.isalpha()):
        return word
    from sketch.stemmers import EnglishStemmer  # most commands need none

    return str(EnglishStemmer().stemWord(word))


def index_text(texts: Iterable[str], aside: Iterable[str] = ()) -> str:
    """Return the index entry of some texts: their words in order, then stems that differ, with a space around each.

    Texts `aside` follow in the same way behind :data:`ASIDE`: they are found, and a text does not count as longer.
    """
    entries, further = _entries(texts), _entries(aside)
    return f" {' '.join([*entries, *([ASIDE, *further] if further else [])])} "


def _entries(texts: Iterable[str]) -> list[str]:
    spoken = words(" ".join(texts))
    return [*spoken, *dict.fromkeys(STEM + stem(word) for word in spoken if stem(word) != word)]
