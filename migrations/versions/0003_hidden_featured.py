"""Walks that the house has hidden or features."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("walks") as walks:
        walks.add_column(sa.Column("hidden_at", TIME, nullable=True))
        walks.add_column(sa.Column("featured_at", TIME, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("walks") as walks:
        walks.drop_column("featured_at")
        walks.drop_column("hidden_at")
