"""Admin commands, run as an operator does."""

import json
from typing import Any

from click.testing import Result
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from app.storage.database import db
from app.storage.walk_models import Walk


def run(runner: FlaskCliRunner, *arguments: str, status: int = 0) -> Result:
    result = runner.invoke(args=list(arguments))
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def run_json(runner: FlaskCliRunner, *arguments: str, status: int = 0) -> Any:
    return json.loads(run(runner, *arguments, "--json", status=status).stdout)


def count() -> int:
    """Count the walks that there are, in a new transaction."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Walk)) or 0
