"""Word pieces as BERT's tokenizer splits them, for which the table of word vectors has vectors.

The tokenizers library does the same but adds 35 MB, a fifth of the web process's container (decision 22).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

WORD_MAX = 100
"""The longest word that is split; like BERT's tokenizer, longer ones are unknown."""

REMEMBERED = 1 << 12
ASCII_WORDS = re.compile(r"[a-z0-9]+|[^a-z0-9 ]")
CJK = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """A vocabulary of word pieces by their numbers; pieces that continue a word begin with ``##``."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._pieces = lru_cache(REMEMBERED)(self._cut)

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces; words that cannot be split into known pieces are left out."""
        found: list[int] = []
        for word in words(text):
            if (number := self._numbers.get(word)) is not None:  # as of most words; they need no memory of their own
                found.append(number)
            else:
                found += self._pieces(word)
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        """Return a word's pieces, always taking the longest match first (Wu et al., arXiv 1609.08144)."""
        if len(word) > WORD_MAX:
            return ()
        numbers, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._numbers.get(("##" if start else "") + word[start:end])
                if number is not None:
                    numbers.append(number)
                    start = end
                    break
            else:
                return ()
        return tuple(numbers)


def words(text: str) -> Iterable[str]:
    """Return the words and punctuation marks of a text: in lower case, without accents and control characters."""
    if text.isascii() and text.isprintable():  # most texts, in an eighth of the time
        return ASCII_WORDS.findall(text.lower())
    return _words(text)


def _words(text: str) -> Iterator[str]:
    word = ""
    for character in _folded(text):
        if character.isspace():
            stands_alone, character = True, ""
        else:
            stands_alone = _stands_alone(character)
        if not stands_alone:
            word += character
            continue
        if word:
            yield word
        if character:
            yield character
        word = ""
    if word:
        yield word


def _folded(text: str) -> str:
    printable = "".join(" " if c in "\t\n\r" else c for c in text if c in "\t\n\r" or unicodedata.category(c)[0] != "C")
    plain = "".join(c for c in unicodedata.normalize("NFD", printable) if unicodedata.category(c) != "Mn")
    return plain.lower().replace("\ufffd", "")


@lru_cache(REMEMBERED)
def _stands_alone(character: str) -> bool:
    """Return whether a character is a word of one character: punctuation, or of a script without spaces."""
    code = ord(character)
    if code < 128:
        return not character.isalnum()
    return unicodedata.category(character).startswith("P") or any(first <= code <= last for first, last in CJK)
