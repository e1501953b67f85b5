"""Visitors keep favourites."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0029"
oldest_code = "0021"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "favourites",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.UniqueConstraint("owner_hash", "walk_number", name=op.f("uq_favourites_owner_hash_walk_number")),
        _foreign_key("favourites", "walk_number", "walks"),
    )
    op.create_index("ix_favourites_owner", "favourites", ["owner_hash", "number"])
    op.create_index("ix_favourites_walk_number", "favourites", ["walk_number"])


def downgrade() -> None:
    op.drop_table("favourites")


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.number"], name=name, ondelete="CASCADE")
