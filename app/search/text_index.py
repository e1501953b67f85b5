"""The index of public walks: one narrow row for each (``walk_models.GalleryEntry``), and its words for each engine.

The database itself keeps it, by triggers on walks and stops (migrations/versions/0009 and 0014): whoever publishes,
hides or deletes a walk, the index follows within the same transaction. Words are in an FTS5 table on SQLite, and in a
tsvector with a GIN index on Postgres. A walk's place says when it was finished, to the millisecond; its number decides
ties.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, literal, literal_column, or_, select, text, update
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, aliased

from app.search.terms import ParsedQuery, Term
from app.storage.database import db, is_sqlite, writing
from app.storage.walk_models import GalleryEntry, Walk
from app.text import folding

FACET = "="
"""Stands before what is known of a walk besides its words."""

ALL = FACET + "any"
SHIFT = 20
PLACE_MAX = 2**62
NEAR = 5_000
"""How many walks beyond a cursor Postgres looks through, to find what is common and to learn how common the rest is."""

HIT_COST = 12
"""How many walks, one after the other, are looked through in the time that a hit takes which the index of words names:
it lies anywhere."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """What is looked for: terms and facets, within dates. Of each row of facets one must be there, and all terms."""

    asked: ParsedQuery | None = None
    facets: tuple[tuple[str, ...], ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def is_by_dates(self) -> bool:
        """Tell whether nothing but dates says what is looked for."""
        return self.asked is None and not self.facets

    @property
    def is_everything(self) -> bool:
        """Tell whether all public walks are looked for."""
        return self.is_by_dates and self.since is None and self.until is None


def is_compared(_object: Any, name: str | None, *_: Any) -> bool:
    """Tell whether the models know of a thing in the database, for Alembic; each engine's own part they do not."""
    return name not in ("search", "ix_hung_search") and not str(name).startswith("hung_words")


def facet(kind: str, value: object) -> str:
    """Name what is known of a walk as the triggers do: ``=s3``, of words (``h``, ``m``) the bytes in hexadecimal."""
    return f"{FACET}{kind}{str(value).encode().hex() if kind in 'hm' else value}"


