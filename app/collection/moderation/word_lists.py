"""Operators' lists of words: banned ones, and exceptions to the built-in lists of unfit words (but not to banned ones).

New texts that the site shows may not contain a banned word, until an operator lifts the ban.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.collection.moderation import audit_log, unfit_text
from app.core.errors import InvalidInput
from app.core.i18n.formatting import number
from app.core.i18n.gettext import N_, _
from app.core.text import lookalikes
from app.core.text.folding import spaced
from app.storage.database import db, writing
from app.storage.house_models import WORD_MAX, AllowedWord, BannedWord
from app.storage.schema import EMPTY, schema_state

WORDS_MAX = 1000


@dataclass(frozen=True, slots=True)
class WordList:
    """A list of words in the database, in the form that ``normalise`` gives them.

    ``added`` and ``removed`` are the actions in the audit log, ``wanted`` and ``full`` the sentences of a refusal.
    """

    table: type[BannedWord | AllowedWord]
    normalise: Callable[[str], str]
    added: str
    removed: str
    wanted: str
    full: str

    def words(self) -> list[str]:
        """Return the words in normalised form, sorted; empty if the database has no tables yet."""
        try:
            return list(db.session.scalars(select(self.table.word).order_by(self.table.word)))
        except DBAPIError:
            db.session.rollback()
            if schema_state() != EMPTY:
                raise
            return []

    def add(self, text: str, *, who: str = audit_log.CURATOR) -> str:
        """Add a word or phrase, write the audit log, and return its normalised form.

        :raises InvalidInput: when it has no letters or digits, is too long, or the list has ``WORDS_MAX`` words.
        """
        word = self.normalise(text)
        if not word or len(word) > WORD_MAX:
            raise InvalidInput.on("word", message=_(self.wanted, most=WORD_MAX))
        with writing() as session:
            if session.get(self.table, word) is not None:
                return word
            if len(session.scalars(select(self.table.word)).all()) >= WORDS_MAX:
                raise InvalidInput.on("word", message=_(self.full, most=number(WORDS_MAX)))
            session.add(self.table(word=word))
            audit_log.note_in(session, self.added, word, who=who)
        return word

    def remove(self, text: str, *, who: str = audit_log.CURATOR) -> bool:
        """Remove a word and write the audit log; return whether it was on the list."""
        word = self.normalise(text)
        with writing() as session:
            was_there = bool(session.execute(delete(self.table).where(self.table.word == word)).rowcount)  # type: ignore[attr-defined]
            if was_there:
                audit_log.note_in(session, self.removed, word, who=who)
        return was_there


BANNED = WordList(
    BannedWord,
    lambda text: spaced(lookalikes.strip_invisible(text)),
    added="banned word",
    removed="lifted word",
    wanted=N_("A word to ban has 1 to %(most)s letters or digits."),
    full=N_("%(most)s words are as many as can be banned. Lift one first."),
)

ALLOWED = WordList(
    AllowedWord,
    unfit_text.as_compared,
    added="allowed word",
    removed="took back word",
    wanted=N_("A word to allow has 1 to %(most)s letters or digits."),
    full=N_("%(most)s words are as many as can be allowed. Take one back first."),
)
