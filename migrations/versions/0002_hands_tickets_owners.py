"""A stop's hand, who came first within a turn, and an owner's walks found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("stops", sa.Column("hand", sa.String(length=80), server_default="", nullable=False))
    op.add_column("walks", sa.Column("ticket", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.drop_index("ix_walks_line", "walks")
    op.create_index("ix_walks_line", "walks", ["state", "turn", "ticket", "number"])
    op.create_index("ix_walks_owner", "walks", ["owner_hash", "number"])


def downgrade() -> None:
    op.drop_index("ix_walks_owner", "walks")
    op.drop_index("ix_walks_line", "walks")
    op.create_index("ix_walks_line", "walks", ["state", "turn", "number"])
    op.drop_column("walks", "ticket")
    op.drop_column("stops", "hand")
