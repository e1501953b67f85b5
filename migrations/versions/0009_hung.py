# ruff: noqa: S608 - nothing that a visitor says is in these statements
"""What hangs has an index of its own, kept by triggers: narrow rows; FTS5 on SQLite, a tsvector on Postgres."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WATCHED = (
    "state, unlisted, deleted_at, hidden_at, finished_at, words, seed, ending, model_name, colour, evenness, continues,"
    " remix_of"
)
HANGS = "w.state = 'finished' AND NOT w.unlisted AND w.deleted_at IS NULL AND w.hidden_at IS NULL"
SQLITE = {
    "place": "((CAST(strftime('%s', w.finished_at) AS INTEGER) * 1000"
    " + CAST(substr(w.finished_at, 21, 3) AS INTEGER)) << 20) + w.number % 1048576",
    "hands": "(SELECT group_concat(' =h' || lower(hex(hand)), '') FROM"
    " (SELECT DISTINCT hand FROM stops WHERE walk_number = w.number AND hand <> ''))",
    "model": "lower(hex(w.model_name))",
}
POSTGRES = {
    "place": "(floor(extract(epoch FROM w.finished_at) * 1000)::bigint << 20) + w.number % 1048576",
    "hands": "(SELECT string_agg(' =h' || encode(convert_to(hand, 'UTF8'), 'hex'), '') FROM"
    " (SELECT DISTINCT hand FROM stops WHERE walk_number = w.number AND hand <> '') AS hands)",
    "model": "encode(convert_to(w.model_name, 'UTF8'), 'hex')",
}
WALKED = (
    "(SELECT count(*) FROM walks c JOIN hung h ON h.number = c.number"
    " WHERE c.continues = {parent} OR c.remix_of = {parent})"
)


def upgrade() -> None:
    op.add_column("walks", sa.Column("colour", sa.String(length=12), nullable=True))
    op.create_table(
        "hung",
        sa.Column("place", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("evenness", sa.Double(), nullable=False),
        sa.Column("walked", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_hung")),
        sa.UniqueConstraint("number", name=op.f("uq_hung_number")),
    )
    in_code_order = {} if _is_sqlite() else {"collation": "C"}
    op.create_table(
        "vocabulary",
        sa.Column("word", sa.Text(**in_code_order), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_vocabulary")),
    )
    for name in ("evenness", "walked", "drawn"):
        op.create_index(f"ix_hung_{name}", "hung", [name, "place"])
    for statement in _sqlite() if _is_sqlite() else _postgres():
        op.execute(sa.text(statement.replace(":", r"\:")))
    op.drop_index("ix_walks_hanging", table_name="walks")


def downgrade() -> None:
    op.create_index(
        "ix_walks_hanging", "walks", ["state", "unlisted", "deleted_at", "hidden_at", "finished_at", "number"]
    )
    if _is_sqlite():
        for name in ("walks_inserted", "walks_updated", "walks_deleted", "stops_inserted"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE hung_words")
    else:
        op.execute("DROP TRIGGER walks_hang ON walks")
        op.execute("DROP TRIGGER stops_hang ON stops")
        for name in ("hang_stop()", "hang_walk()", "hang(bigint)", "hung_search()"):
            op.execute(f"DROP FUNCTION IF EXISTS {name} CASCADE")
    op.drop_table("vocabulary")
    op.drop_table("hung")
    op.drop_column("walks", "colour")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _row(how: dict[str, str], only: str = "") -> str:
    """Select what the index holds of walks that hang."""
    text = (
        f"trim(w.words) || ' =any =d' || w.seed || ' =e' || w.ending"
        " || ' =s' || (SELECT count(*) FROM stops WHERE walk_number = w.number)"
        f" || coalesce({how['hands']}, '') || coalesce(' =m' || {how['model']}, '') || coalesce(' =c' || w.colour, '')"
    )
    return (
        f"INSERT INTO hung (place, number, words, evenness, walked, drawn) SELECT {how['place']}, w.number, {text},"
        f" coalesce(w.evenness, 0), {WALKED.format(parent='w.id')}, (w.number * 2654435761) % 4294967296"
        f" FROM walks w WHERE {HANGS} AND w.finished_at IS NOT NULL {only}"
    )


def _walked(child: str) -> str:
    """Count anew how many go on from the walks that a walk goes on from."""
    return (
        f"UPDATE hung SET walked = {WALKED.format(parent='(SELECT id FROM walks WHERE number = hung.number)')}"
        f" WHERE number IN (SELECT number FROM walks WHERE id IN ({child}.continues, {child}.remix_of))"
    )


def _sqlite() -> list[str]:
    def trigger(name: str, event: str, *statements: str, on: str = "walks") -> str:
        return f"CREATE TRIGGER {name} AFTER {event} ON {on} BEGIN {' '.join(f'{each};' for each in statements)} END"

    forget = "DELETE FROM hung WHERE number = {}"
    hang = _row(SQLITE, "AND w.number = {}")
    stop = [forget.format("new.walk_number"), hang.format("new.walk_number")]
    found = "INSERT INTO hung_words(rowid, words) VALUES (new.place, new.words)"
    lost = "INSERT INTO hung_words(hung_words, rowid, words) VALUES ('delete', old.place, old.words)"
    said = (
        "INSERT OR IGNORE INTO vocabulary SELECT value FROM"
        """ json_each('["' || replace(new.words, ' ', '","') || '"]')"""
        " WHERE length(value) BETWEEN 3 AND 32 AND substr(value, 1, 1) NOT IN ('=', '~')"
    )
    return [
        "CREATE VIRTUAL TABLE hung_words USING fts5(words, content='hung', content_rowid='place', columnsize=0,"
        " tokenize=\"ascii tokenchars '~=_'\")",
        trigger("hung_inserted", "INSERT", found, said, on="hung"),
        trigger("hung_deleted", "DELETE", lost, on="hung"),
        trigger("hung_updated", "UPDATE OF words", lost, found, said, on="hung"),
        _row(SQLITE),
        trigger("walks_inserted", "INSERT", hang.format("new.number"), _walked("new")),
        trigger(
            "walks_updated",
            f"UPDATE OF {WATCHED}",
            forget.format("old.number"),
            hang.format("new.number"),
            _walked("old"),
            _walked("new"),
        ),
        trigger("walks_deleted", "DELETE", forget.format("old.number"), _walked("old")),
        trigger("stops_inserted", "INSERT", *stop, on="stops"),
    ]


def _postgres() -> list[str]:
    def function(name: str, returns: str, body: str) -> str:
        return f"CREATE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql AS $$ BEGIN {body} END $$"

    forget = "DELETE FROM hung WHERE number = {};"
    positions = (
        "SELECT string_agg(quote_literal(left(word, 64)) || ':' || least(place, 16383), ' ')::tsvector"
        " FROM unnest(string_to_array(new.words, ' ')) WITH ORDINALITY AS words(word, place) WHERE word <> ''"
    )
    said = (
        "INSERT INTO vocabulary SELECT DISTINCT word FROM unnest(string_to_array(new.words, ' ')) AS words(word)"
        " WHERE length(word) BETWEEN 3 AND 32 AND left(word, 1) NOT IN ('=', '~') ORDER BY word ON CONFLICT DO NOTHING;"
    )
    return [
        "ALTER TABLE hung ADD COLUMN search tsvector",
        function("hung_search()", "trigger", f"new.search := ({positions}); {said} RETURN new;"),
        "CREATE TRIGGER hung_search BEFORE INSERT OR UPDATE OF words ON hung"
        " FOR EACH ROW EXECUTE FUNCTION hung_search()",
        function("hang(wanted bigint)", "void", _row(POSTGRES, "AND w.number = wanted") + ";"),
        function(
            "hang_walk()",
            "trigger",
            f"IF tg_op <> 'INSERT' THEN {forget.format('old.number')} END IF;"
            " IF tg_op <> 'DELETE' THEN PERFORM hang(new.number); END IF;"
            f" IF tg_op <> 'INSERT' THEN {_walked('old')}; END IF;"
            f" IF tg_op <> 'DELETE' THEN {_walked('new')}; END IF;"
            " RETURN NULL;",
        ),
        function(
            "hang_stop()", "trigger", forget.format("new.walk_number") + " PERFORM hang(new.walk_number); RETURN NULL;"
        ),
        _row(POSTGRES),
        f"CREATE TRIGGER walks_hang AFTER INSERT OR UPDATE OF {WATCHED} OR DELETE ON walks"
        " FOR EACH ROW EXECUTE FUNCTION hang_walk()",
        "CREATE TRIGGER stops_hang AFTER INSERT ON stops FOR EACH ROW EXECUTE FUNCTION hang_stop()",
        "CREATE INDEX ix_hung_search ON hung USING gin (search)",
    ]
