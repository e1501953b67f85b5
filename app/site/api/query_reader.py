"""Read query parameters into a pydantic model."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.collection.gallery.catalogue_query import known_models
from app.core import field_errors
from app.core.errors import InvalidInput
from app.core.field_errors import Path
from app.offer.generation import offers
from app.offer.generation.limits import Limits
from app.offer.generation.offers import Offer
from app.reading.lexicon import SPOKEN
from app.requests.walk_requests import error_messages


class Strict(BaseModel):
    """Parameters or a body of a request: what is unknown or of another type is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


Query = TypeVar("Query", bound=Strict)


def offer_named(name: str | None) -> Offer:
    """Return the model of this name, the site's first without a name.

    :raises InvalidInput: when it is not on offer.
    """
    known = offers.current()
    offer = known.find(name)
    if offer is None:
        raise InvalidInput.on("model", message=known.not_offered(f"{name:.60}"))
    return offer


def read_query(kind: type[Query], *, rules: Mapping[str, str] = MappingProxyType({})) -> Query:
    """Return the request's query parameters as an instance of ``kind``.

    ``rules`` maps a parameter to the sentence that says which values it takes.

    :raises InvalidInput: naming each parameter that is unknown or has an invalid value.
    """
    limits = Limits.current()
    try:
        return kind.model_validate(request.args.to_dict(), context=limits)
    except ValidationError as error:
        raise field_errors.refusal(
            error, lambda path, item: _sentence(kind, path, item, limits, rules), depth=1
        ) from error


def _sentence(kind: type[BaseModel], path: Path, item: Any, limits: Limits, rules: Mapping[str, str]) -> str:
    name = str(path[0])
    if item["type"] == "extra_forbidden":
        return f"{name:.60} is no parameter; use {', '.join(kind.model_fields)}."
    if name == "language":
        return f"language must be one of {', '.join(SPOKEN)}."
    if name == "model":
        return f"model must be one of {', '.join(known_models())}."
    return rules[name] if name in rules else error_messages.field_sentence(path, item, limits)
