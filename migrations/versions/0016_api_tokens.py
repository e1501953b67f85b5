"""API tokens; the audit log has room for the name of one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("allowance", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("last_used_on", sa.Date, nullable=True),
        sa.UniqueConstraint("name", name="uq_api_tokens_name"),
        sa.UniqueConstraint("secret_hash", name="uq_api_tokens_secret_hash"),
    )
    with op.batch_alter_table("deeds") as deeds:
        deeds.alter_column("who", existing_type=sa.String(16), type_=sa.String(80), existing_nullable=False)


def downgrade() -> None:
    op.execute("UPDATE deeds SET who = substr(who, 1, 16)")
    with op.batch_alter_table("deeds") as deeds:
        deeds.alter_column("who", existing_type=sa.String(80), type_=sa.String(16), existing_nullable=False)
    op.drop_table("api_tokens")
