"""The gallery: finished, public walks, in any of its orders, in keyset pages, and what a search finds of them.

What is in the order of time, or all of the gallery in another order, is leafed through to its end. The best of a
search, and any other order of what a search or a filter finds, is a bounded list: that of the newest among the hits.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import selectinload

from app.gallery import cursors
from app.gallery.catalogue_query import BEST, NEWEST, OLDEST, SMOOTHEST, SURPRISE, WALKED, CatalogueQuery
from app.generation.limits import SEED_MAX
from app.search import ranking, terms, text_index
from app.search.text_index import IndexQuery
from app.storage.database import db
from app.storage.walk_models import GalleryEntry, Walk
from app.walks import lookup
from app.walks.lookup import select_public

COUNTED = 1_000
"""How many hits are counted at most; what has more has "more than 1,000"."""

TOTAL_COUNTED = 10_000
TOTAL_SECONDS = 60.0
"""Beyond so many walks their number is counted anew so often only."""

LISTED = 500
"""How many of the newest hits are put in an order other than that of time."""


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some walks in a row, and the cursors beside them (``None`` where the row ends).

    ``found`` says how many walks were found by words and filters, up to one more than ``COUNTED``; ``near`` how many
    more come near. ``back`` says how far the page is from the list's beginning, from 0 to 1.
    """

    walks: list[Walk]
    newer: str | None
    older: str | None
    found: int | None = None
    near: int = 0
    back: float = 0.0
    draw: int | None = None


def total() -> int:
    """Count the public walks; of very many, as they were within the last minute."""
    counted = db.session.scalar(
        select(func.count()).select_from(select(GalleryEntry.number).limit(TOTAL_COUNTED).subquery())
    )
    if (counted or 0) < TOTAL_COUNTED:
        return counted or 0
    known: tuple[float, int] = current_app.extensions.get("walks_counted", (-TOTAL_SECONDS, 0))
    if time.monotonic() - known[0] > TOTAL_SECONDS:
        known = (time.monotonic(), db.session.scalar(select(func.count(GalleryEntry.number))) or 0)
        current_app.extensions["walks_counted"] = known
    return known[1]


def recent(limit: int, *, besides: Walk | None = None, featured_first: bool = False) -> list[Walk]:
    """Return the newest public walks; with ``featured_first``, behind those that were featured last."""
    chosen = _featured(limit) if featured_first else []
    shown = {walk.number for walk in chosen} | ({besides.number} if besides else set())
    newest = text_index.places(IndexQuery(), limit=limit + len(shown))
    others = [walk for walk in _walks(newest) if walk.number not in shown]
    return [*chosen, *others][:limit]


def by_chance(*, besides: Walk | None = None) -> Walk | None:
    """Return a public walk that is drawn by lot, other than this one; ``None`` where no other hangs."""
    keys = [place for _, place in _around(secrets.randbelow(SEED_MAX + 1), None, 2, backward=False)]
    return next((walk for walk in _walks(keys) if besides is None or walk.number != besides.number), None)


def _featured(limit: int) -> list[Walk]:
    numbers = db.session.scalars(select(Walk.number).where(Walk.featured_at.is_not(None))).all()
    if not numbers:  # as on most sites; asked together, SQLite would look through all public walks
        return []
    query = select_public().where(Walk.number.in_(numbers)).order_by(Walk.featured_at.desc(), Walk.number.desc())
    return lookup.without_deleted(walk for (walk,) in _run(query.limit(limit)))


def page(wanted: CatalogueQuery | str = "", *, cursor: str | None = None, limit: int | None = None) -> CataloguePage:
    """Return one page of the gallery, of those walks that were chosen, or that match what was typed.

    :raises InvalidInput: for an unusable query or a forged cursor.
    """
    choice = CatalogueQuery().model_copy(update={"q": wanted}) if isinstance(wanted, str) else wanted
    limit = limit or int(current_app.config["PAGE_SIZE"])
    sought = choice.sought()
    if sought.asked is not None and not sought.asked.terms:
        return CataloguePage([], None, None, found=0)
    if choice.order in (NEWEST, OLDEST):
        found = _in_time(choice, sought, cursor, limit)
    elif choice.order == BEST or not sought.is_everything:
        found = _listed(choice, sought, cursor, limit)
    else:
        found = _in_row(choice, cursor, limit)
    return found


def _in_time(choice: CatalogueQuery, sought: IndexQuery, cursor: str | None, limit: int) -> CataloguePage:
    """Leaf through what is found from the newest to the oldest, or the other way."""
    backward, place = cursors.read(cursor, choice.order, bool, int) if cursor else (False, None)
    oldest_first = (choice.order == OLDEST) != bool(backward)
    after = None if place is None else int(place)
    places = text_index.places(sought, after=after, limit=limit + 1, oldest_first=oldest_first)
    more, places = len(places) > limit, places[:limit]
    if backward:
        places.reverse()
    walks = _walks(places)

    def write(place: int, *, backward: bool) -> str:
        return cursors.write(choice.order, backward, place)

    return CataloguePage(
        walks,
        newer=write(places[0], backward=True) if places and (more if backward else after is not None) else None,
        older=write(places[-1], backward=False) if places and (backward or more) else None,
        found=None if sought.is_everything else text_index.count(sought, COUNTED),
        back=_back(places[0], choice.order) if places and after is not None else 0.0,
    )


def _back(place: int, order: str) -> float:
    """Say how far back in time a place is between the newest walk and the oldest, from 0 to 1."""
    newest = _newest_place() or place
    oldest = db.session.scalar(select(GalleryEntry.place).order_by(GalleryEntry.place).limit(1)) or place
    share = (newest - place) / max(newest - oldest, 1)
    return min(1.0, max(0.0, 1 - share if order == OLDEST else share))


