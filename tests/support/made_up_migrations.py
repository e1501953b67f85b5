"""A migration that is made up: it adds to the schema what a later release could add."""

import shutil
from pathlib import Path

from app.storage.schema import MIGRATIONS, head

REVISION = "9001"
TEXT = '''"""Marks on walks, made up."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
oldest_code = {oldest_code!r}


def upgrade() -> None:
    op.add_column("walks", sa.Column("mood", sa.String(20), nullable=True))
    op.add_column("pieces", sa.Column("weight", sa.Integer, nullable=False, server_default="1"))
    op.create_index("ix_walks_mood", "walks", ["mood"])
    op.create_table("marks", sa.Column("number", sa.Integer, primary_key=True), sa.Column("words", sa.Text))


def downgrade() -> None:
    op.drop_table("marks")
    op.drop_index("ix_walks_mood", "walks")
    op.drop_column("pieces", "weight")
    op.drop_column("walks", "mood")
'''


def migrations_with(folder: Path, *, oldest_code: str | None) -> Path:
    """Lay out the migrations and, after the last of them, the made-up one, which names its ``oldest_code``."""
    shutil.copytree(MIGRATIONS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    text = TEXT.format(revision=REVISION, head=head(), oldest_code=oldest_code)
    (folder / f"versions/{REVISION}_made_up.py").write_text(text, "utf-8")
    return folder