def first_place(day: date) -> int:
    """Return the place where a day begins; of one too far off for a place, the last."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return min(((moment - EPOCH) // timedelta(milliseconds=1)) << SHIFT, PLACE_MAX)


def places(sought: IndexQuery, *, after: int | None = None, limit: int, oldest_first: bool = False) -> list[int]:
    """Return the places of the first walks in the order of time, beyond the place ``after``."""
    low, high = bounds(sought)
    if after is not None and oldest_first:
        low = max(low, after + 1)
    elif after is not None:
        high = min(high, after)
    if sought.is_by_dates:
        query = select(GalleryEntry.place).where(GalleryEntry.place >= low, GalleryEntry.place < high)
        return list(db.session.scalars(query.order_by(_order(oldest_first)).limit(limit)))
    find = _find_sqlite if is_sqlite() else _find_postgres
    return find(sought, low, high, limit, oldest_first)


class Row(NamedTuple):
    """What the index holds of a walk."""

    place: int
    number: int
    words: str
    evenness: float
    walked: int
    drawn: int


def rows(places: Sequence[int]) -> list[Row]:
    """Return what is held of the walks at these places, in no order."""
    table = select(*(getattr(GalleryEntry, name) for name in Row._fields)).where(_is_one_of(GalleryEntry.place))
    return [Row(*row) for row in db.session.execute(table, {"values": json.dumps(list(places))})]


def _is_one_of(column: Any) -> Any:
    """Compare with ``values``: one value, however many they are, neither written out nor read as a statement anew."""
    return column.in_(
        text(
            "SELECT value FROM json_each(:values)"
            if is_sqlite()
            else "SELECT value::bigint FROM jsonb_array_elements(CAST(:values AS jsonb)) AS each(value)"
        )
    )


def count(sought: IndexQuery, most: int) -> int:
    """Count what is found, up to one more than ``most``."""
    low, high = bounds(sought)
    if sought.is_by_dates:
        inner = (
            select(GalleryEntry.place)
            .where(GalleryEntry.place >= low, GalleryEntry.place < high)
            .limit(most + 1)
            .subquery()
        )
        return db.session.scalar(select(func.count()).select_from(inner)) or 0
    if is_sqlite():
        return db.session.scalar(COUNT, _values(sought, low, high, most + 1)) or 0
    return _count_postgres((GalleryEntry.place >= low, GalleryEntry.place < high), sought, most + 1)


def passing(numbers: Iterable[int], sought: IndexQuery) -> list[int]:
    """Keep those of the walks that are public and have the facets, lie within the dates and lack what is unwanted."""
    wanted = list(dict.fromkeys(numbers))
    low, high = bounds(sought)
    reads = bool(sought.facets) or bool(sought.asked and any(term.unwanted for term in sought.asked.terms))
    found = select(GalleryEntry.number, GalleryEntry.words if reads else literal("")).where(
        _is_one_of(GalleryEntry.number), GalleryEntry.place >= low, GalleryEntry.place < high
    )
    rows = db.session.execute(found, {"values": json.dumps(wanted)})
    kept = {number for number, words in rows if not reads or _passes(words.split(), sought)}
    return [number for number in wanted if number in kept]


def bounds(sought: IndexQuery) -> tuple[int, int]:
    """Return the least place within the dates, and the first beyond them."""
    low = first_place(sought.since) if sought.since else -PLACE_MAX
    high = first_place(sought.until + timedelta(days=1)) if sought.until and sought.until < date.max else PLACE_MAX
    return low, high


def recount(session: Session, numbers: Sequence[int]) -> None:
    """Count anew how many public walks go on from each of these: the triggers only count up and down."""
    child, hanging = aliased(Walk), aliased(GalleryEntry)
    parent = select(Walk.id).where(Walk.number == GalleryEntry.number).correlate(GalleryEntry).scalar_subquery()
    counted = (
        select(func.count())
        .select_from(child)
        .join(hanging, hanging.number == child.number)
        .where(or_(child.continues == parent, child.remix_of == parent))
    )
    session.execute(
        update(GalleryEntry)
        .where(GalleryEntry.number.in_(numbers))
        .values(walked=counted.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _order(oldest_first: bool) -> Any:
    return GalleryEntry.place.asc() if oldest_first else GalleryEntry.place.desc()


def _passes(words: Sequence[str], sought: IndexQuery) -> bool:
    there = set(words)
    if not all(there.intersection(row) for row in sought.facets):
        return False
    unwanted = [term for term in sought.asked.terms if term.unwanted] if sought.asked else []
    return not any(_holds(term, words, there) for term in unwanted)


def _holds(term: Term, words: Sequence[str], there: set[str]) -> bool:
    if len(term.words) > 1:
        size = len(term.words)
        return any(tuple(words[at : at + size]) == term.words for at in range(len(words) - size + 1))
    (word,) = term.words
    if term.exact:
        return word in there
    stem = folding.stem(word)
    return bool(there & {word, stem, folding.STEM + stem})


def forget_deleted() -> None:
    """Leave nothing of what was deleted in the files of SQLite, whose index and log keep it until they are rewritten.

    Postgres does as much by itself, by its autovacuum.
    """
    if not is_sqlite():
        return
    with writing() as session:
        session.execute(text("INSERT INTO hung_words(hung_words) VALUES ('optimize')"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


# SQLite: FTS5 keeps the places of each word in their order, and gives as many as are wanted.


FOUND = "SELECT rowid FROM hung_words WHERE hung_words MATCH :sought AND rowid >= :low AND rowid < :high"
NEWEST_FIRST = text(FOUND + " ORDER BY rowid DESC LIMIT :limit")
OLDEST_FIRST = text(FOUND + " ORDER BY rowid LIMIT :limit")
COUNT = text("SELECT count(*) FROM (" + FOUND + " LIMIT :limit)")  # nosec B608  # noqa: S608 - all of it is ours


def _find_sqlite(sought: IndexQuery, low: int, high: int, limit: int, oldest_first: bool) -> list[int]:
    return list(db.session.scalars(OLDEST_FIRST if oldest_first else NEWEST_FIRST, _values(sought, low, high, limit)))


def _values(sought: IndexQuery, low: int, high: int, limit: int) -> dict[str, Any]:
    return {"sought": _fts5(sought), "low": low, "high": high, "limit": limit}


def _fts5(sought: IndexQuery) -> str:
    """Write what is sought for FTS5; every word stands in quotes and holds none."""
    terms = sought.asked.terms if sought.asked else ()
    must = [_fts5_term(term) for term in terms if not term.unwanted]
    if sought.asked is not None and sought.asked.seed is not None:
        must = [f'({must[0]} OR "{facet("d", sought.asked.seed)}")']
    must += [f"({' OR '.join(_quoted(value) for value in row)})" for row in sought.facets]
    must_not = [_fts5_term(term) for term in terms if term.unwanted]
    written = " AND ".join(must or [_quoted(ALL)])
    return f"({written}) NOT ({' OR '.join(must_not)})" if must_not else written


def _fts5_term(term: Term) -> str:
    goes_on = " *" if term.beginning else ""
    if term.exact or len(term.words) > 1:
        return f'"{" ".join(term.words)}"{goes_on}'
    found = [_quoted(word) for word in _forms(term.words[0])]
    return f"({' OR '.join([*found, *([_quoted(term.words[0]) + goes_on] if goes_on else [])])})"


def _quoted(word: str) -> str:
    return f'"{word}"'


def _forms(word: str) -> list[str]:
    """List what a walk's words hold where one of them has the stem of ``word``."""
    stem = folding.stem(word)
    return list(dict.fromkeys((word, stem, folding.STEM + stem)))


