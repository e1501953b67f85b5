"""Visitors' reports about walks and collections, and the queues of what was reported for the curator."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import FieldError, InvalidInput
from app.core.i18n.formatting import number
from app.core.i18n.gettext import N_, _
from app.storage.collection_models import Collection, CollectionReport
from app.storage.database import db, execute, now, writing
from app.storage.house_models import Report
from app.storage.walk_models import Walk
from app.walks.saved import lookup

WORDS_MAX = 1000
OF_SOUND = "sound"
REASONS = {
    "unfit": N_("It shows or says something unfit"),
    "hate": N_("It is hateful"),
    "person": N_("It is about a private person"),
    "me": N_("It is a picture of me"),
    "rights": N_("It infringes someone’s rights"),
    OF_SOUND: N_("Its music is not theirs to publish"),
    "other": N_("Something else"),
}
TABLES: dict[type, tuple[Any, Any]] = {
    Walk: (Report, Report.walk_number),
    Collection: (CollectionReport, CollectionReport.collection_number),
}
"""The table of the reports about each kind of subject, and its column with the subject's number."""
Subject = TypeVar("Subject", Walk, Collection)


@dataclass(frozen=True, slots=True)
class Case(Generic[Subject]):
    """A reported walk or collection with its open reports, the oldest first."""

    subject: Subject
    reports: list[Any]


def submit(subject: Walk | Collection, *, reason: str, words: str, reporter: str, admit: Callable[[], None]) -> bool:
    """Save a report about a walk or collection; return whether it is the first one of this reporter about it.

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
    table, of = TABLES[type(subject)]
    try:
        with writing() as session:
            session.add(table(**{of.key: subject.number}, reason=reason, text=words, reporter=reporter))
    except IntegrityError:
        return False
    return True


def reported_walks(limit: int) -> list[Case[Walk]]:
    """Return up to ``limit`` walks with open reports, the longest waiting first, without deleted walks."""
    return _cases(select(Walk).where(Walk.deleted_at.is_(None)).options(*lookup.WHOLE), Walk, limit)


def reported_collections(limit: int) -> list[Case[Collection]]:
    """Return up to ``limit`` collections with open reports, the longest waiting first."""
    return _cases(select(Collection), Collection, limit)


def _cases(query: Select[tuple[Subject]], kind: type[Subject], limit: int) -> list[Case[Subject]]:
    table, of = TABLES[kind]
    is_open = table.settled_at.is_(None)
    waiting = select(of.label("of"), func.min(table.number).label("first")).where(is_open).group_by(of).subquery()
    reported = query.join(waiting, waiting.c.of == kind.number).order_by(waiting.c.first).limit(limit)
    cases = {each.number: Case(each, []) for each in db.session.scalars(reported)}
    for report in db.session.scalars(select(table).where(is_open, of.in_(cases)).order_by(table.number)):
        cases[getattr(report, of.key)].reports.append(report)
    return list(cases.values())


def count() -> int:
    """Return the number of walks with open reports, without deleted walks."""
    query = select(func.count(func.distinct(Report.walk_number))).join(Walk)
    return db.session.scalar(query.where(Report.settled_at.is_(None), Walk.deleted_at.is_(None))) or 0


def open_ones(walk: Walk) -> list[Report]:
    """Return the open reports of a walk, the oldest first."""
    query = select(Report).where(Report.walk_number == walk.number, Report.settled_at.is_(None))
    return list(db.session.scalars(query.order_by(Report.number)))


def close_reports(subject: Walk | Collection) -> int:
    """Close the open reports of a walk or collection; return how many there were."""
    table, of = TABLES[type(subject)]
    return execute(update(table).where(of == subject.number, table.settled_at.is_(None)).values(settled_at=now()))


def withdraw(reporters: Iterable[str]) -> int:
    """Delete the reports of one visitor, who may have several reporter IDs; return how many there were."""
    with writing() as session:
        gone = [session.execute(delete(table).where(table.reporter.in_(reporters))) for table, _of in TABLES.values()]
    return sum(each.rowcount for each in gone)  # type: ignore[attr-defined]


def change_reporter(session: Session, reporters: Iterable[str], new: str) -> None:
    """Give the reports of one visitor another reporter ID, as they have another cookie."""
    for table, _of in TABLES.values():
        session.execute(update(table).where(table.reporter.in_(reporters)).values(reporter=new))


def _tidy(words: str) -> str:
    """Return a text without lone surrogates and unprintable characters, except line breaks."""
    text = words.replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(each for each in text if each == "\n" or each.isprintable()).strip()
