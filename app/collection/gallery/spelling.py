"""Spelling suggestions: correct the unknown words of a search without results by words of public walks."""

import re
from string import ascii_lowercase

from sqlalchemy import func, select

from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.search import text_index
from app.collection.search.terms import ParsedQuery, Term
from app.core.text import folding
from app.core.text.edit_distance import distance
from app.storage.database import db
from app.storage.walk_models import VocabularyWord

ALIKE = 2
"""How many first letters a candidate must share with a word that has two wrong letters."""

WORD_MAX = 32
"""The longest word in the vocabulary table (migrations/versions/0009)."""

WORDS_MAX = 12
"""The most words of a search that is corrected."""

POOL = 2_000
TRIED = 5
LAST = "\U0010ffff"


def suggestion(choice: CatalogueQuery) -> str | None:
    """Return the search text with its unknown words corrected, or ``None`` unless that matches a public walk."""
    index_query = choice.index_query()
    terms = index_query.text_query.terms if index_query.text_query else ()
    words = [word for term in terms if not term.unwanted for word in term.words]
    unknown = [word for word in words if _is_unknown(word)] if len(words) <= WORDS_MAX else []
    if not unknown or len(unknown) > TRIED:
        return None
    first, *rest = unknown
    query = choice.q
    for word in rest:
        if (correction := next(filter(_is_public, _similar_words(word)), None)) is None:
            return None
        query = _replace(query, word, correction)
    for candidate in _similar_words(first):
        better = _replace(query, first, candidate)
        if text_index.count(choice.model_copy(update={"q": better}).index_query(), 0):
            return better
    return None


def _is_unknown(word: str) -> bool:
    if len(word) <= 2:
        return False
    forms = {word, folding.stem(word)}
    is_in_vocabulary = db.session.scalar(select(VocabularyWord.word).where(VocabularyWord.word.in_(forms)).limit(1))
    return not (is_in_vocabulary and _is_public(word))


def _is_public(word: str) -> bool:
    """Return whether a public walk has the word.

    The vocabulary keeps words of deleted walks, which suggestions must not reveal.
    """
    return text_index.count(text_index.IndexQuery(ParsedQuery((Term((word,)),))), 0) > 0


def _similar_words(word: str) -> list[str]:
    """Return up to ``TRIED`` words of the vocabulary that are spelled similarly, the most similar first."""
    if len(word) > WORD_MAX + 2:
        return []
    beginning = word[:ALIKE]
    pool = select(VocabularyWord.word).where(
        VocabularyWord.word >= beginning,
        VocabularyWord.word < beginning + LAST,
        func.length(VocabularyWord.word).between(len(word) - 2, len(word) + 2),
    )
    candidates = set(db.session.scalars(pool.limit(POOL)))
    candidates |= set(db.session.scalars(select(VocabularyWord.word).where(VocabularyWord.word.in_(_edits(word)))))
    most = 1 if len(word) < 5 else 2
    near = sorted((distance(word, other, most), other[0] != word[0], other) for other in candidates)
    return [other for far, _, other in near if far <= most][:TRIED]


def _edits(word: str) -> set[str]:
    """Return all words that differ by one edit: a letter inserted, deleted or replaced, or two letters transposed."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    edits = {a + b[1:] for a, b in parts if b} | {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    edits |= {a + letter + b[1:] for a, b in parts if b for letter in ascii_lowercase}
    return (edits | {a + letter + b for a, b in parts for letter in ascii_lowercase}) - {word}


def _replace(query: str, word: str, better: str) -> str:
    """Return the search text with one word replaced by another."""
    return re.sub(r"\w+", lambda found: better if folding.words(found[0]) == [word] else found[0], query)
