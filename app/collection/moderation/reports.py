"""Visitors' reports about walks and collections, and the queues of what was reported for the curator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import FieldError, InvalidInput
from app.core.i18n.formatting import number
from app.core.i18n.gettext import N_, _
from app.storage.collection_models import Collection, CollectionReport
from app.storage.database import db, now, writing
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
TABLES = Report, CollectionReport


@dataclass(frozen=True, slots=True)
class Case:
    """A reported walk with its open reports, the oldest first."""

    walk: Walk
    reports: list[Report]


@dataclass(frozen=True, slots=True)
class CollectionCase:
    """A reported collection with its open reports, the oldest first."""

    collection: Collection
    reports: list[CollectionReport]


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
    said = {"reason": reason, "text": words, "reporter": reporter}
    report: Report | CollectionReport
    if isinstance(subject, Walk):
        report = Report(walk_number=subject.number, **said)
    else:
        report = CollectionReport(collection_number=subject.number, **said)
    try:
        with writing() as session:
            session.add(report)
    except IntegrityError:
        return False
    return True


def reported_walks(limit: int) -> list[Case]:
    """Return up to ``limit`` walks with open reports, the longest waiting first, without deleted walks."""
    first = func.min(Report.number)
    query = select(Report.walk_number).join(Walk).where(Report.settled_at.is_(None), Walk.deleted_at.is_(None))
    numbers = list(db.session.scalars(query.group_by(Report.walk_number).order_by(first).limit(limit)))
    reported = select(Walk).where(Walk.number.in_(numbers)).options(*lookup.WHOLE)
    walks = {walk.number: walk for walk in db.session.scalars(reported)}
    return [Case(walks[number], open_ones(walks[number])) for number in numbers if number in walks]


def reported_collections(limit: int) -> list[CollectionCase]:
    """Return up to ``limit`` collections with open reports, the longest waiting first."""
    is_open, of = CollectionReport.settled_at.is_(None), CollectionReport.collection_number
    waiting = select(of, func.min(CollectionReport.number).label("first")).where(is_open).group_by(of).subquery()
    query = select(Collection).join(waiting, waiting.c.collection_number == Collection.number)
    collections = list(db.session.scalars(query.order_by(waiting.c.first).limit(limit)))
    reports = select(CollectionReport).where(is_open, of.in_([each.number for each in collections]))
    rows = list(db.session.scalars(reports.order_by(CollectionReport.number)))
    return [
        CollectionCase(each, [report for report in rows if report.collection_number == each.number])
        for each in collections
    ]


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
    if isinstance(subject, Walk):
        still_open = update(Report).where(Report.walk_number == subject.number, Report.settled_at.is_(None))
    else:
        of = CollectionReport.collection_number == subject.number
        still_open = update(CollectionReport).where(of, CollectionReport.settled_at.is_(None))
    with writing() as session:
        closed = session.execute(still_open.values(settled_at=now()))
    return int(closed.rowcount)  # type: ignore[attr-defined]


def withdraw(reporters: Iterable[str]) -> int:
    """Delete the reports of one visitor, who may have several reporter IDs; return how many there were."""
    with writing() as session:
        gone = [session.execute(delete(table).where(table.reporter.in_(reporters))) for table in TABLES]
    counts: list[int] = [each.rowcount for each in gone]  # type: ignore[attr-defined]
    return sum(counts)


def change_reporter(session: Session, reporters: Iterable[str], new: str) -> None:
    """Give the reports of one visitor another reporter ID, as they have another cookie."""
    for table in TABLES:
        session.execute(update(table).where(table.reporter.in_(reporters)).values(reporter=new))


def _tidy(words: str) -> str:
    """Return a text without lone surrogates and unprintable characters, except line breaks."""
    text = words.replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(each for each in text if each == "\n" or each.isprintable()).strip()
