"""Rebuild the search data of all walks: words, first and last stops, colours, and counts of continuations."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import load_only, selectinload

from app.collection.search import text_index
from app.core.errors import MediaError
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Walk
from app.walks.saved import colours, neighbours

log = logging.getLogger(__name__)

BATCH = 500
REWRITTEN = (Walk.number, Walk.search_text, Walk.colour, Walk.first_stop_key, Walk.last_stop_key, Walk.given_title)


@dataclass(frozen=True, slots=True)
class ReindexProgress:
    """Progress of a reindexing: walks done in this run, the number of the last one, and how many are left."""

    done: int
    last: int
    left: int


def reindex(*, after: int = 0, batch: int = BATCH) -> Iterator[ReindexProgress]:
    """Rebuild the search data of the walks with numbers above ``after``, one transaction per batch; yield progress.

    A batch is committed before its progress is yielded: to resume an interrupted run, pass ``last`` as ``after``. The
    search index is updated in the same transaction, so concurrent searches see each walk before or after the change.
    """
    done, total = 0, _count_after(after)
    while numbers := _numbers(after, batch):
        _write(numbers, _colours(numbers))
        done, after = done + len(numbers), numbers[-1]
        yield ReindexProgress(done, after, max(0, total - done))


def _numbers(after: int, batch: int) -> list[int]:
    query = select(Walk.number).where(Walk.number > after, Walk.deleted_at.is_(None)).order_by(Walk.number)
    return list(db.session.scalars(query.limit(batch)))


def _colours(numbers: list[int]) -> dict[int, str]:
    """Return the main colours of the walks that have none yet; skip and log posters that cannot be read."""
    query = select(Walk.number, Medium.path).join(Medium, Medium.walk_number == Walk.number)
    query = query.where(Walk.number.in_(numbers), Walk.colour.is_(None), Medium.kind == "poster")
    main_colours = {}
    for number, path in db.session.execute(query).all():
        try:
            main_colours[number] = colours.main(media_store.store().read_bytes(path))
        except (MediaError, OSError) as error:
            log.warning("The poster %s could not be read: %s", path, error)
    return main_colours


def _write(numbers: list[int], main_colours: dict[int, str]) -> None:
    with writing() as session:
        query = select(Walk).where(Walk.number.in_(numbers), Walk.deleted_at.is_(None))
        for walk in session.scalars(query.options(load_only(*REWRITTEN), selectinload(Walk.stops))):
            walk.search_text = walk.search_words
            walk.colour = main_colours.get(walk.number, walk.colour)
            neighbours.mark(walk)
        session.flush()
        text_index.recount(session, numbers)
    db.session.expunge_all()  # else a million walks would stay in memory


def _count_after(number: int) -> int:
    query = select(func.count()).where(Walk.number > number, Walk.deleted_at.is_(None))
    return db.session.scalar(query) or 0
