"""What stands behind the question mark of an address, read as a model of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from app.commissions import error_messages
from app.errors import FieldError, InvalidInput
from app.gallery.catalogue_query import known_models
from app.generation.limits import Limits
from app.reading.reader import SPOKEN

Query = TypeVar("Query", bound=BaseModel)


def read(kind: type[Query], *, rules: Mapping[str, str] = MappingProxyType({})) -> Query:
    """Read the address; ``rules`` say of a parameter, in a sentence, what it may be.

    :raises InvalidInput: naming each parameter that is unknown or unusable.
    """
    limits = Limits.current()
    try:
        return kind.model_validate(request.args.to_dict(), context=limits)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise InvalidInput([_explain(kind, item, limits, rules) for item in found]) from error


def _explain(kind: type[BaseModel], item: Any, limits: Limits, rules: Mapping[str, str]) -> FieldError:
    name = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return FieldError((name,), f"{name:.60} is no parameter; use {', '.join(kind.model_fields)}.")
    if name == "language":
        return FieldError((name,), f"language must be one of {', '.join(SPOKEN)}.")
    if name == "model":
        return FieldError((name,), f"model must be one of {', '.join(known_models())}.")
    return FieldError((name,), rules[name]) if name in rules else error_messages.field_error(item, limits)
