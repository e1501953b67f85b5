"""Browsers share what a visitor has, and join by a code."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
oldest_code = "0021"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
HASH = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "browsers",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("secret_hash", HASH, nullable=False),
        sa.Column("owner_hash", HASH, nullable=False),
        sa.Column("own_hash", HASH, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("joined_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_browsers_secret_hash")),
    )
    op.create_index("ix_browsers_owner", "browsers", ["owner_hash", "number"])
    op.create_table(
        "transfers",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("owner_hash", HASH, nullable=False),
        sa.Column("giver_hash", HASH, nullable=False),
        sa.Column("giver_name", sa.String(40), nullable=False),
        sa.Column("link_hash", HASH, nullable=False),
        sa.Column("selector", sa.String(3), nullable=False),
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("tries", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.UniqueConstraint("owner_hash", name=op.f("uq_transfers_owner_hash")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_transfers_link_hash")),
        sa.UniqueConstraint("selector", name=op.f("uq_transfers_selector")),
    )
    op.create_index("ix_transfers_expires_at", "transfers", ["expires_at"])


def downgrade() -> None:
    op.drop_table("transfers")
    op.drop_table("browsers")
