"""Generate the reference of the HTTP API from the site's OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.site.api.reference import Row, rows

Schema = Mapping[str, Any]
FIELDS = "| field | type | default | what it is |\n|---|---|---|---|"
EVERYWHERE = ("304", "500", "503")
"""Statuses that nearly every operation has; the page says so once."""

ANSWERS = "| status | what it means | body |\n|---|---|---|"


def reference(document: Schema) -> str:
    """Return a section of Markdown for each operation, then one for each object that requests and responses hold."""
    schemas = document["components"]["schemas"]
    operations = [
        _operation(method.upper(), address, operation)
        for address, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    objects = [_object(name, schema, schemas) for name, schema in sorted(schemas.items()) if "properties" in schema]
    return "\n".join(["## Operations\n", *operations, "## Objects\n", *objects])


def _operation(method: str, address: str, operation: Schema) -> str:
    lines = [f"### {method} {address}", operation["summary"], operation.get("description", "")]
    if operation.get("security"):
        lines.append(f"Authorisation: {_security(operation['security'])}.")
    if operation.get("parameters"):
        lines.append(
            "| parameter | in | what it is |\n|---|---|---|\n" + "\n".join(map(_parameter, operation["parameters"]))
        )
    if "requestBody" in operation:
        lines.append(f"Request body: {_body(operation['requestBody'])}.")
    answers = [_answer(*each) for each in sorted(operation["responses"].items()) if each[0] not in EVERYWHERE]
    lines.append("\n".join([ANSWERS, *answers]))
    return "\n\n".join(line for line in lines if line) + "\n"


def _security(kinds: Iterable[Schema]) -> str:
    names = []
    for kind in kinds:
        names += [f"an API token with `{scope}`" for scope in kind.get("token", ())]
        names += ["the owner's token"] if "owner" in kind else []
        names += ["none needed"] if not kind else []
    return "; ".join(names)


def _parameter(parameter: Schema) -> str:
    needed = ", required" if parameter.get("required") else ""
    return f"| `{parameter['name']}` | {parameter['in']}{needed} | {_cell(parameter['description'])} |"


def _body(body: Schema) -> str:
    return " or ".join(f"`{kind}`{_linked(content.get('schema', {}))}" for kind, content in body["content"].items())


def _linked(schema: Schema) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    return f", [{name}](#{name.lower()})" if name else ""


def _answer(status: str, response: Schema) -> str:
    kinds = " or ".join(
        _linked(content["schema"]).removeprefix(", ") for content in response.get("content", {}).values()
    )
    return f"| {status} | {_cell(response['description'])} | {kinds} |"


def _object(name: str, schema: Schema, schemas: Mapping[str, Any]) -> str:
    table = "\n".join(map(_row, rows(schema, schemas, deep=False)))
    return f"### {name}\n\n{_sentence(schema)}{FIELDS}\n{table}\n"


def _sentence(schema: Schema) -> str:
    text = " ".join(str(schema.get("description", "")).split())
    return f"{text}\n\n" if text else ""


def _row(row: Row) -> str:
    return f"| `{row.name}` | {_cell(row.kind)} | {_cell(row.default)} | {_cell(row.words)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
