"""Shared by all admin commands: what they print as text or as JSON, and errors printed as one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.errors import ConfigError, InvalidInput, MomaError
from app.storage.schema import EMPTY, schema_state

Command = TypeVar("Command", bound=Callable[..., Any])


class Result(NamedTuple):
    """What a command prints with ``--json``, and its exit status."""

    value: Any
    status: int


def json_command(command: Command) -> Command:
    """Add ``--json`` to a command, as `json_option` does, and print its errors as `explain_errors` does."""
    return explain_errors(json_option(command))


def json_option(command: Command) -> Command:
    """Add ``--json`` to a command, with which the value that it returns is printed as JSON.

    The value is that of JSON, an iterator of such, which is read only with ``--json``, or a `Result`; nothing is
    printed for ``None``. The command prints its text by `print_text`.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @wraps(command)
    def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
        value = command(*args, **kwargs)
        value, status = value if isinstance(value, Result) else (value, 0)
        if as_json and value is not None:
            _print_json(value)
        if status:
            sys.exit(status)

    return run  # type: ignore[return-value]


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
        if wants_json():
            fields = reason.errors if isinstance(reason, InvalidInput) else []
            errors = [{"field": field.field, "message": field.message} for field in fields]
            _print_json({"error": str(reason), "errors": errors})
        raise click.ClickException(str(reason)) from reason

    return run  # type: ignore[return-value]


def wants_json() -> bool:
    """Return whether the current command was called with ``--json``."""
    return bool(click.get_current_context().params.get("as_json"))


def print_text(text: str, *, err: bool = False) -> None:
    """Print ``text``, to stderr with ``err``; print nothing with ``--json``."""
    if not wants_json():
        click.echo(text, err=err)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(list(value) if isinstance(value, Iterator) else value, indent=2, ensure_ascii=False))
