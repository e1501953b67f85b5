"""The hand that the eye found in a stop's picture, where none was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("stops", sa.Column("found_hand", sa.String(length=80), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("stops", "found_hand")
