"""Photos that visitors bring; stops that are made of one, and whether their walk may be shown."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), server_default="", nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("cut_path", sa.String(200), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("described_at", TIME, nullable=True),
        sa.Column("attempt", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("lease_holder", sa.String(120), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.UniqueConstraint("owner_hash", "digest", name=op.f("uq_photos_owner_hash_digest")),
    )
    op.create_index("ix_photos_expires_at", "photos", ["expires_at"])
    op.create_index("ix_photos_line", "photos", ["described_at", "created_at"])
    op.add_column("stops", sa.Column("photo", sa.String(64), nullable=True))
    op.add_column("stops", sa.Column("cut_out", sa.Boolean, nullable=True))
    op.add_column("walks", sa.Column("photos_may_be_shown", sa.Boolean, server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("walks", "photos_may_be_shown")
    op.drop_column("stops", "cut_out")
    op.drop_column("stops", "photo")
    op.drop_table("photos")
