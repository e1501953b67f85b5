"""The database says with which code it runs, so that releases can follow each other without a stop."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
oldest_code = "0021"


def upgrade() -> None:
    op.create_table("schema_compatibility", sa.Column("oldest_code", sa.String(32), primary_key=True))


def downgrade() -> None:
    op.drop_table("schema_compatibility")
