"""What all admin commands share: ``--json``, and errors as one sentence with status 1."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.errors import ConfigError, InvalidInput, MomaError
from app.storage.database import EMPTY, schema_state

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def explain_errors(command: Command) -> Command:
    """Print our own errors, and what is wrong with the database, as one sentence and end with status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            if (flaw := schema_state()) not in ("", EMPTY):
                raise ConfigError(flaw)
            return command(*args, **kwargs)
        except MomaError as error:
            reason = error
        except (OperationalError, ProgrammingError) as error:
            reason = MomaError(schema_state() or f"The database does not answer: {error.orig}")
        if kwargs.get("as_json"):
            fields = reason.errors if isinstance(reason, InvalidInput) else []
            errors = [{"field": field.field, "message": field.message} for field in fields]
            print_json({"error": str(reason), "errors": errors})
        raise click.ClickException(str(reason)) from reason

    return run  # type: ignore[return-value]


def print_json(value: Any) -> None:
    """Print ``value`` as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
