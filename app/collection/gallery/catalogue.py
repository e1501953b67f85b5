"""The gallery: finished, public walks in pages with cursors, searched, filtered and sorted.

The order of time, and any order of the whole gallery, is paginated to its end (keyset pagination). The best matches of
a search, and search or filter results in another order than that of time, are a bounded list of the newest matches.
"""

import math
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app
from sqlalchemy import Select, bindparam, func, select, tuple_

from app.collection.gallery import cursors
from app.collection.gallery.catalogue_query import BEST, NEWEST, OLDEST, SMOOTHEST, SURPRISE, WALKED, CatalogueQuery
from app.collection.search import ranking, semantic_search, terms, text_index
from app.collection.search.text_index import IndexQuery
from app.offer.generation.limits import SEED_MAX
from app.storage.database import db
from app.storage.walk_models import GalleryEntry, Walk
from app.walks.saved import lookup
from app.walks.saved.lookup import select_public

COUNTED = 1_000
"""The most matches that are counted; pages show "more than 1,000" above it."""

TOTAL_COUNTED = 10_000
TOTAL_SECONDS = 60.0
"""With ``TOTAL_COUNTED`` walks or more, the count is cached for this many seconds."""

LISTED = 500
"""How many of the newest matches are sorted in an order other than that of time."""


@dataclass(frozen=True)
class CataloguePage:
    """One page of walks, and the cursors of the pages before and after it (``None`` at an end of the list).

    ``numbers`` are those of the walks. ``hit_count`` is the number of walks that match words and filters, at most
    ``COUNTED + 1``; ``None`` for the whole gallery. ``near_count`` is the number of further walks that semantic search
    added. ``offset`` is the distance of the page from the beginning of the list, from 0 to 1. ``draw`` is the seed of
    the random order.
    """

    numbers: list[int]
    newer: str | None
    older: str | None
    hit_count: int | None = None
    near_count: int = 0
    offset: float = 0.0
    draw: int | None = None

    @cached_property
    def walks(self) -> list[Walk]:
        """Return its walks that are still public, loaded when they are first needed."""
        return with_numbers(self.numbers, options=lookup.WHOLE)


def total() -> int:
    """Return the number of public walks; from ``TOTAL_COUNTED`` on, up to ``TOTAL_SECONDS`` old."""
    cached: tuple[float, int] = current_app.extensions.get("walks_counted", (-math.inf, 0))
    if time.monotonic() - cached[0] <= TOTAL_SECONDS:
        return cached[1]
    counted = db.session.scalar(
        select(func.count()).select_from(select(GalleryEntry.number).limit(TOTAL_COUNTED).subquery())
    )
    if (counted or 0) < TOTAL_COUNTED:
        return counted or 0
    counted = db.session.scalar(select(func.count(GalleryEntry.number))) or 0
    current_app.extensions["walks_counted"] = (time.monotonic(), counted)
    return counted


def recent_numbers(limit: int, *, excluding: Walk | None = None, featured_first: bool = False) -> list[int]:
    """Return the numbers of up to ``limit`` of the newest public walks, without ``excluding``.

    With ``featured_first``, featured walks come first, the most recently featured one leading.
    """
    featured = _featured(limit) if featured_first else []
    excluded = {*featured} | ({excluding.number} if excluding else set())
    newest = db.session.connection().execute(NEWEST_NUMBERS, {"limit": limit + len(excluded)}).scalars()
    return [*featured, *(number for number in newest if number not in excluded)][:limit]


def with_numbers(numbers: list[int], *, options: Any = lookup.CARD) -> list[Walk]:
    """Return the public walks with these numbers in their order.

    :param options: what is loaded of them: ``lookup.CARD`` if only their cards are shown, else ``lookup.WHOLE``.
    """
    if not numbers:
        return []
    query = select(Walk).where(Walk.number.in_(numbers)).options(*options)
    walks = {walk.number: walk for walk in db.session.scalars(query)}
    return lookup.without_deleted(walks[each] for each in numbers if each in walks and walks[each].is_public)


