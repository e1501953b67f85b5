"""Banned words: nothing new that is shown on the wall may hold one, until an operator lifts it.

What is shown and where it is told: the prompts of a walk, what they leave out, its title, the words of its scenes, the
hand of another house's model, notes, and the names of added drawings. All of it goes through :func:`flaws`, which asks
the house's own lists as well (:mod:`app.moderation.unfit_text`), less what operators allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.errors import FieldError, InvalidInput
from app.i18n.formatting import number
from app.i18n.gettext import _
from app.moderation import allowed_words, audit_log, unfit_text
from app.storage.database import EMPTY, db, schema_state, writing
from app.storage.house_models import WORD_MAX, BannedWord
from app.text import lookalikes, prompt_weights
from app.text.folding import IS_UNSPACED, spaced

WORDS_MAX = 1000
LEFT_OUT = "negative_prompt"

ShownText = tuple[tuple[str | int, ...], str, str]
"""A text that is to be shown: its field, what it is called at the beginning of a sentence, and the text itself."""


def words() -> list[str]:
    """List the banned words, as they are compared; none in a database that a command is about to make."""
    try:
        return list(db.session.scalars(select(BannedWord.word).order_by(BannedWord.word)))
    except DBAPIError:
        db.session.rollback()
        if schema_state() != EMPTY:
            raise
        return []


def flaws(shown: Iterable[ShownText]) -> list[FieldError]:
    """Return an error for each text that holds a banned word, or that the house's lists call unfit.

    Banned words are whole words in a row, whatever their case and accents. Of scripts without spaces, one may begin
    anywhere. Characters that show nothing count as nothing, and letters that look like Latin ones as those.
    """
    banned, allowed = [(word, *_patterns(word)) for word in words()], allowed_words.words()
    errors = []
    for field, subject, text in shown:
        unweighted = prompt_weights.parse(text).text  # brackets within a word hide it
        if word := _said(text, banned) or _said(unweighted, banned):
            message = _("%(subject)s says “%(word)s”, a word that does not hang here.", subject=subject, word=word)
            errors.append(FieldError(field, message, is_unfit=True))
        elif kind := _unfit(text, unweighted, allowed=allowed, is_left_out=field[-1] == LEFT_OUT):
            errors.append(FieldError(field, _(unfit_text.KINDS[kind], subject=subject), is_unfit=True))
    return errors


def _unfit(*texts: str, allowed: Any, is_left_out: bool) -> str:
    found = (unfit_text.find(text, allowed=allowed, is_left_out=is_left_out) for text in dict.fromkeys(texts))
    return next(filter(None, found), "")


def said(text: str, words: Iterable[str]) -> str:
    """Return the first of some words, as they are compared, that a text holds; empty where it holds none."""
    return _said(text, ((word, *_patterns(word)) for word in words))


def _said(text: str, banned: Iterable[tuple[str, re.Pattern[str], re.Pattern[str]]]) -> str:
    as_written, as_read = spaced(lookalikes.strip_invisible(text)), lookalikes.skeleton(text)
    found = (word for word, written, read in banned if written.search(as_written) or read.search(as_read))
    return next(found, "")


def ban(text: str, *, who: str = audit_log.CURATOR) -> str:
    """Refuse a word from now on, or some in a row; return it as it is compared. What is public already stays so.

    :raises InvalidInput: when it is none, or too long, or there are too many.
    """
    word = spaced(lookalikes.strip_invisible(text))
    if not word or len(word) > WORD_MAX:
        raise InvalidInput.on("word", message=_("A word to ban has 1 to %(most)s letters or digits.", most=WORD_MAX))
    with writing() as session:
        if session.get(BannedWord, word) is not None:
            return word
        if len(session.scalars(select(BannedWord.word)).all()) >= WORDS_MAX:
            raise InvalidInput.on(
                "word",
                message=_("%(most)s words are as many as can be banned. Lift one first.", most=number(WORDS_MAX)),
            )
        session.add(BannedWord(word=word))
        audit_log.note_in(session, "banned word", word, who=who)
    return word


def lift(text: str, *, who: str = audit_log.CURATOR) -> bool:
    """Allow a word again; tell whether it was banned."""
    word = spaced(lookalikes.strip_invisible(text))
    with writing() as session:
        lifted = bool(session.execute(delete(BannedWord).where(BannedWord.word == word)).rowcount)  # type: ignore[attr-defined]
        if lifted:
            audit_log.note_in(session, "lifted word", word, who=who)
    return lifted


@lru_cache(maxsize=WORDS_MAX)
def _patterns(word: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds a word as it is written, and as it is read."""
    return _pattern(word), _pattern(lookalikes.skeleton(word))


def _pattern(word: str) -> re.Pattern[str]:
    escaped = re.escape(word)
    return re.compile(escaped if IS_UNSPACED.search(word) else rf"(?<!\S){escaped}(?!\S)")
