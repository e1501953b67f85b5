"""What a stop's prompt was read as, for models that are led by sketches of it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("stops", sa.Column("scene", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("stops", "scene")
