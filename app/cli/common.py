"""Shared by all admin commands: the option ``--json``, and errors printed as one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.errors import ConfigError, InvalidInput, MomaError
from app.storage.database import EMPTY, schema_state

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def explain_errors(command: Command) -> Command:
    """Decorate a command so that MomaError and database errors are printed as one sentence, with status 1.

    With ``--json`` they are also printed as JSON. A database whose schema is not the code's is such an error.
    """

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
