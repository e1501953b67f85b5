"""Walks are set to sounds: the part of a sound, the times of stops, and how long each picture is shown."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
oldest_code = "0021"

COLUMNS = {
    "sound_digest": sa.String(64),
    "sound_start": sa.Double,
    "sound_length": sa.Double,
    "sound_way": sa.String(8),
    "sound_pictures": sa.Integer,
    "music": sa.JSON,
    "holds": sa.JSON,
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("walks", sa.Column(name, kind, nullable=True))
    op.add_column("walks", sa.Column("publish_sound", sa.Boolean, server_default=sa.false(), nullable=False))
    op.add_column("stops", sa.Column("at", sa.Double, nullable=True))


def downgrade() -> None:
    op.drop_column("stops", "at")
    for name in ("publish_sound", *reversed(COLUMNS)):
        op.drop_column("walks", name)
