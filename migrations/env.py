"""Run migrations on the database of the current Flask application."""

from alembic import context
from flask import current_app

from app.search.text_index import is_compared
from app.storage.walk_models import Walk

database = current_app.extensions["migrate"].db
metadata = Walk.metadata


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
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


migrate()
