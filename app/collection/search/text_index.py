"""Full-text search of the public walks, on SQLite (an FTS5 table) and Postgres (a tsvector with a GIN index).

The index has one row for each public walk (``walk_models.GalleryEntry``). Triggers on walks and stops maintain it
within the same transaction (migrations/versions/0009 and 0014). A walk's *place* is a number that sorts by the time at
which it was finished, in milliseconds, and then by its number. *Facets* are words of the index that begin with ``=``
and stand for properties of a walk, such as its number of stops.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, literal, literal_column, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from app.collection.search.terms import ParsedQuery, Term
from app.core.local_time import first_moment
from app.core.text import folding, plurals
from app.storage.database import db, is_sqlite, writing
from app.storage.upload_models import TABLES_BEFORE
from app.storage.walk_models import GalleryEntry, Walk

FACET = "="
"""The first character of a facet, by which facets differ from words."""

ALL = FACET + "any"
SHIFT = 20
FINISH_KEY_MAX = 2**62
NEAR = 5_000
"""How many walks after a cursor Postgres scans first, to find common words and to estimate how rare others are."""

HIT_COST = 12
"""The cost of fetching a match that the GIN index names, in walks scanned in sequence."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A query of the index: all terms must match, and of each tuple of facets one, within the dates (inclusive)."""

    text_query: ParsedQuery | None = None
    facets: tuple[tuple[str, ...], ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def is_by_dates(self) -> bool:
        """Return whether the query has neither terms nor facets."""
        return self.text_query is None and not self.facets

    @property
    def is_everything(self) -> bool:
        """Return whether the query matches all public walks."""
        return self.is_by_dates and self.since is None and self.until is None


def is_compared(_object: Any, name: str | None, *_: Any) -> bool:
    """Return whether Alembic compares a database object with the models.

    They lack the parts of one engine only, and the tables that are there for the release before.
    """
    return name not in ("search", "ix_hung_search", *TABLES_BEFORE) and not str(name).startswith("hung_words")


def facet(kind: str, value: object) -> str:
    """Return the facet for a property of a walk, as the triggers write it, such as ``=s3`` for three stops.

    Values of the kinds ``h`` (style) and ``m`` (model) are written in hexadecimal.
    """
    return f"{FACET}{kind}{str(value).encode().hex() if kind in 'hm' else value}"


def first_finish_key(day: date) -> int:
    """Return the least place of a day in the site's time zone, at most ``FINISH_KEY_MAX``."""
    return min(((first_moment(day) - EPOCH) // timedelta(milliseconds=1)) << SHIFT, FINISH_KEY_MAX)


def finish_keys(
    index_query: IndexQuery, *, after: int | None = None, limit: int, oldest_first: bool = False
) -> list[int]:
    """Return the places of up to ``limit`` matching walks, newest or oldest first.

    :param after: only places after this one in the order; ``None`` for the first page.
    """
    low, high = bounds(index_query)
    if after is not None and oldest_first:
        low = max(low, after + 1)
    elif after is not None:
        high = min(high, after)
    if index_query.is_by_dates:
        query = select(GalleryEntry.finish_key).where(GalleryEntry.finish_key >= low, GalleryEntry.finish_key < high)
        return list(db.session.scalars(query.order_by(_order(oldest_first)).limit(limit)))
    find = _find_sqlite if is_sqlite() else _find_postgres
    return find(index_query, low, high, limit, oldest_first)


class Row(NamedTuple):
    """The fields of a walk in the index by which results are sorted."""

    finish_key: int
    number: int
    search_text: str
    evenness: float
    continuations: int
    random_key: int


def rows(finish_keys: Sequence[int]) -> list[Row]:
    """Return the rows of the walks at these places, in no particular order."""
    table = select(*(getattr(GalleryEntry, name) for name in Row._fields)).where(_is_one_of(GalleryEntry.finish_key))
    found = db.session.connection().execute(table, {"values": json.dumps(list(finish_keys))}).all()
    return [*map(Row._make, found)]


def _is_one_of(column: Any) -> Any:
    """Return the condition that a column is one of the bound parameter ``values``, a JSON list.

    A single parameter keeps the statement the same for any number of values, so it is compiled once.
    """
    return column.in_(
        text(
            "SELECT value FROM json_each(:values)"
            if is_sqlite()
            else "SELECT value::bigint FROM jsonb_array_elements(CAST(:values AS jsonb)) AS each(value)"
        )
    )


def count(index_query: IndexQuery, most: int) -> int:
    """Return the number of matching walks, at most ``most + 1``."""
    low, high = bounds(index_query)
    within = GalleryEntry.finish_key >= low, GalleryEntry.finish_key < high
    if index_query.is_by_dates:
        inner = select(GalleryEntry.finish_key).where(*within).limit(most + 1).subquery()
        return db.session.scalar(select(func.count()).select_from(inner)) or 0
    if is_sqlite():
        return db.session.scalar(COUNT, _values(index_query, low, high, most + 1)) or 0
    return _count_postgres(within, index_query, most + 1)


def filter_numbers(numbers: Iterable[int], index_query: IndexQuery) -> list[int]:
    """Return those of the walk numbers, in their order, that are public and pass the filters of a query.

    Filters are facets, dates and excluded terms; wanted terms are not compared.
    """
    wanted = list(dict.fromkeys(numbers))
    low, high = bounds(index_query)
    reads_words = bool(index_query.facets) or bool(
        index_query.text_query and any(term.unwanted for term in index_query.text_query.terms)
    )
    listed = select(GalleryEntry.number, GalleryEntry.search_text if reads_words else literal("")).where(
        _is_one_of(GalleryEntry.number), GalleryEntry.finish_key >= low, GalleryEntry.finish_key < high
    )
    rows = db.session.connection().execute(listed, {"values": json.dumps(wanted)}).all()
    matches = {number for number, words in rows if not reads_words or _passes(words.split(), index_query)}
    return [number for number in wanted if number in matches]


def bounds(index_query: IndexQuery) -> tuple[int, int]:
    """Return the range of places within the dates: the first one, and the first one after them."""
    low = first_finish_key(index_query.since) if index_query.since else -FINISH_KEY_MAX
    high = (
        first_finish_key(index_query.until + timedelta(days=1))
        if index_query.until and index_query.until < date.max
        else FINISH_KEY_MAX
    )
    return low, high


def recount(session: Session, numbers: Sequence[int]) -> None:
    """Recount the public continuations and remixes of these walks; triggers only increment and decrement the count."""
    child, listed = aliased(Walk), aliased(GalleryEntry)
    parent = select(Walk.id).where(Walk.number == GalleryEntry.number).correlate(GalleryEntry).scalar_subquery()
    counted = (
        select(func.count())
        .select_from(child)
        .join(listed, listed.number == child.number)
        .where(or_(child.continues == parent, child.remix_of == parent))
    )
    session.execute(
        update(GalleryEntry)
        .where(GalleryEntry.number.in_(numbers))
        .values(continuations=counted.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _order(oldest_first: bool) -> Any:
    return GalleryEntry.finish_key.asc() if oldest_first else GalleryEntry.finish_key.desc()


def _passes(words: Sequence[str], index_query: IndexQuery) -> bool:
    there = set(words)
    if not all(there.intersection(row) for row in index_query.facets):
        return False
    unwanted = [term for term in index_query.text_query.terms if term.unwanted] if index_query.text_query else []
    return not any(_holds(term, words, there) for term in unwanted)


def _holds(term: Term, words: Sequence[str], there: set[str]) -> bool:
    if len(term.words) > 1:
        size = len(term.words)
        return any(tuple(words[at : at + size]) == term.words for at in range(len(words) - size + 1))
    (word,) = term.words
    if term.exact:
        return word in there
    return not there.isdisjoint(_forms(word))


def forget_deleted() -> None:
    """Erase deleted text from the files of SQLite: merge the FTS5 index and truncate the write-ahead log.

    Does nothing on Postgres, whose autovacuum does this.
    """
    if not is_sqlite():
        return
    with writing() as session:
        session.execute(text("INSERT INTO hung_words(hung_words) VALUES ('optimize')"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


# SQLite: FTS5 stores the places of each word in order, so a query can stop at its limit.


FOUND = "SELECT rowid FROM hung_words WHERE hung_words MATCH :index_query AND rowid >= :low AND rowid < :high"
NEWEST_FIRST = text(FOUND + " ORDER BY rowid DESC LIMIT :limit")
OLDEST_FIRST = text(FOUND + " ORDER BY rowid LIMIT :limit")
COUNT = text("SELECT count(*) FROM (" + FOUND + " LIMIT :limit)")  # nosec B608  # noqa: S608 - all of it is ours


def _find_sqlite(index_query: IndexQuery, low: int, high: int, limit: int, oldest_first: bool) -> list[int]:
    query = OLDEST_FIRST if oldest_first else NEWEST_FIRST
    return [*db.session.connection().execute(query, _values(index_query, low, high, limit)).scalars().all()]


def _values(index_query: IndexQuery, low: int, high: int, limit: int) -> dict[str, Any]:
    return {"index_query": _fts5(index_query), "low": low, "high": high, "limit": limit}


def _fts5(index_query: IndexQuery) -> str:
    """Return the MATCH expression for FTS5. Every word is quoted and contains no quotation mark."""
    terms = index_query.text_query.terms if index_query.text_query else ()
    must = [_fts5_term(term) for term in terms if not term.unwanted]
    if index_query.text_query is not None and index_query.text_query.seed is not None:
        must = [f'({must[0]} OR "{facet("d", index_query.text_query.seed)}")']
    must += [f"({' OR '.join(_quoted(value) for value in row)})" for row in index_query.facets]
    must_not = [_fts5_term(term) for term in terms if term.unwanted]
    written = " AND ".join(must or [_quoted(ALL)])
    return f"({written}) NOT ({' OR '.join(must_not)})" if must_not else written


def _fts5_term(term: Term) -> str:
    goes_on = " *" if term.beginning else ""
    if term.exact or len(term.words) > 1:
        return f'"{" ".join(term.words)}"{goes_on}'
    forms = [_quoted(word) for word in _forms(term.words[0])]
    return f"({' OR '.join([*forms, *([_quoted(term.words[0]) + goes_on] if goes_on else [])])})"


def _quoted(word: str) -> str:
    return f'"{word}"'


def _forms(word: str) -> list[str]:
    """Return the entries of the index that match a word: itself, its stem as a word and as a stem, its other forms."""
    stem = folding.stem(word)
    return list(dict.fromkeys((word, stem, folding.STEM + stem, *plurals.other_forms(word))))


# Postgres: a GIN index returns all matches of a word, in no order.


PLANS = text("SELECT set_config('enable_seqscan', :any, true), set_config('enable_indexscan', :any, true)")


def _find_postgres(index_query: IndexQuery, low: int, high: int, limit: int, oldest_first: bool) -> list[int]:
    within = (GalleryEntry.finish_key >= low, GalleryEntry.finish_key < high)
    matches = _common(within, index_query, limit, oldest_first, in_order=True)
    return matches if len(matches) == limit else _hits(within, index_query, limit, oldest_first)


def _hits(within: Any, index_query: IndexQuery, limit: int, oldest_first: bool) -> list[int]:
    """Return the places of matches by fetching and sorting all of them, which is fast when they are few."""
    hits = select(GalleryEntry.finish_key).where(*within, _matches(index_query)).cte("hits")
    hits = hits.prefix_with("MATERIALIZED", dialect="postgresql")
    order = hits.c.finish_key.asc() if oldest_first else hits.c.finish_key.desc()
    return list(db.session.scalars(select(hits.c.finish_key).order_by(order).limit(limit)))


def _count_postgres(within: Any, index_query: IndexQuery, limit: int) -> int:
    if len(_common(within, index_query, limit, False, in_order=False)) == limit:
        return limit
    hits = select(GalleryEntry.finish_key).where(*within, _matches(index_query)).limit(limit).subquery()
    db.session.execute(PLANS, {"any": "off"})  # else the planner scans all walks for words that it takes for common
    count = db.session.scalar(select(func.count()).select_from(hits)) or 0
    db.session.execute(PLANS, {"any": "on"})  # after an error the rollback restores the setting
    return count


def _common(within: Any, index_query: IndexQuery, limit: int, oldest_first: bool, *, in_order: bool) -> list[int]:
    """Return the places of matches by scanning the first walks; fewer than ``limit`` if the GIN index is faster."""
    matches = _scan(within, NEAR, index_query, limit, oldest_first)
    if len(matches) < limit and (reach := _reach(len(matches), limit, in_order=in_order)):
        matches = _scan(within, reach, index_query, limit, oldest_first)
    return matches


def _reach(match_count: int, limit: int, *, in_order: bool) -> int:
    """Return how many walks to scan for ``limit`` matches, or 0 if the GIN index is faster.

    The GIN index returns all matches: sorting fetches each of them, counting at most ``limit``.

    :param match_count: the number of matches among the first ``NEAR`` walks.
    """
    if not match_count:
        return 0
    listed_count = db.session.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'hung'::regclass")) or 0
    hits, reach = match_count * listed_count / NEAR, limit * NEAR // match_count
    fetched = hits if in_order else min(hits, limit)
    return 2 * reach if reach < HIT_COST * fetched + hits else 0


def _scan(within: Any, reach: int, index_query: IndexQuery, limit: int, oldest_first: bool) -> list[int]:
    """Return the places of matches among the first ``reach`` walks."""
    rows: Any = select(GalleryEntry.finish_key, literal_column("hung.search").label("search")).where(*within)
    near = rows.order_by(_order(oldest_first)).limit(reach).subquery("near")
    order = near.c.finish_key.asc() if oldest_first else near.c.finish_key.desc()
    matching = near.c.search.op("@@")(_tsquery(index_query))
    return list(db.session.scalars(select(near.c.finish_key).where(matching).order_by(order).limit(limit)))


def _matches(index_query: IndexQuery) -> Any:
    return literal_column("hung.search").op("@@")(_tsquery(index_query))


def _tsquery(index_query: IndexQuery) -> Any:
    from sqlalchemy.dialects.postgresql import TSQUERY  # the dialect takes 2 MB, and SQLite needs none of it

    return cast(literal(_written(index_query), String), TSQUERY)


def _written(index_query: IndexQuery) -> str:
    """Return the tsquery text for Postgres. Every word is quoted and contains no quotation mark."""
    terms = index_query.text_query.terms if index_query.text_query else ()
    parts = []
    for term in terms:
        written = _tsquery_term(term)
        parts.append(f"!({written})" if term.unwanted else written)
    if index_query.text_query is not None and index_query.text_query.seed is not None:
        parts = [f"({parts[0]} | '{facet('d', index_query.text_query.seed)}')"]
    parts += [f"({' | '.join(_lexeme(value) for value in row)})" for row in index_query.facets]
    return " & ".join(parts)


def _tsquery_term(term: Term) -> str:
    goes_on = ":*" if term.beginning else ""
    if term.exact or len(term.words) > 1:
        *first, last = term.words
        return f"({' <-> '.join([*(_lexeme(word) for word in first), _lexeme(last) + goes_on])})"
    forms = [_lexeme(word) for word in _forms(term.words[0])]
    return f"({' | '.join([*forms, *([_lexeme(term.words[0]) + goes_on] if goes_on else [])])})"


def _lexeme(word: str) -> str:
    return f"'{word}'"
