"""The code names the kinds of tasks (``app/storage/task_kinds.py``): a new kind needs no new schema."""

from alembic import op

revision = "0029"
down_revision = "0028"
oldest_code = "0021"

KINDS = "kind IN ('stops', 'knots', 'frames', 'film', 'stages', 'candidates', 'lora', 'photos', 'large')"


def upgrade() -> None:
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")


def downgrade() -> None:
    op.execute(f"DELETE FROM pieces WHERE NOT ({KINDS})")  # noqa: S608 - a constant
    with op.batch_alter_table("pieces") as pieces:
        pieces.create_check_constraint(op.f("ck_pieces_kind"), KINDS)