def related_numbers(walk: Walk, limit: int, *, excluding: Collection[Walk] = ()) -> list[int]:
    """Return the numbers of up to ``limit`` public walks: those nearest to ``walk`` in meaning, then the newest."""
    left_out = {walk.number, *(each.number for each in excluding)}
    near = text_index.filter_numbers(semantic_search.similar_numbers(walk), IndexQuery())
    found = [number for number in near if number not in left_out][:limit]
    newest = recent_numbers(limit + len(left_out) + len(found)) if len(found) < limit else []
    return [*found, *(number for number in newest if number not in left_out.union(found))][:limit]


def beside(walk: Walk) -> tuple[str | None, str | None]:
    """Return the IDs of the walks that hang before and after a public walk, newest first; ``None`` at an end."""
    before, after = db.session.execute(BESIDE, {"number": walk.number}).one()
    return before, after


def _beside() -> Select[Any]:
    finish_key = select(GalleryEntry.finish_key).where(GalleryEntry.number == bindparam("number")).scalar_subquery()
    newer = select(func.min(GalleryEntry.finish_key)).where(GalleryEntry.finish_key > finish_key).scalar_subquery()
    older = select(func.max(GalleryEntry.finish_key)).where(GalleryEntry.finish_key < finish_key).scalar_subquery()
    rows = select(Walk.id).join(GalleryEntry, GalleryEntry.number == Walk.number)
    return select(*(rows.where(GalleryEntry.finish_key == each).scalar_subquery() for each in (newer, older)))


BESIDE = _beside()


def random_walk(*, excluding: Walk | None = None) -> Walk | None:
    """Return a random public walk other than ``excluding``, or ``None`` if there is none."""
    finish_keys = [finish_key for _, finish_key in _around(secrets.randbelow(SEED_MAX + 1), None, 2, backward=False)]
    walks = with_numbers(_numbers(finish_keys), options=lookup.WHOLE)
    return next((walk for walk in walks if excluding is None or walk.number != excluding.number), None)


def _featured(limit: int) -> list[int]:
    connection = db.session.connection()
    numbers = connection.execute(EVER_FEATURED).scalars().all()
    if not numbers:  # the usual case; in one query, SQLite would scan all public walks
        return []
    return list(connection.execute(FEATURED, {"numbers": numbers, "limit": limit}).scalars())


NEWEST_NUMBERS = select(GalleryEntry.number).order_by(GalleryEntry.finish_key.desc()).limit(bindparam("limit"))
EVER_FEATURED = select(Walk.number).where(Walk.featured_at.is_not(None))
FEATURED = (
    select_public()
    .with_only_columns(Walk.number)
    .where(Walk.number.in_(bindparam("numbers", expanding=True)))
    .order_by(Walk.featured_at.desc(), Walk.number.desc())
    .limit(bindparam("limit"))
)


def page(query: CatalogueQuery | str = "", *, cursor: str | None = None, limit: int | None = None) -> CataloguePage:
    """Return one page of the walks that a query or search text selects. A walk's ID or address selects that walk.

    :param cursor: the cursor of a neighbouring page; ``None`` for the first page.
    :param limit: the number of walks on the page; the setting ``PAGE_SIZE`` by default.
    :raises InvalidInput: for a search that is too long or complex, or an invalid cursor.
    """
    choice = CatalogueQuery().model_copy(update={"q": query}) if isinstance(query, str) else query
    limit = limit or int(current_app.config["PAGE_SIZE"])
    if named := lookup.public_walk(lookup.id_in(choice.q)):
        return CataloguePage([named.number], None, None, hit_count=1)
    index_query = choice.index_query()
    if index_query.text_query is not None and not index_query.text_query.terms:
        return CataloguePage([], None, None, hit_count=0)
    if choice.order in (NEWEST, OLDEST):
        result = _by_time(choice, index_query, cursor, limit)
    elif choice.order == BEST or not index_query.is_everything:
        result = _bounded_list(choice, index_query, cursor, limit)
    else:
        result = _by_column(choice, cursor, limit)
    return result


