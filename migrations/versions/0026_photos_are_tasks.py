"""Photos that wait to be looked at are tasks like any others; workers make them of photos that have none yet."""

from alembic import op

revision = "0026"
down_revision = "0025"
oldest_code = "0021"

KINDS = "kind IN ('stops', 'knots', 'frames', 'film', 'stages', 'candidates', 'lora'{})"


def upgrade() -> None:
    _allow(KINDS.format(", 'photos'"))


def downgrade() -> None:
    op.execute("DELETE FROM pieces WHERE kind = 'photos'")  # the photos themselves still wait
    _allow(KINDS.format(""))


def _allow(kinds: str) -> None:
    with op.batch_alter_table("pieces") as pieces:
        pieces.drop_constraint(op.f("ck_pieces_kind"), type_="check")
        pieces.create_check_constraint(op.f("ck_pieces_kind"), kinds)
