"""Live walls, what is written for them, and the legs that they walk."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NO = sa.false()


def _of_wall(table: str, **options: bool) -> sa.Column[int]:
    name = op.f(f"fk_{table}_wall_number_walls")
    return sa.Column("wall_number", NUMBER, sa.ForeignKey("walls.number", name=name, ondelete="CASCADE"), **options)


def upgrade() -> None:
    op.create_table(
        "walls",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("hand", sa.String(80), nullable=False, server_default=""),
        sa.Column("banned", sa.JSON, nullable=False),
        sa.Column("is_listed", sa.Boolean, nullable=False, server_default=NO),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("evening", sa.String(60), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("lead", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lead_at", TIME, nullable=False),
        sa.Column("first_leg", sa.Integer, nullable=False, server_default="1"),
        sa.CheckConstraint("state IN ('open', 'paused', 'closed')", name=op.f("ck_walls_state")),
        sa.UniqueConstraint("name", name=op.f("uq_walls_name")),
    )
    op.create_table(
        "wall_words",
        sa.Column("number", NUMBER, primary_key=True),
        _of_wall("wall_words", nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("picture", sa.String(16), nullable=True),
        sa.Column("cut_out", sa.Boolean, nullable=False, server_default=NO),
        sa.Column("may_be_shown", sa.Boolean, nullable=False, server_default=NO),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("leg", sa.Integer, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'taken', 'skipped')", name=op.f("ck_wall_words_state")),
    )
    op.create_index("ix_wall_words_line", "wall_words", ["wall_number", "state", "number"])
    op.create_index("ix_wall_words_owner", "wall_words", ["owner_hash", "wall_number"])
    op.create_table(
        "wall_legs",
        _of_wall("wall_legs", primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("walk_id", sa.String(16), nullable=True),
        sa.Column("words_number", NUMBER, nullable=True),
        sa.Column("skipped", sa.Boolean, nullable=False, server_default=NO),
        sa.Column("stretch", sa.String(16), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("walked_at", TIME, nullable=True),
        sa.UniqueConstraint("walk_id", name=op.f("uq_wall_legs_walk_id")),
    )
    op.create_index("ix_wall_legs_stretch", "wall_legs", ["stretch"])


def downgrade() -> None:
    for table in ("wall_legs", "wall_words", "walls"):
        op.drop_table(table)
