"""Where a walk comes from, as a column; until now the first word of ``visitor`` said it.

Code of before goes on beside newer code and does not know the column: a trigger fills it for what that code writes. The
trigger can go once no such code runs any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
oldest_code = "0021"

WALKS = sa.table("walks", sa.column("visitor", sa.String), sa.column("origin", sa.String))
SQLITE = """
CREATE TRIGGER walks_origin AFTER INSERT ON walks
WHEN new.origin = 'visitor' AND (new.visitor = 'corridor' OR substr(new.visitor, 1, 5) = 'wall ')
BEGIN
    UPDATE walks SET origin = CASE new.visitor WHEN 'corridor' THEN 'corridor' ELSE 'wall' END
    WHERE number = new.number;
END
"""
FUNCTION = """
CREATE FUNCTION walk_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.origin := CASE new.visitor WHEN 'corridor' THEN 'corridor' ELSE 'wall' END;
    RETURN new;
END
$$
"""
POSTGRES = """
CREATE TRIGGER walks_origin BEFORE INSERT ON walks FOR EACH ROW
WHEN (new.origin = 'visitor' AND (new.visitor = 'corridor' OR substr(new.visitor, 1, 5) = 'wall '))
EXECUTE FUNCTION walk_origin()
"""


def upgrade() -> None:
    op.add_column("walks", sa.Column("origin", sa.String(12), nullable=False, server_default="visitor"))
    is_of = {"corridor": WALKS.c.visitor == "corridor", "wall": sa.func.substr(WALKS.c.visitor, 1, 5) == "wall "}
    for origin, condition in is_of.items():
        op.execute(WALKS.update().where(condition).values(origin=origin))
    for statement in (SQLITE,) if _is_sqlite() else (FUNCTION, POSTGRES):
        op.execute(statement)


def downgrade() -> None:
    if _is_sqlite():
        op.execute("DROP TRIGGER walks_origin")
    else:
        op.execute("DROP TRIGGER walks_origin ON walks")
        op.execute("DROP FUNCTION walk_origin()")
    op.drop_column("walks", "origin")


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")