def _newest_place() -> int:
    return db.session.scalar(select(GalleryEntry.place).order_by(GalleryEntry.place.desc()).limit(1)) or 0


def _draw(choice: CatalogueQuery) -> int:
    """Return the seed of "surprise me" that the address names, or a new one."""
    return choice.draw if choice.draw is not None else secrets.randbelow(SEED_MAX + 1)


def _listed(choice: CatalogueQuery, sought: IndexQuery, cursor: str | None, limit: int) -> CataloguePage:
    """Leaf through a bounded list: the best of what is found, or the newest of it in another order."""
    start, as_of, draw = 0, _newest_place(), _draw(choice)
    if cursor:
        start, as_of, draw = (int(each) for each in cursors.read(cursor, choice.order, int, int, int))
    places = text_index.places(sought, after=as_of + 1, limit=COUNTED + 1)
    rows = text_index.rows(places[:LISTED])
    ordered = [row.number for row in sorted(rows, key=_key(choice.order, sought, draw), reverse=True)]
    near = 0
    if choice.order == BEST:
        others = [text_index.passing(ranker(choice.q), sought) for ranker in ranking.rankers()]
        ordered, by_words = ranking.fuse_rankings(ordered, *others), set(ordered)
        near = sum(number not in by_words for number in ordered)
    shown = ordered[start : start + limit]

    def write(begin: int) -> str:
        return cursors.write(choice.order, max(0, begin), as_of, draw)

    return CataloguePage(
        _walks(shown, by=GalleryEntry.number),
        newer=write(start - limit) if start and ordered else None,
        older=write(start + limit) if start + limit < len(ordered) else None,
        found=len(places),
        near=near,
        back=start / len(ordered) if ordered else 0.0,
        draw=draw,
    )


def _key(order: str, sought: IndexQuery, draw: int) -> Callable[[text_index.Row], tuple[float, int]]:
    """Return by what a walk's row stands in an order, the greatest first; of equals the newest leads."""
    asked = sought.asked or terms.ParsedQuery(())
    keys: dict[str, Callable[[text_index.Row], float]] = {
        BEST: lambda row: asked.nearness(row.words),
        SMOOTHEST: lambda row: row.evenness,
        WALKED: lambda row: row.walked,
        SURPRISE: lambda row: -((row.drawn - draw) % (SEED_MAX + 1)),
    }
    return lambda row: (keys[order](row), row.place)


def _in_row(choice: CatalogueQuery, cursor: str | None, limit: int) -> CataloguePage:
    """Leaf through all public walks by smoothness, by how many go on from a walk, or by chance."""
    column, kind = {
        SMOOTHEST: (GalleryEntry.evenness, float),
        WALKED: (GalleryEntry.walked, int),
        SURPRISE: (GalleryEntry.drawn, int),
    }[choice.order]
    draw = _draw(choice)
    backward, after = False, None
    if cursor:
        backward, value, place, draw = cursors.read(cursor, choice.order, bool, kind, int, int)  # type: ignore[assignment]
        after = (value, place)
    if choice.order == SURPRISE:
        rows = _around(draw, after, limit + 1, backward=backward)
    else:
        rows = _along(column, after, limit + 1, descending=not backward)
    more, rows = len(rows) > limit, rows[:limit]
    if backward:
        rows.reverse()

    def write(row: Any, *, backward: bool) -> str:
        return cursors.write(choice.order, backward, row[0], row[1], draw)

    return CataloguePage(
        _walks([place for _, place in rows]),
        newer=write(rows[0], backward=True) if rows and (more if backward else after is not None) else None,
        older=write(rows[-1], backward=False) if rows and (backward or more) else None,
        back=0.5 if after is not None else 0.0,
        draw=draw,
    )


def _along(column: Any, after: Any, limit: int, *, descending: bool, within: Any = None) -> list[Any]:
    """Return value and place of the next rows in the order of a column."""
    query = select(column, GalleryEntry.place) if within is None else select(column, GalleryEntry.place).where(within)
    if after is not None:
        here = tuple_(column, GalleryEntry.place)
        query = query.where(here < after if descending else here > after)
    order = (column.desc(), GalleryEntry.place.desc()) if descending else (column.asc(), GalleryEntry.place.asc())
    return [tuple(row) for row in db.session.execute(query.order_by(*order).limit(limit))]


def _around(draw: int, after: Any, limit: int, *, backward: bool) -> list[Any]:
    """Return the next rows on the circle of chance, which begins at ``draw`` and ends before it."""
    halves = [GalleryEntry.drawn >= draw, GalleryEntry.drawn < draw]
    at = 0 if after is None or after[0] >= draw else 1
    way = [(halves[at], after)]
    if at == (1 if backward else 0):
        way.append((halves[1 - at], None))
    rows: list[Any] = []
    for half, begin in way:
        if len(rows) < limit:
            rows += _along(GalleryEntry.drawn, begin, limit - len(rows), descending=backward, within=half)
    return rows


def _walks(keys: list[int], *, by: Any = GalleryEntry.place) -> list[Walk]:
    """Return walks in the order of their places, or numbers; one that was taken down this moment is left out."""
    rows = _run(select(Walk).join(GalleryEntry, GalleryEntry.number == Walk.number).where(by.in_(keys)).add_columns(by))
    found = {key: walk for walk, key in rows}
    return lookup.without_deleted(found[key] for key in keys if key in found and found[key].is_public)


def _run(query: Any) -> list[Any]:
    options = (selectinload(Walk.stops), selectinload(Walk.media))
    return list(db.session.execute(query.options(*options)))
