"""Allowed words: exceptions that an operator makes to the built-in lists of unfit words, but not to banned words."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.collection.moderation import audit_log, unfit_text
from app.core.errors import InvalidInput
from app.core.i18n.formatting import number
from app.core.i18n.gettext import _
from app.storage.database import db, writing
from app.storage.house_models import WORD_MAX, AllowedWord
from app.storage.schema import EMPTY, schema_state

WORDS_MAX = 1000


def words() -> list[str]:
    """Return the allowed words in normalised form, sorted; empty if the database has no tables yet."""
    try:
        return list(db.session.scalars(select(AllowedWord.word).order_by(AllowedWord.word)))
    except DBAPIError:
        db.session.rollback()
        if schema_state() != EMPTY:
            raise
        return []


def allow(text: str, *, who: str = audit_log.CURATOR) -> str:
    """Allow a word or phrase, write the audit log, and return its normalised form.

    :raises InvalidInput: when it has no letters or digits, is too long, or ``WORDS_MAX`` words are allowed already.
    """
    word = unfit_text.as_compared(text)
    if not word or len(word) > WORD_MAX:
        raise InvalidInput.on("word", message=_("A word to allow has 1 to %(most)s letters or digits.", most=WORD_MAX))
    with writing() as session:
        if session.get(AllowedWord, word) is not None:
            return word
        if len(session.scalars(select(AllowedWord.word)).all()) >= WORDS_MAX:
            raise InvalidInput.on(
                "word",
                message=_("%(most)s words are as many as can be allowed. Take one back first.", most=number(WORDS_MAX)),
            )
        session.add(AllowedWord(word=word))
        audit_log.note_in(session, "allowed word", word, who=who)
    return word


def disallow(text: str, *, who: str = audit_log.CURATOR) -> bool:
    """Remove a word from the allowed words and write the audit log; return whether it was allowed."""
    word = unfit_text.as_compared(text)
    with writing() as session:
        was_allowed = bool(session.execute(delete(AllowedWord).where(AllowedWord.word == word)).rowcount)  # type: ignore[attr-defined]
        if was_allowed:
            audit_log.note_in(session, "took back word", word, who=who)
    return was_allowed
