"""What the house writes down: exhibitions, reports, banned words, deeds."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "exhibitions",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("shown_at", TIME, nullable=True),
        sa.UniqueConstraint("slug", name="uq_exhibitions_slug"),
    )
    op.create_table(
        "exhibits",
        sa.Column("exhibition_number", NUMBER, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("exhibition_number", "position", name="pk_exhibits"),
        _foreign_key("exhibits", "exhibition_number", "exhibitions"),
        _foreign_key("exhibits", "walk_number", "walks"),
    )
    op.create_index("ix_exhibits_walk_number", "exhibits", ["walk_number"])
    op.create_table(
        "reports",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("walk_number", NUMBER, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("reporter", sa.String(64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        sa.UniqueConstraint("walk_number", "reporter", name="uq_reports_walk_number_reporter"),
        _foreign_key("reports", "walk_number", "walks"),
    )
    op.create_index("ix_reports_open", "reports", ["walk_number", "number"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "banned_words",
        sa.Column("word", sa.String(80), primary_key=True),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "deeds",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("failed", sa.Boolean, server_default=sa.false(), nullable=False),
    )
    op.create_index("ix_deeds_what", "deeds", ["what", "about"])


def downgrade() -> None:
    for table in ("deeds", "banned_words", "reports", "exhibits", "exhibitions"):
        op.drop_table(table)


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.number"], name=name, ondelete="CASCADE")
