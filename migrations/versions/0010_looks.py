"""What the eye sees in the frames of finished walks."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("eye", sa.String(16), nullable=False),
        sa.Column("frames", sa.JSON, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("walk_number", name="uq_looks_walk_number"),
        sa.ForeignKeyConstraint(
            ["walk_number"], ["walks.number"], name="fk_looks_walk_number_walks", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("looks")
