"""Two more measures of a film: how far it is a morph, and how far neighbours are apart to the image encoder."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
oldest_code = "0021"


def upgrade() -> None:
    op.add_column("walks", sa.Column("morph", sa.Double, nullable=True))
    op.add_column("walks", sa.Column("perceptual_step", sa.Double, nullable=True))


def downgrade() -> None:
    op.drop_column("walks", "perceptual_step")
    op.drop_column("walks", "morph")
