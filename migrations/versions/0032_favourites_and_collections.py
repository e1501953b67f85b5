"""Visitors keep favourites, and make collections of walks that they share by an address."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
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
    op.create_table(
        "collections",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("listed_at", TIME, nullable=True),
        sa.Column("barred", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.UniqueConstraint("id", name=op.f("uq_collections_id")),
    )
    op.create_index("ix_collections_owner", "collections", ["owner_hash", "number"])
    op.create_index("ix_collections_listed", "collections", ["listed_at"])
    op.create_table(
        "collection_items",
        sa.Column("collection_number", NUMBER, nullable=False),
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("collection_number", "walk_number", name="pk_collection_items"),
        _foreign_key("collection_items", "collection_number", "collections"),
        _foreign_key("collection_items", "walk_number", "walks"),
    )
    op.create_index("ix_collection_items_walk_number", "collection_items", ["walk_number"])


def downgrade() -> None:
    for table in ("collection_items", "collections", "favourites"):
        op.drop_table(table)


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.number"], name=name, ondelete="CASCADE")
