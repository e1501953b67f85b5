"""A walk records for how many frame times longer its films show their ends; ``NULL`` for films of earlier releases."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
oldest_code = "0021"


def upgrade() -> None:
    op.add_column("walks", sa.Column("hold", sa.Integer, nullable=True))


def downgrade() -> None:
    op.drop_column("walks", "hold")
