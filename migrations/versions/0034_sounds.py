"""Visitors upload sounds, which workers decode and analyse."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
oldest_code = "0021"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sounds",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), server_default="", nullable=False),
        sa.Column("path", sa.String(200), nullable=True),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("format", sa.String(12), nullable=False),
        sa.Column("seconds", sa.Double, nullable=True),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("analysis", sa.JSON, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.UniqueConstraint("owner_hash", "digest", name=op.f("uq_sounds_owner_hash_digest")),
    )
    op.create_index("ix_sounds_expires_at", "sounds", ["expires_at"])


def downgrade() -> None:
    op.drop_table("sounds")
