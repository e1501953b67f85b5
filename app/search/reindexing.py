"""Words, ends and colours of all walks, written anew for the search; and how many go on from each, counted anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import load_only, selectinload

from app.errors import MediaError
from app.search import text_index
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Walk
from app.text import folding
from app.walks import colours, neighbours

log = logging.getLogger(__name__)

BATCH = 500
REWRITTEN = (Walk.number, Walk.words, Walk.colour, Walk.starts, Walk.ends, Walk.given_title)


@dataclass(frozen=True, slots=True)
class ReindexProgress:
    """How far the words are written anew: walks done in this run, the last one's number, and how many are left."""

    done: int
    last: int
    left: int


def reindex(*, after: int = 0, batch: int = BATCH) -> Iterator[ReindexProgress]:
    """Write words, ends and colours of all walks with a greater number than ``after``, a batch to a transaction.

    What was yielded is written for good: a run that was interrupted is taken up with its ``last``. The database's own
    index follows within the same transaction, so that whoever searches meanwhile finds each walk as it was or as it is.
    """
    done, wanted = 0, _count_after(after)
    while numbers := _numbers(after, batch):
        _write(numbers, _colours(numbers))
        done, after = done + len(numbers), numbers[-1]
        yield ReindexProgress(done, after, max(0, wanted - done))


def _numbers(after: int, batch: int) -> list[int]:
    query = select(Walk.number).where(Walk.number > after, Walk.deleted_at.is_(None)).order_by(Walk.number)
    return list(db.session.scalars(query.limit(batch)))


def _colours(numbers: list[int]) -> dict[int, str]:
    """Look at the posters of those walks that have no colour yet; a poster that cannot be read is left for later."""
    query = select(Walk.number, Medium.path).join(Medium, Medium.walk_number == Walk.number)
    query = query.where(Walk.number.in_(numbers), Walk.colour.is_(None), Medium.kind == "poster")
    found = {}
    for number, path in db.session.execute(query).all():
        try:
            found[number] = colours.main(media_store.store().read_bytes(path))
        except (MediaError, OSError) as error:
            log.warning("The poster %s could not be read: %s", path, error)
    return found


def _write(numbers: list[int], found: dict[int, str]) -> None:
    with writing() as session:
        query = select(Walk).where(Walk.number.in_(numbers), Walk.deleted_at.is_(None))
        for walk in session.scalars(query.options(load_only(*REWRITTEN), selectinload(Walk.stops))):
            walk.words = folding.index_text(walk.searchable_texts)
            walk.colour = found.get(walk.number, walk.colour)
            neighbours.mark(walk)
        session.flush()
        text_index.recount(session, numbers)
    db.session.expunge_all()  # a million walks need not be in memory at once


def _count_after(number: int) -> int:
    query = select(func.count()).where(Walk.number > number, Walk.deleted_at.is_(None))
    return db.session.scalar(query) or 0
