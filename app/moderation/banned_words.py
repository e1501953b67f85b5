"""Banned words: no new prompt and no title may hold one, until an operator lifts it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.errors import InvalidInput
from app.i18n.formatting import number
from app.i18n.gettext import _
from app.moderation import audit_log
from app.storage.database import EMPTY, db, schema_state, writing
from app.storage.house_models import WORD_MAX, BannedWord
from app.text.folding import IS_UNSPACED, spaced

WORDS_MAX = 1000


def words() -> list[str]:
    """List the banned words, as they are compared; none in a database that a command is about to make."""
    try:
        return list(db.session.scalars(select(BannedWord.word).order_by(BannedWord.word)))
    except DBAPIError:
        db.session.rollback()
        if schema_state() != EMPTY:
            raise
        return []


def found_in(text: str) -> str | None:
    """Return the first banned word that ``text`` holds: whole words in a row, whatever their case and accents.

    Of scripts without spaces, a word may begin anywhere.
    """
    return found_in_each([text])[0]


def found_in_each(texts: Iterable[str]) -> list[str | None]:
    """Return for each text the first banned word that it holds; the words are read from the database once."""
    banned = words()
    return [next((word for word in banned if _pattern(word).search(text)), None) for text in map(spaced, texts)]


def rule(subject: str, word: str) -> str:
    """Say that something asks for a banned word."""
    return _("%(subject)s asks for “%(word)s”, which does not hang here.", subject=subject, word=word)


def ban(text: str, *, who: str = audit_log.CURATOR) -> str:
    """Refuse a word from now on, or some in a row; return it as it is compared. What is public already stays so.

    :raises InvalidInput: when it is none, or too long, or there are too many.
    """
    word = spaced(text)
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
    word = spaced(text)
    with writing() as session:
        lifted = bool(session.execute(delete(BannedWord).where(BannedWord.word == word)).rowcount)  # type: ignore[attr-defined]
        if lifted:
            audit_log.note_in(session, "lifted word", word, who=who)
    return lifted


@lru_cache(maxsize=WORDS_MAX)
def _pattern(word: str) -> re.Pattern[str]:
    escaped = re.escape(word)
    return re.compile(escaped if IS_UNSPACED.search(word) else rf"(?<!\S){escaped}(?!\S)")
