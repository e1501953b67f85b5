"""Flask-Migrate's commands for the database's schema: ``flask --app wsgi db …``."""

from flask_migrate.cli import db as group

__all__ = ["group"]
