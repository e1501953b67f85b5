"""What pydantic refuses, as the site's own refusal: a sentence for each field that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from app.errors import FieldError, InvalidInput

ERRORS_MAX = 20  # a hostile megabyte has room for a hundred thousand
Path = tuple[str | int, ...]


def refusal(error: ValidationError, sentence: Callable[[Path, Any], str], *, depth: int | None = None) -> InvalidInput:
    """Make a refusal of an error of pydantic's, with one sentence for each field, up to so many fields.

    ``sentence`` is asked with a field's path, of which no more than ``depth`` parts are told, and what pydantic says of
    it; it names the field and the limit.
    """
    found: dict[Path, FieldError] = {}
    for item in error.errors(include_url=False, include_input=False):
        whole = (part.encode("utf-8", "replace").decode() if isinstance(part, str) else part for part in item["loc"])
        path = tuple(whole)[:depth]
        if path not in found:
            found[path] = FieldError(path, sentence(path, item))
        if len(found) == ERRORS_MAX:
            break
    return InvalidInput(list(found.values()))
