"""The page for those who write programs: the OpenAPI document in words, with examples that run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from markupsafe import Markup, escape

from app.api import openapi
from app.api.openapi import Schema
from app.auth import api_tokens
from app.web.responses import conditional

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
    """A field in a table: its name, its kind with the limits, what holds when it is not sent, and what it means."""

    name: str
    kind: str
    default: str
    words: str


@blueprint.get("/api")
def read() -> Response:
    """Explain the API."""
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
        examples={
            name: render_template(f"api/examples/{name}", site=request.host_url.rstrip("/")) for name in EXAMPLES
        },
    )
    return conditional(make_response(page))


@blueprint.app_template_filter()
def coded(text: str) -> Markup:
    """Set what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # nosec B704  # noqa: S704 - escaped before


def rows(schema: Schema, schemas: Mapping[str, Schema], *, prefix: str = "", deep: bool = True) -> list[Row]:
    """List the fields of an object, those of the objects in it after it."""
    found = []
    required = schema.get("required", [])
    for name, told in schema["properties"].items():
        inner, mark = _inner(told)
        words = told.get("description") or schemas[str(inner)]["description"]
        found.append(Row(prefix + name, kind(told), default(told, is_required=name in required), words))
        if deep and inner is not None and inner != "Recipe":  # which only the worker needs to understand
            found += rows(schemas[inner], schemas, prefix=f"{prefix}{name}{mark}.")
    return found


def parameters(operation: Schema) -> list[Row]:
    """List what an operation takes beside its body."""
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
    """Say in words what may stand in a field."""
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
    """Say what holds when a field is not sent."""
    if is_required:
        return "required"
    value = schema.get("default")
    return "" if value in (None, "") else f"default {json.dumps(value)}"


def _inner(schema: Schema) -> tuple[str | None, str]:
    """Name the component inside a field, and how a path goes on into it."""
    for each in (schema, *schema.get("anyOf", ())):
        if "$ref" in each:
            return each["$ref"].rpartition("/")[2], ""
        if "$ref" in each.get("items", {}):
            return each["items"]["$ref"].rpartition("/")[2], "[]"
    return None, ""


def _body(operation: Schema) -> str:
    """Name the component that an operation is sent."""
    content, *_forms = operation["requestBody"]["content"].values()
    return str(content["schema"]["$ref"].rpartition("/")[2])


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, Schema]]:
    for address, methods in paths.items():
        for method, operation in methods.items():
            yield method.upper(), address, operation


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