# Postgres: GIN knows all hits of a word, in no order.


PLANS = text("SELECT set_config('enable_seqscan', :any, true), set_config('enable_indexscan', :any, true)")


def _find_postgres(sought: IndexQuery, low: int, high: int, limit: int, oldest_first: bool) -> list[int]:
    within = (GalleryEntry.place >= low, GalleryEntry.place < high)
    found = _common(within, sought, limit, oldest_first, in_order=True)
    return found if len(found) == limit else _hits(within, sought, limit, oldest_first)


def _hits(within: Any, sought: IndexQuery, limit: int, oldest_first: bool) -> list[int]:
    """Put all hits in order: they are few, or it would take longer to look through the walks."""
    hits = select(GalleryEntry.place).where(*within, _matches(sought)).cte("hits")
    hits = hits.prefix_with("MATERIALIZED", dialect="postgresql")
    order = hits.c.place.asc() if oldest_first else hits.c.place.desc()
    return list(db.session.scalars(select(hits.c.place).order_by(order).limit(limit)))


def _count_postgres(within: Any, sought: IndexQuery, limit: int) -> int:
    if len(_common(within, sought, limit, False, in_order=False)) == limit:
        return limit
    hits = select(GalleryEntry.place).where(*within, _matches(sought)).limit(limit).subquery()
    db.session.execute(PLANS, {"any": "off"})  # else it looks through all walks for what it takes for common
    count = db.session.scalar(select(func.count()).select_from(hits)) or 0
    db.session.execute(PLANS, {"any": "on"})  # not after an error: what a failed transaction set is undone with it
    return count


def _common(within: Any, sought: IndexQuery, limit: int, oldest_first: bool, *, in_order: bool) -> list[int]:
    """Find what is common by looking through the first walks; fewer than wanted where the index of words is shorter."""
    found = _near(within, NEAR, sought, limit, oldest_first)
    if len(found) < limit and (reach := _reach(len(found), limit, in_order=in_order)):
        found = _near(within, reach, sought, limit, oldest_first)
    return found


def _reach(found: int, limit: int, *, in_order: bool) -> int:
    """Say among how many walks enough lie, by those found near; 0 where the index of words is the shorter way.

    That names all hits; to put them in order each must be fetched, to count them no more than are wanted.
    """
    if not found:
        return 0
    hanging = db.session.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'hung'::regclass")) or 0
    hits, reach = found * hanging / NEAR, limit * NEAR // found
    fetched = hits if in_order else min(hits, limit)
    return 2 * reach if reach < HIT_COST * fetched + hits else 0


def _near(within: Any, reach: int, sought: IndexQuery, limit: int, oldest_first: bool) -> list[int]:
    """Find among the first walks alone."""
    rows: Any = select(GalleryEntry.place, literal_column("hung.search").label("search")).where(*within)
    near = rows.order_by(_order(oldest_first)).limit(reach).subquery("near")
    order = near.c.place.asc() if oldest_first else near.c.place.desc()
    matching = near.c.search.op("@@")(_tsquery(sought))
    return list(db.session.scalars(select(near.c.place).where(matching).order_by(order).limit(limit)))


def _matches(sought: IndexQuery) -> Any:
    return literal_column("hung.search").op("@@")(_tsquery(sought))


def _tsquery(sought: IndexQuery) -> Any:
    return cast(literal(_written(sought), String), TSQUERY)


def _written(sought: IndexQuery) -> str:
    """Write what is sought for Postgres; every word stands in quotes and holds none."""
    terms = sought.asked.terms if sought.asked else ()
    parts = []
    for term in terms:
        written = _tsquery_term(term)
        parts.append(f"!({written})" if term.unwanted else written)
    if sought.asked is not None and sought.asked.seed is not None:
        parts = [f"({parts[0]} | '{facet('d', sought.asked.seed)}')"]
    parts += [f"({' | '.join(_lexeme(value) for value in row)})" for row in sought.facets]
    return " & ".join(parts)


def _tsquery_term(term: Term) -> str:
    goes_on = ":*" if term.beginning else ""
    if term.exact or len(term.words) > 1:
        *first, last = term.words
        return f"({' <-> '.join([*(_lexeme(word) for word in first), _lexeme(last) + goes_on])})"
    found = [_lexeme(word) for word in _forms(term.words[0])]
    return f"({' | '.join([*found, *([_lexeme(term.words[0]) + goes_on] if goes_on else [])])})"


def _lexeme(word: str) -> str:
    return f"'{word}'"
