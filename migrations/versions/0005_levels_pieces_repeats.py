"""Presets and endings, the levels that a walk was painted in, the pieces of its work, repeats and continuations."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
ADDED = (
    "preset",
    "ending",
    "easing",
    "model",
    "continues",
    "sampling",
    "levels",
    "cache_key",
    "repeat_of",
    "strides",
    "passes",
    "first_film_seconds",
)
INDEXED = ("cache_key", "continues", "repeat_of")


def upgrade() -> None:
    # Whatever was painted before was painted in full, each frame.
    op.add_column("walks", sa.Column("preset", sa.String(length=12), server_default="exact", nullable=False))
    op.add_column("walks", sa.Column("ending", sa.String(length=8), server_default="stop", nullable=False))
    op.add_column("walks", sa.Column("easing", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("walks", sa.Column("model", sa.String(length=200), nullable=True))
    op.add_column("walks", sa.Column("continues", sa.String(length=16), nullable=True))
    op.add_column("walks", sa.Column("sampling", sa.JSON(), nullable=True))
    op.add_column("walks", sa.Column("levels", sa.JSON(), nullable=True))
    op.add_column("walks", sa.Column("cache_key", sa.String(length=64), nullable=True))
    op.add_column("walks", sa.Column("repeat_of", sa.String(length=16), nullable=True))
    op.add_column("walks", sa.Column("strides", sa.JSON(), nullable=True))
    op.add_column("walks", sa.Column("passes", sa.Integer(), nullable=True))
    op.add_column("walks", sa.Column("first_film_seconds", sa.Double(), nullable=True))
    for name in INDEXED:
        op.create_index(f"ix_walks_{name}", "walks", [name])
    op.create_table(
        "pieces",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("lease_holder", sa.String(length=120), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.CheckConstraint("kind IN ('stops', 'knots', 'frames', 'film', 'stages')", name=op.f("ck_pieces_kind")),
        sa.CheckConstraint("state IN ('waiting', 'taken', 'done')", name=op.f("ck_pieces_state")),
        sa.ForeignKeyConstraint(
            ["walk_number"], ["walks.number"], name=op.f("fk_pieces_walk_number_walks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_pieces")),
        sa.UniqueConstraint(
            "walk_number", "kind", "level", "batch", name=op.f("uq_pieces_walk_number_kind_level_batch")
        ),
    )
    op.create_index("ix_pieces_line", "pieces", ["state", "urgency", "walk_number", "level", "batch"])


def downgrade() -> None:
    op.drop_table("pieces")
    for name in INDEXED:
        op.drop_index(f"ix_walks_{name}", "walks")
    for name in ADDED:
        op.drop_column("walks", name)
