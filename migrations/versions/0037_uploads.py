# ruff: noqa: S608 - nothing that a visitor says is in these statements
"""One table of uploads. While the release before still runs, triggers keep its tables of photos and sounds the same.

What either release inserts, changes or deletes in its tables is done in the other's as well, in the same transaction:
both find all uploads, neither prunes the other's files, and a task can be done by either. Going back loses nothing. A
later release drops `photos` and `sounds`, and with them the triggers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
oldest_code = "0021"

TIME = sa.DateTime(timezone=True)
SHARED = ("id", "digest", "owner_hash", "network", "path", "bytes", "error", "created_at", "expires_at")

PHOTO = {  # a column of uploads: what it is by a row of photos
    "kind": "'photos'",
    "state": (
        "CASE WHEN {row}.described_at IS NULL THEN 'waiting' WHEN {row}.error IS NULL THEN 'ready' ELSE 'failed' END"
    ),
    "preview_path": "{row}.cut_path",
    "details": "{object}('width', {row}.width, 'height', {row}.height)",
    "analysis": "CASE WHEN {row}.description IS NOT NULL THEN {object}('description', {row}.description) END",
}
SOUND = {
    "kind": "'sounds'",
    "state": "{row}.state",
    "seconds": "{row}.seconds",
    "details": "{object}('format', {row}.format, 'rate', {row}.rate, 'channels', {row}.channels)",
    "analysis": "{row}.analysis",
}
OF_PHOTO = {  # a column of photos: what it is by a row of uploads
    "width": "{details[width]}",
    "height": "{details[height]}",
    "description": "{analysis[description]}",
    "cut_path": "{row}.preview_path",
    "described_at": "CASE WHEN {row}.state <> 'waiting' THEN CURRENT_TIMESTAMP END",
}
OF_SOUND = {
    "format": "{details[format]}",
    "rate": "{details[rate]}",
    "channels": "{details[channels]}",
    "seconds": "{row}.seconds",
    "state": "{row}.state",
    "analysis": "{row}.analysis",
}
SIDES = {"photos": (PHOTO, OF_PHOTO), "sounds": (SOUND, OF_SOUND)}
NUMBERS = ("width", "height", "rate", "channels")


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), server_default="", nullable=False),
        sa.Column("path", sa.String(200), nullable=True),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Double, nullable=True),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("analysis", sa.JSON, nullable=True),
        sa.Column("preview_path", sa.String(200), nullable=True),
        sa.UniqueConstraint("owner_hash", "kind", "digest", name=op.f("uq_uploads_owner_hash_kind_digest")),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    op.create_index("ix_uploads_line", "uploads", ["state", "created_at"])
    for table, (columns, _) in SIDES.items():
        op.execute(_insert("uploads", _values(columns, table)) + f" FROM {table}")
    for statement in _on_sqlite() if _is_sqlite() else _on_postgres():
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    for table in SIDES:
        for event in ("insert", "update", "delete"):
            for name in (f"{table}_{event}_to_uploads", f"uploads_{event}_to_{table}"):
                op.execute(f"DROP TRIGGER {name}" + ("" if _is_sqlite() else f" ON {name.split('_')[0]}"))
    if not _is_sqlite():
        for table in SIDES:
            op.execute(f"DROP FUNCTION {table}_to_uploads()")
            op.execute(f"DROP FUNCTION uploads_to_{table}()")
    op.drop_table("uploads")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


class _Keys(dict[str, str]):
    """Map each key of a column of JSON to the expression that reads it."""

    def __init__(self, column: str) -> None:
        self.column = column

    def __missing__(self, key: str) -> str:
        if _is_sqlite():
            return f"json_extract({self.column}, '$.{key}')"
        return f"({self.column} ->> '{key}')" + ("::int" if key in NUMBERS else "")


def _values(columns: dict[str, str], row: str) -> dict[str, str]:
    """Return the expression for each column of a side, by a row of the other side."""
    words = {
        "row": row,
        "object": "json_object" if _is_sqlite() else "json_build_object",
        "details": _Keys(f"{row}.details"),
        "analysis": _Keys(f"{row}.analysis"),
    }
    return {name: f"{row}.{name}" for name in SHARED} | {
        name: expression.format(**words) for name, expression in columns.items()
    }


def _insert(table: str, values: dict[str, str]) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"


def _update(table: str, values: dict[str, str]) -> str:
    changes = ", ".join(f"{name} = {value}" for name, value in values.items() if name not in ("id", "described_at"))
    if "described_at" in values:  # the time at which it was first not waiting stays
        changes += (
            ", described_at = CASE WHEN new.state <> 'waiting' THEN coalesce(described_at, CURRENT_TIMESTAMP) END"
        )
    return f"UPDATE {table} SET {changes} WHERE {table}.id = new.id"  # nosec B608


def _directions() -> list[tuple[str, str, dict[str, str], str]]:
    """Return the table that is written to, the one that follows, the latter's values, and when it follows."""
    found = []
    for table, (columns, back) in SIDES.items():
        found.append((table, "uploads", _values(columns, "new"), ""))
        found.append(("uploads", table, _values(back, "new"), table))
    return found


def _differs(table: str, other: str) -> str:
    """Return the condition that a new row of a table is not what the other table has, in the older table's columns."""
    older, (old, new) = (table, ("new", other)) if other == "uploads" else (other, (other, "new"))
    expected = _values(SIDES[older][1], new)
    is_waiting = {"described_at": f"{new}.state = 'waiting'"}
    ours = [f"{old}.{name}" + (" IS NULL" if name in is_waiting else "") for name in expected]
    theirs = [is_waiting.get(name, value) for name, value in expected.items()]
    return f"({', '.join(ours)}) IS NOT ({', '.join(theirs)})"


def _on_sqlite() -> list[str]:
    """Return triggers, which do nothing where the other table has the same already."""
    statements = []
    for table, other, values, kind in _directions():
        name, only = f"{table}_{{}}_to_{other}", f"{{}}.kind = '{kind}'" if kind else "true"
        for event, row, condition, action in (
            ("insert", "new", f"NOT EXISTS (SELECT 1 FROM {other} WHERE id = new.id)", _insert(other, values)),  # nosec B608
            ("update", "new", "true", f"{_update(other, values)} AND {_differs(table, other)}"),
            ("delete", "old", "true", f"DELETE FROM {other} WHERE id = old.id"),  # nosec B608
        ):
            when = f"{only.format(row)} AND {condition}"
            statements.append(
                f"CREATE TRIGGER {name.format(event)} AFTER {event} ON {table} WHEN {when} BEGIN {action}; END"
            )
    return statements


def _on_postgres() -> list[str]:
    """Return triggers and their functions. What a trigger does starts no other."""
    statements = []
    for table, other, values, kind in _directions():
        function = f"{table}_to_{other}()"
        statements.append(
            f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF tg_op = 'INSERT' THEN {_insert(other, values)};"
            f" ELSIF tg_op = 'UPDATE' THEN {_update(other, values)};"
            f" ELSE DELETE FROM {other} WHERE id = old.id; END IF; RETURN NULL; END $$"  # nosec B608
        )
        for event, row in (("insert", "new"), ("update", "new"), ("delete", "old")):
            only = f" AND {row}.kind = '{kind}'" if kind else ""
            statements.append(
                f"CREATE TRIGGER {table}_{event}_to_{other} AFTER {event} ON {table} FOR EACH ROW"
                f" WHEN (pg_trigger_depth() = 0{only}) EXECUTE FUNCTION {function}"
            )
    return statements
