"""Run migrations on the database of the current Flask application."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext
from flask import current_app

from app.collection.search.text_index import is_compared
from app.storage import compatibility
from app.storage.walk_models import Walk

database = current_app.extensions["migrate"].db
metadata = Walk.metadata


def note(*, ctx: MigrationContext, heads: set[str], **_: Any) -> None:
    """Have the database say, after each step, with which code it runs."""
    for revision in heads:
        compatibility.note(ctx.connection, context.script, revision)


def migrate() -> None:
    """Migrate within one transaction."""
    engine = database.engine
    with engine.connect().execution_options(writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            include_object=is_compared,
            on_version_apply=note,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


migrate()
