"""Walks, their stops, frames and media."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "walks",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("visitor", sa.String(length=64), nullable=False),
        sa.Column("owner_hash", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("commission_hash", sa.String(length=64), nullable=False),
        sa.Column("unlisted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("fps", sa.Double(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sampler_steps", sa.Integer(), nullable=False),
        sa.Column("guidance", sa.Double(), nullable=False),
        sa.Column("scheduler", sa.String(length=80), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("precision", sa.String(length=16), nullable=True),
        sa.Column("memory_format", sa.String(length=24), nullable=True),
        sa.Column("threads", sa.Integer(), nullable=True),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("positions", sa.JSON(), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=True),
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=True),
        sa.Column("model_title", sa.String(length=200), nullable=True),
        sa.Column("model_revision", sa.String(length=64), nullable=True),
        sa.Column("software", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("lease_holder", sa.String(length=120), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("painted_count", sa.Integer(), nullable=False),
        sa.Column("paint_seconds", sa.Double(), nullable=True),
        sa.Column("evenness", sa.Double(), nullable=True),
        sa.Column("jump", sa.Double(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'painting', 'finished', 'refused', 'failed', 'cancelled')", name=op.f("ck_walks_state")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_walks")),
        sa.UniqueConstraint("id", name=op.f("uq_walks_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_walks_idempotency_key")),
    )
    op.create_index("ix_walks_hang", "walks", ["state", "finished_at", "number"])
    op.create_index("ix_walks_line", "walks", ["state", "turn", "number"])
    op.create_index("ix_walks_seed", "walks", ["seed"])

    op.create_table(
        "frames",
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("position", sa.Double(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["walk_number"], ["walks.number"], name=op.f("fk_frames_walk_number_walks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("walk_number", "index", name=op.f("pk_frames")),
    )
    op.create_table(
        "media",
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["walk_number"], ["walks.number"], name=op.f("fk_media_walk_number_walks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("walk_number", "kind", name=op.f("pk_media")),
    )
    op.create_table(
        "stops",
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("negative_prompt", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["walk_number"], ["walks.number"], name=op.f("fk_stops_walk_number_walks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("walk_number", "position", name=op.f("pk_stops")),
    )


def downgrade() -> None:
    for table in ("stops", "media", "frames", "walks"):
        op.drop_table(table)
