"""Translate pydantic's validation errors into the site's own: one sentence for each invalid field."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from app.core.errors import FieldError, InvalidInput

ERRORS_MAX = 20  # a hostile body of a megabyte could cause a hundred thousand
Path = tuple[str | int, ...]


def refusal(error: ValidationError, sentence: Callable[[Path, Any], str], *, depth: int | None = None) -> InvalidInput:
    """Return an ``InvalidInput`` with one error for each invalid field, at most ``ERRORS_MAX``.

    :param sentence: called with a field's path and pydantic's error details; returns a sentence that names the field
        and the limit.
    :param depth: the number of parts to which paths are cut; errors with the same path count as one.
    """
    errors: dict[Path, FieldError] = {}
    for item in error.errors(include_url=False, include_input=False):
        whole = (part.encode("utf-8", "replace").decode() if isinstance(part, str) else part for part in item["loc"])
        path = tuple(whole)[:depth]
        if path not in errors:
            errors[path] = FieldError(path, sentence(path, item))
        if len(errors) == ERRORS_MAX:
            break
    return InvalidInput(list(errors.values()))