def _by_time(choice: CatalogueQuery, index_query: IndexQuery, cursor: str | None, limit: int) -> CataloguePage:
    """Return a page of the matches sorted by time, newest or oldest first."""
    backward, finish_key = cursors.decode(cursor, choice.order, bool, int) if cursor else (False, None)
    oldest_first = (choice.order == OLDEST) != bool(backward)
    after = None if finish_key is None else int(finish_key)
    finish_keys = text_index.finish_keys(index_query, after=after, limit=limit + 1, oldest_first=oldest_first)
    more, finish_keys = len(finish_keys) > limit, finish_keys[:limit]
    if backward:
        finish_keys.reverse()

    def write(finish_key: int, *, backward: bool) -> str:
        return cursors.encode(choice.order, backward, finish_key)

    return CataloguePage(
        _numbers(finish_keys),
        newer=write(finish_keys[0], backward=True)
        if finish_keys and (more if backward else after is not None)
        else None,
        older=write(finish_keys[-1], backward=False) if finish_keys and (backward or more) else None,
        hit_count=None if index_query.is_everything else text_index.count(index_query, COUNTED),
        offset=_time_offset(finish_keys[0], choice.order) if finish_keys and after is not None else 0.0,
    )


def _time_offset(finish_key: int, order: str) -> float:
    """Return where a place lies in time between the first and the last walk of the order, from 0 to 1."""
    newest = _newest_finish_key() or finish_key
    oldest = db.session.scalar(select(GalleryEntry.finish_key).order_by(GalleryEntry.finish_key).limit(1)) or finish_key
    share = (newest - finish_key) / max(newest - oldest, 1)
    return min(1.0, max(0.0, 1 - share if order == OLDEST else share))


def _newest_finish_key() -> int:
    return db.session.scalar(select(GalleryEntry.finish_key).order_by(GalleryEntry.finish_key.desc()).limit(1)) or 0


def _draw(choice: CatalogueQuery) -> int:
    """Return the seed of the random order ("surprise me"): the one in the URL, or a new one; 0 for other orders."""
    if choice.draw is not None or choice.order != SURPRISE:
        return choice.draw or 0
    return secrets.randbelow(SEED_MAX + 1)


def _bounded_list(choice: CatalogueQuery, index_query: IndexQuery, cursor: str | None, limit: int) -> CataloguePage:
    """Return a page of a bounded list: the best matches, or the newest matches in another order.

    The cursor fixes the newest walk of the list, so that walks published later do not shift its pages.
    """
    start, as_of, draw = 0, _newest_finish_key(), _draw(choice)
    if cursor:
        start, as_of, draw = (int(each) for each in cursors.decode(cursor, choice.order, int, int, int))
    finish_keys = text_index.finish_keys(index_query, after=as_of + 1, limit=COUNTED + 1)
    rows = text_index.rows(finish_keys[:LISTED])
    ordered = [row.number for row in sorted(rows, key=_key(choice.order, index_query, draw), reverse=True)]
    near_count = 0
    if choice.order == BEST:
        others = [text_index.filter_numbers(ranker(choice.q), index_query) for ranker in ranking.rankers()]
        ordered, by_words = ranking.fuse_rankings(ordered, *others), set(ordered)
        near_count = sum(number not in by_words for number in ordered)
    numbers = ordered[start : start + limit]

    def write(begin: int) -> str:
        return cursors.encode(choice.order, max(0, begin), as_of, draw)

    return CataloguePage(
        numbers,
        newer=write(start - limit) if start and ordered else None,
        older=write(start + limit) if start + limit < len(ordered) else None,
        hit_count=len(finish_keys),
        near_count=near_count,
        offset=start / len(ordered) if ordered else 0.0,
        draw=draw,
    )


