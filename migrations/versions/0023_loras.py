"""LoRA files of stops, and the short task that checks one."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
oldest_code = "0021"

KINDS = "kind IN ('stops', 'knots', 'frames', 'film', 'stages', 'candidates'{})"


def upgrade() -> None:
    op.add_column("stops", sa.Column("lora", sa.String(60), nullable=True))
    op.add_column("stops", sa.Column("lora_weight", sa.Double, nullable=True))
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")
        pieces.create_check_constraint(op.f("ck_pieces_kind"), KINDS.format(", 'lora'"))


def downgrade() -> None:
    op.execute("DELETE FROM pieces WHERE kind = 'lora'")
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")
        pieces.create_check_constraint(op.f("ck_pieces_kind"), KINDS.format(""))
    op.drop_column("stops", "lora_weight")
    op.drop_column("stops", "lora")
