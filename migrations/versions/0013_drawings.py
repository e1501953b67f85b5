"""Drawings that curators add, and whose drawings a walk was painted after."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "drawings",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("style", sa.String(40), nullable=False),
        sa.Column("artist", sa.String(200), nullable=False),
        sa.Column("licence", sa.String(200), nullable=False),
        sa.Column("source", sa.String(400), nullable=False),
        sa.Column("svg", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.UniqueConstraint("digest", name="uq_drawings_digest"),
        sa.UniqueConstraint("revision", name="uq_drawings_revision"),
    )
    op.add_column("walks", sa.Column("drawings", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("walks", "drawings")
    op.drop_table("drawings")
