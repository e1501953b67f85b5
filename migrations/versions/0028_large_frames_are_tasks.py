"""Frames at a large size are generated on demand, by short tasks of their own kind."""

from alembic import op

revision = "0028"
down_revision = "0027"
oldest_code = "0021"

KINDS = "kind IN ('stops', 'knots', 'frames', 'film', 'stages', 'candidates', 'lora', 'photos'{})"


def upgrade() -> None:
    _allow(KINDS.format(", 'large'"))


def downgrade() -> None:
    op.execute("DELETE FROM pieces WHERE kind = 'large'")  # visitors can ask for them again
    _allow(KINDS.format(""))


def _allow(kinds: str) -> None:
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")
        pieces.create_check_constraint(op.f("ck_pieces_kind"), kinds)
