"""Walks that start where another ends, and end where it starts."""

from typing import Any

import pytest
from sqlalchemy import event, text

from app.collection.search import reindexing
from app.storage.database import db, is_sqlite
from app.storage.walk_models import Walk
from app.walks.saved import neighbours
from tests.conftest import Maker
from tests.support.rows import change


def ids(found: list[Walk]) -> list[str]:
    return [walk.id for walk in found]


@pytest.mark.databases
@pytest.mark.slow
def test_neighbours_are_those_that_join_newest_first(publish: Maker) -> None:
    middle = publish("a kite", "the sea")
    before = [publish("a fox", "a kite", minutes_ago=2), publish("a bear", "a lamp", "a kite", minutes_ago=1, frames=3)]
    after = publish("the sea", "a ship")
    publish("a ship", "a fox")
    assert ids(neighbours.before(middle, 4)) == ids(before[::-1])
    assert ids(neighbours.before(middle, 1)) == [before[1].id]
    assert ids(neighbours.after(middle, 4)) == [after.id]
    assert ids(neighbours.after(middle, 4, excluding=[after])) == []


def test_case_spaces_and_forms_of_letters_make_no_difference_and_hands_do(publish: Maker) -> None:
    walk = publish("a kite", "a caf\u00e9")
    same = publish("A  CAFE\u0301", "the sea")
    publish("a cafe", "the sea")
    publish(stops=[{"prompt": "a caf\u00e9", "hand": "linocut"}, {"prompt": "the sea"}])
    assert ids(neighbours.after(walk, 4)) == [same.id]


def test_walk_that_ends_where_it_starts_is_not_its_own_neighbour(publish: Maker) -> None:
    walk = publish("a kite", "the sea", "a kite", frames=3)
    assert neighbours.after(walk, 4) == neighbours.before(walk, 4) == []


@pytest.mark.databases
def test_walks_of_before_are_marked_by_reindexing(publish: Maker) -> None:
    walk, next_one = publish("a fox", "a kite"), publish("a kite", "the sea")
    change(Walk, first_stop_key=None, last_stop_key=None)
    db.session.refresh(walk)
    number, expected = walk.number, [next_one.id]
    assert neighbours.after(walk, 4) == []
    list(reindexing.reindex())
    walk = db.session.get(Walk, number)
    assert ids(neighbours.after(walk, 4)) == expected


@pytest.mark.databases
def test_neighbours_are_read_from_an_index_in_its_order(publish: Maker) -> None:
    walk, asked = publish("a fox", "a kite"), []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    neighbours.after(walk, 4)
    event.remove(db.engine, "before_cursor_execute", note)
    connection = db.session.connection()
    if not is_sqlite():  # of a handful of rows, what statistics say differs from run to run
        for way in ("seqscan", "bitmapscan", "sort"):
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
    statement, parameters = asked[0]
    plan = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if is_sqlite() else ''}{statement}", parameters)
    steps = " ".join(str(row) for row in plan)
    assert "ix_walks_starts" in steps
    assert "Sort" not in steps
    assert "TEMP B-TREE" not in steps
