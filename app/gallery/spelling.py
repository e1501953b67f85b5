"""Did you mean: a search that finds nothing, with its unknown words put right by those of public walks."""

from __future__ import annotations

import re
from string import ascii_lowercase

from sqlalchemy import func, select

from app.gallery.catalogue_query import CatalogueQuery
from app.search import text_index
from app.search.terms import ParsedQuery, Term
from app.storage.database import db
from app.storage.walk_models import VocabularyWord
from app.text import folding

ALIKE = 2
"""How many letters of the beginning a word shares with one that it was typed for, where two are wrong."""

WORD_MAX = 32
"""The longest word that is kept (migrations/versions/0009)."""

WORDS_MAX = 12
"""How many words a search has at most for one of them to be put right."""

POOL = 2_000
TRIED = 5
LAST = "\U0010ffff"


def suggestion(choice: CatalogueQuery) -> str | None:
    """Return what was typed with its unknown words put right; ``None`` unless that finds something."""
    sought = choice.sought()
    terms = sought.asked.terms if sought.asked else ()
    words = [word for term in terms if not term.unwanted for word in term.words]
    unknown = [word for word in words if _is_unknown(word)] if len(words) <= WORDS_MAX else []
    if not unknown or len(unknown) > TRIED:
        return None
    first, *rest = unknown
    query = choice.q
    for word in rest:
        if (meant := next(filter(_hangs, _alike(word)), None)) is None:
            return None
        query = _put(query, word, meant)
    for candidate in _alike(first):
        better = _put(query, first, candidate)
        if text_index.count(choice.model_copy(update={"q": better}).sought(), 0):
            return better
    return None


def _is_unknown(word: str) -> bool:
    if len(word) <= 2:
        return False
    forms = {word, folding.stem(word)}
    was_hung = db.session.scalar(select(VocabularyWord.word).where(VocabularyWord.word.in_(forms)).limit(1))
    return not (was_hung and _hangs(word))


def _hangs(word: str) -> bool:
    """Tell whether a public walk has the word: one that was taken down is not to be guessed by what is missing here."""
    return text_index.count(text_index.IndexQuery(ParsedQuery((Term((word,)),))), 0) > 0


def _alike(word: str) -> list[str]:
    """Return some words that may have been meant, the nearest first."""
    if len(word) > WORD_MAX + 2:
        return []
    beginning = word[:ALIKE]
    pool = select(VocabularyWord.word).where(
        VocabularyWord.word >= beginning,
        VocabularyWord.word < beginning + LAST,
        func.length(VocabularyWord.word).between(len(word) - 2, len(word) + 2),
    )
    found = set(db.session.scalars(pool.limit(POOL)))
    found |= set(db.session.scalars(select(VocabularyWord.word).where(VocabularyWord.word.in_(_slips(word)))))
    most = 1 if len(word) < 5 else 2
    near = sorted((distance(word, other, most), other[0] != word[0], other) for other in found)
    return [other for far, _, other in near if far <= most][:TRIED]


def _slips(word: str) -> set[str]:
    """List what a word was typed for if one finger slipped: a letter too many, too few, wrong, or two turned round."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    slips = {a + b[1:] for a, b in parts if b} | {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    slips |= {a + letter + b[1:] for a, b in parts if b for letter in ascii_lowercase}
    return (slips | {a + letter + b for a, b in parts for letter in ascii_lowercase}) - {word}


def distance(a: str, b: str, most: int) -> int:
    """Count the letters by which words differ, up to one more than ``most``; two turned round are one.

    Optimal string alignment, along the diagonal alone: what is further off it is too far already.
    """
    beyond = most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        earlier, before, row = before, row, [i] + [beyond] * len(b)
        for j in range(max(1, i - most), min(len(b), i + most) + 1):
            y = b[j - 1]
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > most:
            return beyond
    return min(row[-1], beyond)


def _put(query: str, word: str, better: str) -> str:
    """Put a word in the place of another in what was typed."""
    return re.sub(r"\w+", lambda found: better if folding.words(found[0]) == [word] else found[0], query)
