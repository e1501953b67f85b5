"""Parse search text into terms, and highlight the words that match them.

Visitors' input never reaches the search syntax of a database: it is parsed into terms, from which
:mod:`app.collection.search.text_index` writes the query for SQLite or Postgres.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup, escape

from app.core.errors import InvalidInput
from app.core.i18n.gettext import _
from app.core.text import folding, plurals
from app.core.text.folding import stem

QUERY_MAX = 300


BEGINNING_MIN = 2
"""The least length of a prefix: half of all walks have a word with a given first letter."""

GOING_ON_MIN = 3
"""The least length of a word without a star that is also searched as a prefix, in scripts without stemming."""

STARS_MAX = 6
SIDE_BY_SIDE_MAX = 20
ROW_MAX = 16
"""How many characters of a script without spaces are searched as one phrase; the next ones may be elsewhere."""

CHUNK = re.compile(r'(?P<unwanted>-?)(?:"(?P<phrase>[^"]*)"?(?P<goes_on>\*?)|(?P<plain>[^\s"]+))')
PRINTED = re.compile(rf"[{folding.UNSPACED}]|[^\W{folding.UNSPACED}]+|\W", re.DOTALL)
SEED = re.compile(r"[0-9]{1,10}", re.ASCII)
LITTLE = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with"])
"""Stop words: they count only within quotes, or if the search has no other words."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase to search for.

    ``exact`` words match as written, others also by their English stem and irregular plural. ``beginning``: the last
    word is a prefix. ``unwanted``: the term must not occur.
    """

    words: tuple[str, ...]
    exact: bool = False
    beginning: bool = False
    unwanted: bool = False

    def matches(self, word: str) -> bool:
        """Return whether a word of a walk matches this term and is to be highlighted."""
        if self.unwanted:
            return False
        if word in self.words or (self.beginning and word.startswith(self.words[-1])):
            return True
        if self.exact or len(self.words) > 1:
            return False
        return stem(word) == stem(self.words[0]) or word in plurals.other_forms(self.words[0])


@dataclass(frozen=True)
class ParsedQuery:
    """The terms of a search, all of which must match. Without terms, nothing matches."""

    terms: tuple[Term, ...]

    @property
    def seed(self) -> int | None:
        """Return the number that is the whole search, which may be a seed, or ``None``."""
        if len(self.terms) != 1 or self.terms[0].unwanted or len(self.terms[0].words) != 1:
            return None
        (word,) = self.terms[0].words
        return int(word) if SEED.fullmatch(word) else None

    @cached_property
    def wanted_words(self) -> list[str]:
        """Return the words of the terms that are not excluded, each between spaces."""
        return [f" {word} " for term in self.terms if not term.unwanted for word in term.words]

    def relevance(self, words: str) -> float:
        """Return how well a walk's words match; greater is better.

        Exact words count more than stems, and short texts more than long ones.

        :param words: the indexed text of a walk; its stems and facets, which follow the words, are ignored.
        """
        text, wanted = f" {words.partition(' =')[0].partition(' ~')[0]} ", self.wanted_words
        exact = sum([word in text for word in wanted])
        return exact + len(wanted) / text.count(" ")


def too_long(length: int) -> str:
    """Return the message for a search text that is too long."""
    return _("A search is at most %(most)s characters long; this one has %(count)s.", most=QUERY_MAX, count=length)


def parse(query: str) -> ParsedQuery:
    """Parse search text: words, ``"phrases"``, ``prefix*`` and ``-unwanted``.

    The last word is also a prefix, because the visitor may still be typing it.

    >>> [term.words for term in parse('"green sea" lighthouse -storm').terms]
    [('green', 'sea'), ('lighthouse',), ('storm',)]

    :raises InvalidInput: when the text is too long, or has too many prefixes or quoted words.
    """
    if len(query) > QUERY_MAX:
        raise InvalidInput.on("q", message=too_long(len(query)))
    chunks = [(chunk, _terms(chunk)) for chunk in CHUNK.finditer(query)]
    _check_effort(chunks)
    terms = [term for _chunk, parsed in chunks for term in parsed]
    if terms and not terms[-1].exact and not terms[-1].unwanted and query[-1:] not in ('"', "*"):
        terms[-1] = _beginning(terms[-1])
    telling = [term for term in terms if term.exact or term.unwanted or term.words[0] not in LITTLE]
    if any(not term.unwanted for term in telling):
        terms = telling
    return ParsedQuery(tuple(dict.fromkeys(terms)))


def highlight(text: str, query: ParsedQuery) -> Markup:
    """Return a text as HTML, with the words that match the query in ``<mark>``."""
    wanted = [term for term in query.terms if not term.unwanted]
    if not wanted:
        return escape(text)

    def mark(match: re.Match[str]) -> str:
        words = folding.words(match[0])
        is_match = words and any(term.matches(word) for word in words for term in wanted)
        return f"<mark>{escape(match[0])}</mark>" if is_match else str(escape(match[0]))

    return Markup(PRINTED.sub(mark, unicodedata.normalize("NFC", text)))  # nosec B704  # noqa: S704 - each part is escaped


def _check_effort(chunks: Iterable[tuple[re.Match[str], list[Term]]]) -> None:
    """Check that a query has few prefixes and phrases, which take seconds in a very large gallery.

    :raises InvalidInput: naming the limit.
    """
    stars = {term for _chunk, found in chunks for term in found if term.beginning and term.exact}
    if len(stars) > STARS_MAX:
        message = _(
            "A search has at most %(most)s words with *; this one has %(count)s.", most=STARS_MAX, count=len(stars)
        )
        raise InvalidInput.on("q", message=message)
    rows = {term for chunk, found in chunks for term in found if chunk["phrase"] or chunk["unwanted"]}
    count = sum(len(term.words) for term in rows if len(term.words) > 1)
    if count > SIDE_BY_SIDE_MAX:
        message = _(
            "A search has at most %(most)s words within quotes; this one has %(count)s.",
            most=SIDE_BY_SIDE_MAX,
            count=count,
        )
        raise InvalidInput.on("q", message=message)


def _terms(chunk: re.Match[str]) -> list[Term]:
    unwanted = bool(chunk["unwanted"])
    if chunk["phrase"] is not None:
        words = tuple(folding.words(chunk["phrase"]))
        phrase = Term(words, exact=True, unwanted=unwanted)
        return [_beginning(phrase) if chunk["goes_on"] else phrase] if words else []
    runs = folding.runs(chunk["plain"])
    if not runs:
        return []
    if unwanted:  # "-cut-out" excludes the phrase, not both of its words
        words = tuple(word for run in runs for word in run)
        terms = [Term(words, exact=len(words) > 1, unwanted=True)]
    else:
        rows = [run[start : start + ROW_MAX] for run in runs for start in range(0, len(run), ROW_MAX)]
        terms = [Term(row, exact=len(row) > 1) for row in rows]
    terms = [_beginning(term, GOING_ON_MIN) if not term.words[-1].isascii() else term for term in terms]  # no stems
    if chunk["plain"].endswith("*"):
        terms[-1] = replace(_beginning(terms[-1]), exact=True)
    return terms


def _beginning(term: Term, least: int = BEGINNING_MIN) -> Term:
    """Return the term with its last word as a prefix, if the word is long enough.

    One wide character is enough, because a syllable of Hangul or an emoji is a word.
    """
    last = term.words[-1]
    is_enough = len(last) >= least or unicodedata.east_asian_width(last[0]) in "WF"
    unspaced = folding.IS_UNSPACED.match(last)  # scripts without spaces are indexed by character, so have no prefixes
    return replace(term, beginning=True) if is_enough and not unspaced else term
