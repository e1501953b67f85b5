"""The walks that hang, counted within an index alone; those that the house features, found by one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index(
        "ix_walks_hanging", "walks", ["state", "unlisted", "deleted_at", "hidden_at", "finished_at", "number"]
    )
    chosen = sa.text("featured_at IS NOT NULL")
    op.create_index(
        "ix_walks_featured", "walks", ["featured_at", "number"], sqlite_where=chosen, postgresql_where=chosen
    )


def downgrade() -> None:
    op.drop_index("ix_walks_featured", "walks")
    op.drop_index("ix_walks_hanging", "walks")
