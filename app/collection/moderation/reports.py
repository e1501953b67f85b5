"""Visitors' reports about walks, and the queue of reported walks for the curator."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.core.errors import FieldError, InvalidInput
from app.core.i18n.formatting import number
from app.core.i18n.gettext import N_, _
from app.storage.database import db, now, writing
from app.storage.house_models import Report
from app.storage.walk_models import Walk

WORDS_MAX = 1000
REASONS = {
    "unfit": N_("It shows or says something unfit"),
    "hate": N_("It is hateful"),
    "person": N_("It is about a private person"),
    "me": N_("It is a picture of me"),
    "rights": N_("It infringes someone’s rights"),
    "other": N_("Something else"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A reported walk with its open reports, the oldest first."""

    walk: Walk
    reports: list[Report]


def submit(walk: Walk, *, reason: str, words: str, reporter: str, admit: Callable[[], None]) -> bool:
    """Save a report about a walk; return whether it is the first one of this reporter about the walk.

    :param admit: checks the rate limit; called after validation, and may raise to refuse the report.
    :raises InvalidInput: for an unknown reason, or a text that is too long.
    """
    words = _tidy(words)
    errors = []
    if reason not in REASONS:
        errors.append(FieldError(("reason",), _("Choose one of the reasons.")))
    if len(words) > WORDS_MAX:
        values = {"count": number(len(words)), "most": number(WORDS_MAX)}
        message = _("Your words are %(count)s characters long; at most %(most)s.", **values)
        errors.append(FieldError(("words",), message))
    if errors:
        raise InvalidInput(errors)
    admit()
    try:
        with writing() as session:
            session.add(Report(walk_number=walk.number, reason=reason, words=words, reporter=reporter))
    except IntegrityError:
        return False
    return True


def reported_walks(limit: int) -> list[Case]:
    """Return up to ``limit`` walks with open reports, the longest waiting first, without deleted walks."""
    first = func.min(Report.number)
    query = select(Report.walk_number).join(Walk).where(Report.settled_at.is_(None), Walk.deleted_at.is_(None))
    numbers = list(db.session.scalars(query.group_by(Report.walk_number).order_by(first).limit(limit)))
    options = (selectinload(Walk.stops), selectinload(Walk.media))
    walks = {
        walk.number: walk for walk in db.session.scalars(select(Walk).where(Walk.number.in_(numbers)).options(*options))
    }
    return [Case(walks[number], open_ones(walks[number])) for number in numbers if number in walks]


def count() -> int:
    """Return the number of walks with open reports, without deleted walks."""
    query = select(func.count(func.distinct(Report.walk_number))).join(Walk)
    return db.session.scalar(query.where(Report.settled_at.is_(None), Walk.deleted_at.is_(None))) or 0


def open_ones(walk: Walk) -> list[Report]:
    """Return the open reports of a walk, the oldest first."""
    query = select(Report).where(Report.walk_number == walk.number, Report.settled_at.is_(None))
    return list(db.session.scalars(query.order_by(Report.number)))


def close_reports(walk: Walk) -> int:
    """Close the open reports of a walk; return how many there were."""
    with writing() as session:
        closed = session.execute(
            update(Report)
            .where(Report.walk_number == walk.number, Report.settled_at.is_(None))
            .values(settled_at=now())
        )
    return int(closed.rowcount)  # type: ignore[attr-defined]


def withdraw(reporters: Collection[str]) -> int:
    """Delete the reports of one visitor, who may have several reporter IDs; return how many there were."""
    with writing() as session:
        deleted = session.execute(delete(Report).where(Report.reporter.in_(reporters)))
    return int(deleted.rowcount)  # type: ignore[attr-defined]


def _tidy(words: str) -> str:
    """Return a text without lone surrogates and unprintable characters, except line breaks."""
    text = words.replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(each for each in text if each == "\n" or each.isprintable()).strip()
