"""What the house does to walks that hang: hides them, features them, and writes the words anew that search reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from app import cache, neighbours, search, walks
from app.database import db, now, take_turns, writing
from app.models import Walk

BATCH = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the words are written anew: walks done in this run, the last one's number, and how many are left."""

    done: int
    last: int
    left: int


def hide(walk: Walk) -> None:
    """Take a walk from gallery, search, feed and API; its address says from then on that it was taken down.

    So are its repeats, which show the same pictures, and the walk that it repeats.
    """
    with writing() as session:
        take_turns(session)  # else another repeat of it could be made meanwhile
        session.execute(update(Walk).where(cache.family(walk), Walk.hidden_at.is_(None)).values(hidden_at=now()))
    db.session.refresh(walk)


def unhide(walk: Walk) -> None:
    """Hang a hidden walk again where it hung, and those that were hidden with it."""
    with writing() as session:
        session.execute(update(Walk).where(cache.family(walk)).values(hidden_at=None))
    db.session.refresh(walk)


def take_down(walk: Walk) -> None:
    """Delete a walk for the house, and hide its repeats, which show the same pictures."""
    hide(walk)
    walks.delete_walk(walk)


def feature(walk: Walk) -> None:
    """Prefer a walk where few are shown."""
    _set(walk, featured_at=walk.featured_at or now())


def unfeature(walk: Walk) -> None:
    """Prefer a walk no longer."""
    _set(walk, featured_at=None)


def reindex(*, after: int = 0, batch: int = BATCH) -> Iterator[Progress]:
    """Write the search words and the ends of all walks with a greater number than ``after``, a batch to a transaction.

    What was yielded is written for good: a run that was interrupted is taken up with its ``last``.
    """
    done = 0
    while walks := _write_words(after, batch):
        done, after = done + len(walks), walks[-1]
        yield Progress(done, after, _count_after(after))


def _write_words(after: int, batch: int) -> list[int]:
    with writing() as session:
        query = select(Walk).where(Walk.number > after, Walk.deleted_at.is_(None)).order_by(Walk.number).limit(batch)
        walks = session.scalars(query.options(selectinload(Walk.stops))).all()
        for walk in walks:
            walk.words = search.words_of(walk.searched)
            neighbours.mark(walk)
    db.session.expunge_all()  # a million walks need not be in memory at once
    return [walk.number for walk in walks]


def _count_after(number: int) -> int:
    query = select(func.count()).where(Walk.number > number, Walk.deleted_at.is_(None))
    return db.session.scalar(query) or 0


def _set(walk: Walk, **values: datetime | None) -> None:
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(**values))
    db.session.refresh(walk)
