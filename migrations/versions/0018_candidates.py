"""Candidates for stops; pieces that belong to no walk."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KINDS = "kind IN ('stops', 'knots', 'frames', 'film', 'stages'{})"


def upgrade() -> None:
    op.create_table(
        "candidate_sets",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("model", sa.String(200), nullable=True),
        sa.Column("sampling", sa.JSON, nullable=False),
        sa.Column("pool", sa.JSON, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'painted', 'failed')", name=op.f("ck_candidate_sets_state")),
        sa.UniqueConstraint("id", name=op.f("uq_candidate_sets_id")),
    )
    op.create_index("ix_candidate_sets_owner", "candidate_sets", ["owner_hash", "fingerprint"])
    op.create_index("ix_candidate_sets_expires_at", "candidate_sets", ["expires_at"])
    op.create_table(
        "candidates",
        sa.Column(
            "set_number",
            NUMBER,
            sa.ForeignKey(
                "candidate_sets.number", name=op.f("fk_candidates_set_number_candidate_sets"), ondelete="CASCADE"
            ),
            primary_key=True,
        ),
        sa.Column("index", sa.Integer, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("picture", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
    )
    with op.batch_alter_table("pieces") as pieces:
        pieces.alter_column("walk_number", existing_type=NUMBER, nullable=True)
        pieces.alter_column("kind", existing_type=sa.String(8), type_=sa.String(16), existing_nullable=False)
        pieces.add_column(sa.Column("task", sa.String(16), nullable=True))
        pieces.add_column(sa.Column("model", sa.String(200), nullable=True))
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")
        pieces.create_check_constraint(op.f("ck_pieces_kind"), KINDS.format(", 'candidates'"))
        pieces.create_check_constraint(op.f("ck_pieces_whose"), "(walk_number IS NULL) <> (task IS NULL)")
        pieces.create_unique_constraint(op.f("uq_pieces_task_kind_batch"), ["task", "kind", "batch"])


def downgrade() -> None:
    op.execute("DELETE FROM pieces WHERE walk_number IS NULL")
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("uq_pieces_task_kind_batch"), type_="unique")
        pieces.drop_constraint(op.f("ck_pieces_whose"), type_="check")
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")
        pieces.create_check_constraint(op.f("ck_pieces_kind"), KINDS.format(""))
        pieces.drop_column("model")
        pieces.drop_column("task")
        pieces.alter_column("kind", existing_type=sa.String(16), type_=sa.String(8), existing_nullable=False)
        pieces.alter_column("walk_number", existing_type=NUMBER, nullable=False)
    op.drop_table("candidates")
    op.drop_table("candidate_sets")
