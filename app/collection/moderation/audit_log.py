"""The audit log: one entry for each action of an operator, in the database and in the server's log."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.database import db, writing
from app.storage.house_models import AuditEntry

CURATOR, COMMAND = "curator", "command line"

log = logging.getLogger(__name__)


def note(what: str, about: str = "", *, who: str = CURATOR, failed: bool = False) -> None:
    """Write an entry to the audit log, in a transaction of its own.

    :param what: the action, such as "hid walk".
    :param about: the object of the action, such as an ID; cut to 120 characters.
    :param who: the operator: the curator, the command line, or a token's name.
    :param failed: whether the action was refused.
    """
    with writing() as session:
        note_in(session, what, about, who=who, failed=failed)


def note_in(session: Session, what: str, about: str = "", *, who: str = CURATOR, failed: bool = False) -> None:
    """Write an entry to the audit log in the transaction of the action; see :func:`note` for the parameters."""
    session.add(AuditEntry(who=who, what=what, about=about[:120], failed=failed))
    log.warning("The %s: %s %r%s", who, what, about[:120], " (refused)" if failed else "")


def latest(limit: int, *, before: int | None = None) -> list[AuditEntry]:
    """Return the last ``limit`` entries, newest first; with ``before``, only those with smaller numbers."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    return list(db.session.scalars(query if before is None else query.where(AuditEntry.number < before)))


def is_noted(what: str, about: str) -> bool:
    """Return whether the log has an entry with this action and object."""
    query = select(AuditEntry.number).where(AuditEntry.what == what, AuditEntry.about == about).limit(1)
    return db.session.scalar(query) is not None
