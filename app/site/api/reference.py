"""The API reference page: the OpenAPI document as HTML, with runnable examples."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template
from markupsafe import Markup, escape

from app.access.auth import api_tokens
from app.core.addresses import origin, prefix
from app.site.api import openapi
from app.site.api.openapi import Schema
from app.site.web.responses import conditional

blueprint = Blueprint("manual", __name__)

EXAMPLES = ("paint.sh", "delete.sh", "paint.py")
BOUNDS = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
}
NAMES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "array": "list",
    "boolean": "true or false",
    "date-time": "time, ISO 8601",
}
UNITS = {"string": " characters"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of fields: name, type with its limits, default, and description."""

    name: str
    kind: str
    default: str
    words: str


@blueprint.get("/api", endpoint="read")
def show_reference() -> Response:
    """Show the API reference page."""
    document = openapi.document()
    schemas = document["components"]["schemas"]
    page = render_template(
        "api/reference.html",
        document=document,
        operations=list(_operations(document["paths"])),
        body=lambda operation: rows(schemas[_body(operation)], schemas),
        walk=rows(schemas["NewWalk"], schemas),
        listed=rows(schemas["WalkList"], schemas, deep=False),
        reading=rows(schemas["ReadingDescription"], schemas),
        problem=rows(schemas["Problem"], schemas),
        walk_example=_pretty(schemas["NewWalk"]["examples"][0]),
        problem_example=_pretty(schemas["Problem"]["examples"][0]),
        parameters=parameters,
        scopes=api_tokens.SCOPES,
        examples={name: render_template(f"api/examples/{name}", site=origin(), prefix=prefix()) for name in EXAMPLES},
    )
    return conditional(make_response(page))


@blueprint.app_template_filter()
def coded(text: str) -> Markup:
    """Return the text as escaped HTML, with parts between backticks as ``<code>``."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # nosec B704  # noqa: S704 - escaped before


def rows(schema: Schema, schemas: Mapping[str, Schema], *, prefix: str = "", deep: bool = True) -> list[Row]:
    """Return one row for each field of an object schema.

    With ``deep``, the fields of a nested object follow its own row, with dotted names. ``schemas`` maps the names of
    components to their schemas.
    """
    table = []
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        inner, mark = _inner(field)
        words = field.get("description") or schemas[str(inner)]["description"]
        table.append(Row(prefix + name, kind(field), default(field, is_required=name in required), words))
        if deep and inner is not None and inner != "Recipe":  # which only the worker needs to understand
            table += rows(schemas[inner], schemas, prefix=f"{prefix}{name}{mark}.")
    return table


def parameters(operation: Schema) -> list[Row]:
    """Return one row for each parameter of an operation: path, query and headers."""
    return [
        Row(
            parameter["name"],
            f"{'address' if parameter['in'] == 'path' else parameter['in']}: {kind(parameter['schema'])}",
            default(parameter["schema"], is_required=parameter["required"]),
            parameter["description"],
        )
        for parameter in operation["parameters"]
    ]


def kind(schema: Schema) -> str:
    """Return a field's type and limits in words, such as ``whole number, 1 to 100``."""
    if "anyOf" in schema:
        outer = {name: value for name, value in schema.items() if name != "anyOf"}
        kinds = [kind(outer | inner) for inner in schema["anyOf"] if inner != {"type": "null"}]
        return f"{' or '.join(kinds)}, or null"
    if "enum" in schema:
        return f"one of {', '.join('null' if value is None else str(value) for value in schema['enum'])}"
    least, most = (schema.get(bound) for bound in BOUNDS.get(str(schema.get("type")), ("", "")))
    words = NAMES.get(str(schema.get("format", schema.get("type"))), "object")
    if most is not None:
        unit = UNITS.get(schema["type"], "")
        words += f", {least} to {most}{unit}" if least is not None else f", at most {most}{unit}"
    return words


def default(schema: Schema, *, is_required: bool) -> str:
    """Return ``required``, the field's default in words, or ``""`` where it has no default."""
    if is_required:
        return "required"
    value = schema.get("default")
    return "" if value in (None, "") else f"default {json.dumps(value)}"


def _inner(schema: Schema) -> tuple[str | None, str]:
    """Return the name of the component that a field refers to, and ``[]`` if the field is a list of it.

    The name is ``None`` where the field refers to no component.
    """
    for each in (schema, *schema.get("anyOf", ())):
        if "$ref" in each:
            return each["$ref"].rpartition("/")[2], ""
        if "$ref" in each.get("items", {}):
            return each["items"]["$ref"].rpartition("/")[2], "[]"
    return None, ""


def _body(operation: Schema) -> str:
    """Return the name of the component that an operation takes as its body."""
    content, *_forms = operation["requestBody"]["content"].values()
    return str(content["schema"]["$ref"].rpartition("/")[2])


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, Schema]]:
    for address, methods in paths.items():
        for method, operation in methods.items():
            yield method.upper(), address, operation


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
