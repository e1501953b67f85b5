"""What is sent as JSON: read as a model of its fields, or handed to whoever checks it for the pages as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel
from pydantic_core import from_json
from werkzeug.exceptions import UnsupportedMediaType

from app.commissions import error_messages
from app.errors import Malformed
from app.generation.limits import Limits

Body = TypeVar("Body", bound=BaseModel)
Checked = TypeVar("Checked")


def read(kind: type[Body], *, shape: str, rules: Mapping[str, str] = MappingProxyType({})) -> Body:
    """Read the body; ``shape`` says what one looks like, ``rules`` say of a field, in a sentence, what it may be.

    :raises UnsupportedMediaType: when it is not sent as JSON.
    :raises Malformed: when it is none.
    :raises InvalidInput: naming each field that is unknown or unusable.
    """
    return error_messages.read_model(kind, json_body(), Limits.current(), shape=shape, rules=rules)


def read_by(check: Callable[[Any], Checked]) -> Checked:
    """Read the body by the check of the room that owns what is asked for; pages and commands ask it too.

    :raises UnsupportedMediaType: when it is not sent as JSON.
    :raises Malformed: when it is none.
    :raises InvalidInput: as ``check`` does.
    """
    return check(json_body())


def json_body() -> Any:
    """Read the body as JSON.

    :raises UnsupportedMediaType: when it is not sent as that.
    :raises Malformed: when it is none.
    """
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        return from_json(request.get_data(), allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(f"The body is not JSON that can be read: {error}") from error
