"""Irregular English plurals, which have another stem than their singular.

The stored index has words and stems (:mod:`app.core.text.folding`), so a search asks for the other form too. German
plurals are not among them: the index does not know the language of a word, and "-er" ends as many English singulars.
"""

from functools import lru_cache
from pathlib import Path

_PAIRS = Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines()
_COMPOUND = ("leaf", "wolf", "knife", "wife", "shelf", "calf", "mouse", "tooth", "foot", "child", "man", "woman", "ox")
"""Words that also end others, as in bookshelf, snowman and grandchild."""

_LEAST = 3
"""The fewest letters before the end of such a word: no human is a man."""

_NO_COMPOUNDS = frozenset(
    ("human", "german", "roman", "shaman", "talisman", "ottoman", "caiman", "specimen", "abdomen")
)


def _read_pairs() -> dict[str, tuple[str, ...]]:
    forms: dict[str, tuple[str, ...]] = {}
    for singular, plural in (line.split() for line in _PAIRS):
        forms[singular] = (*forms.get(singular, ()), plural)
        forms[plural] = (*forms.get(plural, ()), singular)
    return forms


FORMS = _read_pairs()
"""The irregular form of a word's other number."""

_ENDINGS = sorted(
    ((end, other) for word in _COMPOUND for end, (other, *_) in ((word, FORMS[word]), (FORMS[word][0], (word,)))),
    key=lambda pair: -len(pair[0]),
)


@lru_cache(maxsize=10_000)
def other_forms(word: str) -> tuple[str, ...]:
    """Return the irregular plural of an English word, or what it may be the plural of; empty for regular words.

    Some of what is returned may be no word: it then finds nothing.

    >>> other_forms("wolves"), other_forms("bookshelf"), other_forms("bus"), other_forms("buses"), other_forms("fox")
    (('wolf',), ('bookshelves',), ('buses',), ('bus',), ())
    """
    listed = FORMS.get(word, ())
    for end, other in () if listed else _ENDINGS:
        if word.endswith(end) and len(word) >= len(end) + _LEAST and word not in _NO_COMPOUNDS:
            return (word.removesuffix(end) + other,)
    return (*listed, *_with_es(word))


def _with_es(word: str) -> tuple[str, ...]:
    """Return the plural in -es of a word in -s, or the word of which it is the plural."""
    if not word.isascii() or not word.isalpha() or len(word) < _LEAST:
        return ()
    if word.endswith("ses") and len(word) > len("ses") + 1:
        return (word.removesuffix("es"),)
    return (f"{word}es",) if word.endswith("s") and word[-2] not in "se" else ()
