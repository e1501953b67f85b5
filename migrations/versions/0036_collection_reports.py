"""Visitors report collections."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
oldest_code = "0021"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "collection_reports",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("collection_number", NUMBER, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("reporter", sa.String(64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        sa.UniqueConstraint(
            "collection_number", "reporter", name=op.f("uq_collection_reports_collection_number_reporter")
        ),
        sa.ForeignKeyConstraint(
            ["collection_number"],
            ["collections.number"],
            name=op.f("fk_collection_reports_collection_number_collections"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("collection_reports")
