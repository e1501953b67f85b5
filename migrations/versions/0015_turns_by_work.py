"""Turns by work: what a walk will take, where it starts in the line, its network; pieces with turns of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("walks", sa.Column("network", sa.String(64), server_default="", nullable=False))
    op.add_column("walks", sa.Column("asked", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.add_column("walks", sa.Column("own_start", NUMBER, server_default=sa.text("0"), nullable=False))
    op.add_column("walks", sa.Column("start", NUMBER, server_default=sa.text("0"), nullable=False))
    op.create_index("ix_walks_network", "walks", ["network", "state"])
    op.execute(  # 150 is about the passes of a usual walk: those that wait keep their order
        "UPDATE walks SET network = visitor, asked = 150, own_start = turn * 150, start = turn * 150 "
        "WHERE state IN ('queued', 'painting')"
    )
    op.add_column("pieces", sa.Column("turn", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.add_column("pieces", sa.Column("ticket", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.drop_index("ix_pieces_line", "pieces")
    op.create_index("ix_pieces_line", "pieces", ["state", "urgency", "turn", "level", "batch", "ticket"])
    op.execute(
        "UPDATE pieces SET urgency = 1, turn = (SELECT turn FROM walks WHERE number = walk_number), "
        "ticket = (SELECT ticket FROM walks WHERE number = walk_number) WHERE urgency > 0"
    )
    op.execute(  # those of walks that failed wait for nobody
        "UPDATE pieces SET urgency = 2 WHERE urgency > 0 "
        "AND walk_number IN (SELECT number FROM walks WHERE state NOT IN ('queued', 'painting'))"
    )


def downgrade() -> None:
    op.execute("UPDATE pieces SET urgency = 2 WHERE urgency > 0")
    op.drop_index("ix_pieces_line", "pieces")
    op.create_index("ix_pieces_line", "pieces", ["state", "urgency", "walk_number", "level", "batch"])
    op.drop_column("pieces", "ticket")
    op.drop_column("pieces", "turn")
    op.drop_index("ix_walks_network", "walks")
    for name in ("start", "own_start", "asked", "network"):
        op.drop_column("walks", name)
