"""What was typed into the search, read into terms; and the words that answer it, marked.

Nothing that a visitor types reaches a database's own search syntax: it is read here into terms, which
:mod:`app.search.text_index` writes for the engine at hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup, escape

from app.errors import InvalidInput
from app.i18n.gettext import _
from app.text import folding
from app.text.folding import stem

QUERY_MAX = 300


BEGINNING_MIN = 2
"""How many letters the beginning of a word has at least: one letter begins a word in half of all public walks."""

GOING_ON_MIN = 3
"""How many letters a word that no star follows has at least to be taken for a beginning, where there are no stems."""

STARS_MAX = 6
SIDE_BY_SIDE_MAX = 20
ROW_MAX = 16
"""How many characters of a script without spaces are held to stand in a row; what follows may stand elsewhere."""

CHUNK = re.compile(r'(?P<unwanted>-?)(?:"(?P<phrase>[^"]*)"?(?P<goes_on>\*?)|(?P<plain>[^\s"]+))')
PRINTED = re.compile(rf"[{folding.UNSPACED}]|[^\W{folding.UNSPACED}]+|\W", re.DOTALL)
SEED = re.compile(r"[0-9]{1,10}", re.ASCII)
LITTLE = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with"])
"""Words that say nothing of a picture; they count only where nothing else was typed, or within quotes."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or several side by side; ``exact`` as they are written, else English by its stem.

    The last may go on (``beginning``); what is ``unwanted`` must not be there.
    """

    words: tuple[str, ...]
    exact: bool = False
    beginning: bool = False
    unwanted: bool = False

    def marks(self, word: str) -> bool:
        """Tell whether a word of a walk is one of those that were asked for."""
        if self.unwanted:
            return False
        if word in self.words or (self.beginning and word.startswith(self.words[-1])):
            return True
        return not self.exact and len(self.words) == 1 and stem(word) == stem(self.words[0])


@dataclass(frozen=True)
class ParsedQuery:
    """What was typed, understood: all of the terms must hold. Without any, nothing was asked that could be found."""

    terms: tuple[Term, ...]

    @property
    def seed(self) -> int | None:
        """Return the seed that may have been meant: a number alone."""
        if len(self.terms) != 1 or self.terms[0].unwanted or len(self.terms[0].words) != 1:
            return None
        (word,) = self.terms[0].words
        return int(word) if SEED.fullmatch(word) else None

    @cached_property
    def spoken(self) -> list[str]:
        """List the words that were typed and are wanted, each with a space around it."""
        return [f" {word} " for term in self.terms if not term.unwanted for word in term.words]

    def nearness(self, words: str) -> float:
        """Say how well a walk's words answer, the more the better: words as typed before stems, short before long.

        Of ``words`` those count that are spoken: they stand before the stems, and before what else is known.
        """
        said = f" {words.partition(' =')[0].partition(' ~')[0]} "
        as_typed = sum(word in said for word in self.spoken)
        return as_typed + len(self.spoken) / said.count(" ")


def too_long(length: int) -> str:
    """Say that a search is too long."""
    return _("A search is at most %(most)s characters long; this one has %(count)s.", most=QUERY_MAX, count=length)


def parse(query: str) -> ParsedQuery:
    """Read what was typed: words, ``"phrases"``, ``begin*`` and ``-unwanted``; the last word may still be typed at.

    :raises InvalidInput: when it is too long.
    """
    if len(query) > QUERY_MAX:
        raise InvalidInput.on("q", message=too_long(len(query)))
    chunks = [(chunk, _terms(chunk)) for chunk in CHUNK.finditer(query)]
    _check_effort(chunks)
    terms = [term for _chunk, found in chunks for term in found]
    if terms and not terms[-1].exact and not terms[-1].unwanted and query[-1:] not in ('"', "*"):
        terms[-1] = _beginning(terms[-1])
    telling = [term for term in terms if term.exact or term.unwanted or term.words[0] not in LITTLE]
    if any(not term.unwanted for term in telling):
        terms = telling
    return ParsedQuery(tuple(dict.fromkeys(terms)))


def highlight(text: str, asked: ParsedQuery) -> Markup:
    """Mark the words of a text that were asked for."""
    wanted = [term for term in asked.terms if not term.unwanted]
    if not wanted:
        return escape(text)

    def mark(found: re.Match[str]) -> str:
        words = folding.words(found[0])
        met = words and any(term.marks(word) for word in words for term in wanted)
        return f"<mark>{escape(found[0])}</mark>" if met else str(escape(found[0]))

    return Markup(PRINTED.sub(mark, unicodedata.normalize("NFC", text)))  # nosec B704  # noqa: S704 - each part is escaped


def _check_effort(chunks: Iterable[tuple[re.Match[str], list[Term]]]) -> None:
    """Refuse what would keep a database busy for seconds where the gallery is very large: beginnings and rows of words.

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
    if unwanted:  # "-cut-out" is without that, not without either
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
    """Let the last word go on, if there is enough of it: a wide character, of Hangul or a picture, is a syllable."""
    last = term.words[-1]
    is_enough = len(last) >= least or unicodedata.east_asian_width(last[0]) in "WF"
    unspaced = folding.IS_UNSPACED.match(last)  # whose characters do not go on, and stand for themselves
    return replace(term, beginning=True) if is_enough and not unspaced else term
