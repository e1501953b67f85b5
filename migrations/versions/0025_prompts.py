"""Clip skip of stops, and longer notes on them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
oldest_code = "0021"

NOTE, LONG_NOTE = sa.String(24), sa.String(200)


def upgrade() -> None:
    op.add_column("stops", sa.Column("clip_skip", sa.Integer, nullable=True))
    if op.get_bind().dialect.name != "sqlite":  # which has no lengths of texts
        op.alter_column("stops", "note", existing_type=NOTE, type_=LONG_NOTE, existing_nullable=False)


def downgrade() -> None:
    op.execute("UPDATE stops SET note = '' WHERE length(note) > 24")
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("stops", "note", existing_type=LONG_NOTE, type_=NOTE, existing_nullable=False)
    op.drop_column("stops", "clip_skip")
