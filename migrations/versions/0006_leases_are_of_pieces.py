"""Leases are of pieces: a walk has none of its own any more."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_column("walks", "lease_holder")
    op.drop_column("walks", "lease_until")


def downgrade() -> None:
    op.add_column("walks", sa.Column("lease_holder", sa.String(length=120), nullable=True))
    op.add_column("walks", sa.Column("lease_until", TIME, nullable=True))
