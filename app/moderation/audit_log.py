"""The audit log of what operators did: one entry for each action, in the database and in the server's log."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.database import db, writing
from app.storage.house_models import AuditEntry

CURATOR, COMMAND = "curator", "command line"

log = logging.getLogger(__name__)


def note(what: str, about: str = "", *, who: str = CURATOR, failed: bool = False) -> None:
    """Write down what was done, and to what."""
    with writing() as session:
        note_in(session, what, about, who=who, failed=failed)


def note_in(session: Session, what: str, about: str = "", *, who: str = CURATOR, failed: bool = False) -> None:
    """Write it down in the transaction in which it is done."""
    session.add(AuditEntry(who=who, what=what, about=about[:120], failed=failed))
    log.warning("The %s: %s %r%s", who, what, about[:120], " (refused)" if failed else "")


def latest(limit: int, *, before: int | None = None) -> list[AuditEntry]:
    """Return the last entries, newest first; those older than the entry ``before``, if it is given."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    return list(db.session.scalars(query if before is None else query.where(AuditEntry.number < before)))


def is_noted(what: str, about: str) -> bool:
    """Tell whether an entry says that this was done."""
    query = select(AuditEntry.number).where(AuditEntry.what == what, AuditEntry.about == about).limit(1)
    return db.session.scalar(query) is not None
