"""The id of the request that a walk was asked for with, by which the logs of web and worker are read together."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
oldest_code = "0021"


def upgrade() -> None:
    op.add_column("walks", sa.Column("request_id", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("walks", "request_id")
