# ruff: noqa: S608 - nothing that a visitor says is in these statements
"""The index of what hangs: children counted by increments, rows that stay where they are, words that go with a walk.

Whoever hung or was taken down had all that go on from the same walk counted anew, under the lock of who writes. Now the
count goes up or down by one; it is taken anew only for a walk that begins to hang. A row whose walk changes is changed
in its place, so that on Postgres nobody who counts up meanwhile counts up a row that is gone. The vocabulary forgets
the words that no walk has any more; what it had kept, and the counts that revision 0009 had begun with at 0, are put
right.
"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BEFORE = runpy.run_path(str(Path(__file__).with_name("0009_hung.py")))
WATCHED, WALKED = BEFORE["WATCHED"], BEFORE["WALKED"]
COUNTED = "state, unlisted, deleted_at, hidden_at, finished_at, continues, remix_of"
HANGS = (
    "({0}.state = 'finished' AND NOT {0}.unlisted AND {0}.deleted_at IS NULL AND {0}.hidden_at IS NULL"
    " AND {0}.finished_at IS NOT NULL)"
)
IN_ITS_PLACE = (
    " ON CONFLICT (number) DO UPDATE SET place = excluded.place, words = excluded.words, evenness = excluded.evenness,"
    " drawn = excluded.drawn"
)
IS_WORD = "length({0}) BETWEEN 3 AND 32 AND substr({0}, 1, 1) NOT IN ('=', '~')"
TRIGGERS = (
    "walks_inserted", "walks_updated", "walks_deleted", "stops_inserted", "hung_inserted", "hung_updated",
    "hung_deleted",
)  # fmt: skip
REPLACED = ("hang(wanted bigint)", "hang_walk()", "hang_stop()")


def upgrade() -> None:
    if _is_sqlite():
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
    for statement in _sqlite() if _is_sqlite() else _postgres():
        _execute(statement)
    parent = "(SELECT id FROM walks WHERE number = hung.number)"
    _execute(f"UPDATE hung SET walked = {WALKED.format(parent=parent)}")
    words = _of_json("hung.words") if _is_sqlite() else "unnest(string_to_array(hung.words, ' ')) AS each(value)"
    _execute("DELETE FROM vocabulary")
    _execute(f"INSERT INTO vocabulary SELECT DISTINCT value FROM hung, {words} WHERE {IS_WORD.format('value')}")


def downgrade() -> None:
    if _is_sqlite():
        for name in (*TRIGGERS, "walks_counted"):
            op.execute(f"DROP TRIGGER {name}")
        for statement in BEFORE["_sqlite"]():
            if statement.startswith(tuple(f"CREATE TRIGGER {name} " for name in TRIGGERS)):
                _execute(statement)
    else:
        op.execute("DROP TRIGGER hung_unsay ON hung")
        op.execute("DROP FUNCTION hung_unsay()")
        for statement in BEFORE["_postgres"]():
            if statement.startswith(tuple(f"CREATE FUNCTION {name} " for name in REPLACED)):
                _execute(statement.replace("CREATE", "CREATE OR REPLACE", 1))


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _execute(statement: str) -> None:
    op.execute(sa.text(statement.replace(":", r"\:")))


def _hang(how: dict[str, str], number: str) -> str:
    """Write the row of a walk, if it hangs, or change the one that is there; what goes on is counted for a new one."""
    row = BEFORE["_row"](how, f"AND w.number = {number}")
    count = WALKED.format(parent="w.id")
    once = f"CASE WHEN EXISTS (SELECT 1 FROM hung WHERE number = w.number) THEN 0 ELSE {count} END"
    return str(row.replace(count, once)) + IN_ITS_PLACE


def _take_down(number: str) -> str:
    hangs = f"SELECT 1 FROM walks WHERE number = {number} AND {HANGS.format('walks')}"
    return f"DELETE FROM hung WHERE number = {number} AND NOT EXISTS ({hangs})"


def _count(child: str, by: str) -> str:
    """Count a child that hangs up or down on the walks that it goes on from."""
    return (
        f"UPDATE hung SET walked = walked {by} WHERE {HANGS.format(child)}"
        f" AND number IN (SELECT number FROM walks WHERE id IN ({child}.continues, {child}.remix_of))"
    )


def _counts_as(row: str) -> str:
    return f"({HANGS.format(row)}, {row}.continues, {row}.remix_of)"


def _of_json(words: str) -> str:
    return f"""json_each('["' || replace({words}, ' ', '","') || '"]')"""


def _sqlite() -> list[str]:
    def trigger(name: str, event: str, *statements: str, on: str = "walks", when: str = "") -> str:
        body = " ".join(f"{each};" for each in statements)
        return f"CREATE TRIGGER {name} AFTER {event} ON {on}{when and f' WHEN {when}'} BEGIN {body} END"

    how = BEFORE["SQLITE"]
    found = "INSERT INTO hung_words(rowid, words) VALUES (new.place, new.words)"
    lost = "INSERT INTO hung_words(hung_words, rowid, words) VALUES ('delete', old.place, old.words)"
    said = (  # not OR IGNORE: within a trigger it gives way to what the statement says that fired it
        f"INSERT INTO vocabulary SELECT value FROM {_of_json('new.words')} WHERE {IS_WORD.format('value')}"
        " ON CONFLICT DO NOTHING"
    )
    unsaid = (
        "DELETE FROM vocabulary WHERE word IN (SELECT value FROM {}) AND NOT EXISTS"
        """ (SELECT 1 FROM hung_words WHERE hung_words MATCH '"' || vocabulary.word || '"')"""
    )
    without = f"{_of_json('old.words')} WHERE value NOT IN (SELECT value FROM {_of_json('new.words')})"
    return [
        trigger("hung_inserted", "INSERT", found, said, on="hung"),
        trigger("hung_deleted", "DELETE", lost, unsaid.format(_of_json("old.words")), on="hung"),
        trigger("hung_updated", "UPDATE OF words", lost, found, said, unsaid.format(without), on="hung"),
        trigger("walks_inserted", "INSERT", _hang(how, "new.number"), _count("new", "+ 1")),
        trigger("walks_updated", f"UPDATE OF {WATCHED}", _take_down("new.number"), _hang(how, "new.number")),
        trigger(
            "walks_counted",
            f"UPDATE OF {COUNTED}",
            _count("old", "- 1"),
            _count("new", "+ 1"),
            when=f"{_counts_as('old')} IS NOT {_counts_as('new')}",
        ),
        trigger("walks_deleted", "DELETE", "DELETE FROM hung WHERE number = old.number", _count("old", "- 1")),
        trigger("stops_inserted", "INSERT", _hang(how, "new.walk_number"), on="stops"),
    ]


def _postgres() -> list[str]:
    def function(name: str, returns: str, body: str, more: str = "") -> str:
        return f"CREATE OR REPLACE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql {more} AS $$ BEGIN {body} END $$"

    without = "SELECT unnest(string_to_array(old.words, ' ')) EXCEPT SELECT unnest(string_to_array(new.words, ' '))"
    return [
        function("hang(wanted bigint)", "void", _hang(BEFORE["POSTGRES"], "wanted") + ";"),
        function(
            "hang_walk()",
            "trigger",
            f"IF tg_op = 'INSERT' THEN PERFORM hang(new.number); {_count('new', '+ 1')};"
            f" ELSIF tg_op = 'DELETE' THEN DELETE FROM hung WHERE number = old.number; {_count('old', '- 1')};"
            f" ELSE {_take_down('new.number')}; PERFORM hang(new.number);"
            f" IF {_counts_as('old')} IS DISTINCT FROM {_counts_as('new')} THEN"
            f" {_count('old', '- 1')}; {_count('new', '+ 1')}; END IF;"
            " END IF; RETURN NULL;",
        ),
        function("hang_stop()", "trigger", "PERFORM hang(new.walk_number); RETURN NULL;"),
        function(
            "hung_unsay()",
            "trigger",
            f"DELETE FROM vocabulary WHERE word IN ({without}) AND NOT EXISTS"
            " (SELECT 1 FROM hung WHERE search @@ quote_literal(vocabulary.word)::tsquery); RETURN NULL;",
            # else it looks through all walks for a word that it takes for common
            "SET enable_seqscan = off SET enable_indexscan = off",
        ),
        "CREATE TRIGGER hung_unsay AFTER DELETE OR UPDATE OF words ON hung FOR EACH ROW EXECUTE FUNCTION hung_unsay()",
    ]