def _key(order: str, index_query: IndexQuery, draw: int) -> Callable[[text_index.Row], tuple[float, int]]:
    """Return the sort key of an order; the greatest key comes first, and of equal walks the newest."""
    text_query = index_query.text_query or terms.ParsedQuery(())
    keys: dict[str, Callable[[text_index.Row], float]] = {
        BEST: lambda row: text_query.relevance(row.search_text),
        SMOOTHEST: lambda row: row.evenness,
        WALKED: lambda row: row.continuations,
        SURPRISE: lambda row: -((row.random_key - draw) % (SEED_MAX + 1)),
    }
    return lambda row: (keys[order](row), row.finish_key)


def _by_column(choice: CatalogueQuery, cursor: str | None, limit: int) -> CataloguePage:
    """Return a page of all public walks sorted by smoothness, by the number of continuations, or at random."""
    column, kind = {
        SMOOTHEST: (GalleryEntry.evenness, float),
        WALKED: (GalleryEntry.continuations, int),
        SURPRISE: (GalleryEntry.random_key, int),
    }[choice.order]
    draw = _draw(choice)
    backward, after = False, None
    if cursor:
        backward, value, finish_key, draw = cursors.decode(cursor, choice.order, bool, kind, int, int)  # type: ignore[assignment]
        after = (value, finish_key)
    if choice.order == SURPRISE:
        rows = _around(draw, after, limit + 1, backward=backward)
    else:
        rows = _along(column, after, limit + 1, descending=not backward)
    more, rows = len(rows) > limit, rows[:limit]
    if backward:
        rows.reverse()

    def write(row: Any, *, backward: bool) -> str:
        return cursors.encode(choice.order, backward, row[0], row[1], draw)

    return CataloguePage(
        _numbers([finish_key for _, finish_key in rows]),
        newer=write(rows[0], backward=True) if rows and (more if backward else after is not None) else None,
        older=write(rows[-1], backward=False) if rows and (backward or more) else None,
        offset=0.5 if after is not None else 0.0,
        draw=draw,
    )


def _along(column: Any, after: Any, limit: int, *within: Any, descending: bool) -> list[Any]:
    """Return the value and place of up to ``limit`` rows after ``after`` in the order of ``column``."""
    columns = column, GalleryEntry.finish_key
    query = select(*columns).where(*within)
    if after is not None:
        query = query.where(tuple_(*columns) < after if descending else tuple_(*columns) > after)
    order = [each.desc() if descending else each.asc() for each in columns]
    return [tuple(row) for row in db.session.execute(query.order_by(*order).limit(limit))]


def _around(draw: int, after: Any, limit: int, *, backward: bool) -> list[Any]:
    """Return up to ``limit`` rows in the random order, a circle of numbers that begins and ends at ``draw``."""
    halves = [GalleryEntry.random_key >= draw, GalleryEntry.random_key < draw]
    at = 0 if after is None or after[0] >= draw else 1
    parts = [(halves[at], after)]
    if at == (1 if backward else 0):
        parts.append((halves[1 - at], None))
    rows: list[Any] = []
    for half, begin in parts:
        if len(rows) < limit:
            rows += _along(GalleryEntry.random_key, begin, limit - len(rows), half, descending=backward)
    return rows


def _numbers(finish_keys: list[int]) -> list[int]:
    """Return the numbers of the walks at these places, in this order; without walks deleted meanwhile."""
    found = db.session.connection().execute(NUMBERS, {"places": finish_keys}).all() if finish_keys else []
    numbers = dict(found)
    return [numbers[finish_key] for finish_key in finish_keys if finish_key in numbers]


NUMBERS = select(GalleryEntry.finish_key, GalleryEntry.number).where(
    GalleryEntry.finish_key.in_(bindparam("places", expanding=True))
)
