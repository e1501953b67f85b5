"""The code names the kinds of tasks (``app/storage/task_kinds.py``): a new kind needs no new schema."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
oldest_code = "0021"

KINDS = ("stops", "knots", "frames", "film", "stages", "candidates", "lora", "photos", "large")


def upgrade() -> None:
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")


def downgrade() -> None:
    pieces = sa.table("pieces", sa.column("kind"))
    op.execute(sa.delete(pieces).where(pieces.c.kind.not_in(KINDS)))
    with op.batch_alter_table("pieces") as changed:
        changed.create_check_constraint(op.f("ck_pieces_kind"), f"kind IN {KINDS}")
