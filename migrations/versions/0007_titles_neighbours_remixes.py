"""Walks with a title of their owner's, found by where they start and end, and named by what they are a remix of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INDEXES = {
    "ix_walks_starts": ["starts", "finished_at", "number"],
    "ix_walks_ends": ["ends", "finished_at", "number"],
    "ix_walks_remix_of": ["remix_of"],
}


def upgrade() -> None:
    op.add_column("walks", sa.Column("given_title", sa.Text(), nullable=True))
    op.add_column("walks", sa.Column("remix_of", sa.String(length=16), nullable=True))
    op.add_column("walks", sa.Column("starts", sa.BigInteger(), nullable=True))
    op.add_column("walks", sa.Column("ends", sa.BigInteger(), nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(name, "walks", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="walks")
    for column in ("ends", "starts", "remix_of", "given_title"):
        op.drop_column("walks", column)
