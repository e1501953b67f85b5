"""Validate untrusted JSON as dataclasses, with pydantic; each error names the field and the limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

COUNT_MOST = 2**31 - 1
KNOWN_FIELDS = ConfigDict(extra="forbid", regex_engine="python-re")
"""Pydantic settings: unknown fields are refused, and patterns have JSON Schema's meaning."""

Count = Annotated[int, Field(strict=True, ge=0, le=COUNT_MOST)]
# "$" would also match before a final line break.
Tone = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{6}(?![\\s\\S])")]
Kind = TypeVar("Kind")


class SceneError(ValueError):
    """A scene breaks a limit or has another version; the message names the field and the limit."""


def within(limits: tuple[float, float]) -> Any:
    """Return a pydantic constraint for numbers from one limit to the other; booleans, infinity and NaN are refused."""
    return Field(strict=True, ge=limits[0], le=limits[1], allow_inf_nan=False)


@dataclass(frozen=True)
class OneOf:
    """Pydantic constraint: the text must be one of the known values."""

    known: Collection[str]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.known))


def fields_of(data: object, where: str, version: int) -> dict[str, Any]:
    """Return the fields of a JSON object without its version; ``where`` names it in error messages.

    :raises SceneError: when ``data`` is not an object, or its version is not ``version``.
    """
    if not isinstance(data, Mapping):
        raise SceneError(f"{where}: an object is wanted.")
    found = data.get("version")
    if isinstance(found, bool) or found != version:
        raise SceneError(f"{where}.version: {repr(found)[:40]} cannot be read here, only {version}.")
    return {str(name): value for name, value in data.items() if name != "version"}


def validate(reader: TypeAdapter[Kind], fields: Mapping[str, Any], where: str) -> Kind:
    """Return fields as an instance of the reader's dataclass; ``where`` names the object that has the fields.

    :raises SceneError: when something is missing, unknown or beyond a limit.
    """
    try:
        return reader.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SceneError(_explain(first, schema(reader), where)) from error


@cache
def schema(reader: TypeAdapter[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a reader's dataclass, with the limits that :func:`validate` enforces."""
    whole = reader.json_schema()
    return dict(_inline(whole, whole.pop("$defs", {})))


def _inline(node: Any, shared: Mapping[str, Any]) -> Any:
    """Return a schema with its references replaced by their targets, without titles, defaults and descriptions."""
    if isinstance(node, list):
        return [_inline(each, shared) for each in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node or "$ref" in node:
        return _inline(node["anyOf"][0] if "anyOf" in node else shared[node["$ref"].rpartition("/")[2]], shared)
    left_out = {"title", "default", "description"} | ({"type"} if "enum" in node else set())
    return {name: _inline(value, shared) for name, value in node.items() if name not in left_out}


def _explain(flaw: Any, node: Mapping[str, Any], where: str) -> str:
    """Return one sentence on pydantic's error ``flaw``, with field and limit; ``node`` is the object's JSON Schema."""
    for part in flaw["loc"]:
        if _is_of_colours(node):  # a list of colours has one message for all its items
            break
        node = node["items"] if isinstance(part, int) else node["properties"].get(part, {})
        where += f"[{part}]" if isinstance(part, int) else f".{part:.40}"
    if flaw["type"] == "value_error":
        return f"{where}: {flaw['ctx']['error']}"
    if flaw["type"] == "string_unicode":
        return f"{where}: it contains characters that cannot be read."
    if flaw["type"] == "too_long" and not _is_of_colours(node):
        return f"{where}: {flaw['ctx']['actual_length']} things, at most {node['maxItems']}."
    return f"{where}: {_describe_limit(node)}"


def _is_of_colours(node: Mapping[str, Any]) -> bool:
    """Return whether a JSON Schema describes a list of colours, the only lists of texts."""
    return bool(node.get("type") == "array" and node["items"]["type"] == "string")


def _describe_limit(node: Mapping[str, Any]) -> str:
    """Return what a JSON Schema allows, as the end of an error message; an empty one means an unknown field."""
    if "enum" in node:
        return f"one of {', '.join(each or 'nothing' for each in node['enum'])} is wanted."
    if _is_of_colours(node):
        counts = dict.fromkeys((node["minItems"], node["maxItems"]))
        return f"{' to '.join(map(str, counts))} colours as six hexadecimal digits are wanted."
    words = {
        "array": "a list is wanted.",
        "boolean": "true or false is wanted.",
        "integer": "it must be a whole number from {minimum} to {maximum}.",
        "number": "a number from {minimum:g} to {maximum:g} is wanted.",
        "object": "an object is wanted.",
        "string": f"a text of at most {most} characters is wanted."
        if (most := node.get("maxLength"))
        else "the digest of a drawing is wanted.",
    }
    return words[node["type"]].format(**node) if node else "there is no such field."
