"""Generate the OpenAPI 3.1 document from the API's URL rules, pydantic models and response types.

A view declares its request and responses with :func:`documented`. Its docstring becomes the operation's summary and
description. The limits in the document are the site's settings.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from flask import current_app
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypedDict

from app.access.auth import api_tokens
from app.core import addresses
from app.core.version import __version__
from app.site.web.error_responses import Problem
from app.storage.walk_models import ID
from app.walks.uploads import kinds
from app.walks.uploads.kinds import UploadKind

VIEW = "__documented__"
View = TypeVar("View", bound=Callable[..., Any])
Schema = dict[str, Any]

HEADERS = {
    "Location": ("Its address in this API, root-relative.", {"type": "string", "pattern": "^/api/v1/"}),
    "ETag": ("Changes when the response does; send it back as If-None-Match.", {"type": "string"}),
    "Retry-After": ("How many seconds to wait.", {"type": "string", "pattern": "^[0-9]+$"}),
    "WWW-Authenticate": ("Asks for a bearer token.", {"type": "string"}),
}
PROBLEMS = {
    400: "The body cannot be parsed as JSON.",
    401: "No token was sent, or an API token that is unknown, expired or revoked.",
    403: "The token is not the owner's, or lacks the scope.",
    404: "Not found.",
    409: "The walk's state does not allow this.",
    410: "The walk was deleted.",
    413: "The body has more than {limit} bytes.",
    415: "The content type is not application/json.",
    422: "A value is invalid. Each of `errors` names the field and the limit.",
    429: "Too many requests in a short time, or too many in the queue. `Retry-After` says when there is room.",
    500: "An error on our side.",
    503: "The site is temporarily unavailable, or the queue or the disk is full.",
}
FILE = {"type": "string", "format": "binary", "description": "A picture; a stop names it by this field's name."}
ALWAYS = (500, 503)
PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
ADDRESS_PARTS = {
    "walk_id": {
        "description": "The walk's id. A slug may follow it after a hyphen.",
        "schema": {"type": "string", "pattern": f"^{ID.pattern}(-.*)?$"},
    },
    "photo_id": {"description": "The picture's id.", "schema": {"type": "string", "pattern": f"^{ID.pattern}$"}},
    "sound_id": {"description": "The sound's id.", "schema": {"type": "string", "pattern": f"^{ID.pattern}$"}},
    "set_id": {"description": "The candidates' id.", "schema": {"type": "string", "pattern": f"^{ID.pattern}$"}},
}


class Document(TypedDict):
    """An OpenAPI document."""

    openapi: Annotated[str, Field(description="The version of OpenAPI.", examples=["3.1.0"])]
    info: Annotated[dict[str, Any], Field(description="Title, version and description of the API.")]
    servers: Annotated[list[dict[str, Any]], Field(description="The API's server, relative to this host.")]
    paths: Annotated[dict[str, Any], Field(description="The API's paths, relative to its server.")]
    components: Annotated[dict[str, Any], Field(description="The schemas of requests and responses.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What the document says of a view: its operation id, its request and its responses, as types."""

    name: str
    answers: Mapping[int, Any]
    body: type[BaseModel] | None = None
    file: str = ""  # the description of a body that is one binary file
    form: type[BaseModel] | None = None  # a multipart form with files
    uploads: Sequence[UploadKind] = kinds.OF_STOPS  # the kinds of the form's file
    takes_files: bool = False  # the JSON body may also be sent as a field of a form with files
    query: type[BaseModel] | None = None
    headers: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    sends: Mapping[int, Iterable[str]] = field(default_factory=dict)
    leads_to: Mapping[int, Iterable[str]] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    takes_owner_token: bool = False  # the owner_token of a walk, picture or candidate set authorises the request
    allows_anonymous: bool = False  # the request needs no token
    scopes: tuple[str, ...] = ()  # of an API token; any one of them is enough

    def types(self) -> list[tuple[Any, str]]:
        """Return the types for the document's components, each with pydantic's mode for its schema.

        The mode is ``validation`` for requests and ``serialization`` for responses.
        """
        responses = [(kind, "serialization") for kind in self.answers.values() if kind is not None]
        requests = [(kind, "validation") for kind in (self.body, self.form) if kind is not None]
        return [*responses, *requests]


PUBLISHED_NAMES = {"StopRequest": "StopWanted", "WalkRequest": "Commission"}
"""Types whose published name differs from the class name, because clients generate code from it."""


def _name(kind: type) -> str:
    """Return a type's published name."""
    return PUBLISHED_NAMES.get(kind.__name__, kind.__name__)


class _Untitled(GenerateJsonSchema):
    """Schema generator without titles that only repeat the fields' names."""

    def normalize_name(self, name: str) -> str:
        """Return a type's published name."""
        return PUBLISHED_NAMES.get(name) or super().normalize_name(name)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def documented(**contract: Any) -> Callable[[View], View]:
    """Return a decorator that adds a view to the document; the arguments are those of :class:`Contract`."""

    def mark(view: View) -> View:
        setattr(view, VIEW, Contract(**contract))
        return view

    return mark


def document() -> Document:
    """Return the document for the current application; all but the server's address is generated once and cached."""
    cached: Document | None = current_app.extensions.get("openapi")
    if cached is None:
        cached = current_app.extensions["openapi"] = _generate()
    return {**cached, "servers": [{"url": addresses.prefix() or "/"}]}


def _generate() -> Document:
    views = list(_views())
    # A type that is both requested and answered is described as it is requested, whatever the order of the views.
    types = sorted((each for *_, contract in views for each in contract.types()), key=lambda each: each[1])
    kinds = {_name(kind): (kind, mode) for kind, mode in types}
    kinds["Problem"] = (Problem, "serialization")
    _, schemas = TypeAdapter.json_schemas(
        [(name, mode, TypeAdapter(kind)) for name, (kind, mode) in kinds.items()],  # type: ignore[misc]
        ref_template="#/components/schemas/{model}",
        schema_generator=_Untitled,
    )
    for name in PUBLISHED_NAMES.values():
        schemas["$defs"][name]["title"] = name
    paths: dict[str, Any] = {}
    for address, method, view, contract in views:
        paths.setdefault(address, {})[method] = _operation(address, view, contract)
    components = {
        "schemas": schemas["$defs"],
        "headers": {name: {"description": words, "schema": schema} for name, (words, schema) in HEADERS.items()},
        "securitySchemes": {
            "owner": {
                "type": "http",
                "scheme": "bearer",
                "description": "The `owner_token` from the response that created the walk, or your own token sent "
                "with that request.",
            },
            "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": f"{api_tokens.PREFIX}…",
                "description": "An API token, created by the site's operator. Scopes: "
                + " ".join(f"`{scope}`: {words}" for scope, words in api_tokens.SCOPES.items()),
            },
        },
    }
    generated: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "MoMA Lisa",
            "version": __version__,
            "summary": "Walks through the latent space of a text-to-image model.",
            "description": "The JSON API of MoMA Lisa: request walks, follow their progress, search the gallery. It "
            "reads no cookies. Errors are problem documents (RFC 9457). URLs in responses are root-relative.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [],
        "paths": paths,
        "components": components,
    }
    _add_examples(generated)
    return generated


def _views() -> Iterable[tuple[str, str, Callable[..., Any], Contract]]:
    """Yield each documented operation: path, HTTP method, view, and the view's contract."""
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        contract = getattr(view, VIEW, None)
        if contract is not None:
            address = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield address, method.lower(), view, contract


def _operation(address: str, view: Callable[..., Any], contract: Contract) -> Schema:
    summary, _, description = (view.__doc__ or "").partition("\n")
    operation: Schema = {"operationId": contract.name, "summary": summary.strip()}
    if description.strip():
        operation["description"] = " ".join(description.split())
    headers = [
        _parameter(name, "header", TypeAdapter(kind).json_schema() | {"description": words})
        for name, (kind, words) in contract.headers.items()
    ]
    operation["parameters"] = [*_in_path(address), *_in_query(contract), *headers]
    if contract.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(_name(contract.body))}
    if contract.takes_files and contract.body is not None:
        walk = {
            "type": "string",
            "description": "The walk, as JSON.",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": f"#/components/schemas/{_name(contract.body)}"},
        }
        form = {"type": "object", "required": ["walk"], "properties": {"walk": walk}, "additionalProperties": FILE}
        operation["requestBody"]["content"]["multipart/form-data"] = {"schema": form}
    if contract.form is not None:
        operation["requestBody"] = {
            "required": True,
            "content": _content(_name(contract.form), "multipart/form-data"),
        }
    if contract.file:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "description": contract.file, "content": content}
    operation["responses"] = _responses(contract)
    security: list[Schema] = [{}] if contract.allows_anonymous else []
    security += [{"owner": []}] if contract.takes_owner_token else []
    security += [{"token": [scope]} for scope in contract.scopes]
    if security:
        operation["security"] = security
    return operation


def _in_path(address: str) -> list[Schema]:
    names = re.findall(r"{(\w+)}", address)
    return [{"name": name, "in": "path", "required": True, **ADDRESS_PARTS[name]} for name in names]


def _in_query(contract: Contract) -> list[Schema]:
    if contract.query is None:
        return []
    schema = contract.query.model_json_schema(schema_generator=_Untitled)
    required = schema.get("required", ())
    return [
        _parameter(name, "query", _without_null(field_schema), is_required=name in required)
        for name, field_schema in schema["properties"].items()
    ]


def _parameter(name: str, place: str, schema: Schema, *, is_required: bool = False) -> Schema:
    description = schema.pop("description")
    return {"name": name, "in": place, "required": is_required, "description": description, "schema": schema}


def _without_null(schema: Schema) -> Schema:
    """Return the schema of an optional query parameter without its null, which no URL can express."""
    if "anyOf" not in schema:
        return schema
    kind: Schema
    (kind,) = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
    schema.pop("default", None)
    return schema | kind


def _responses(contract: Contract) -> Schema:
    responses: Schema = {}
    for status, kind in contract.answers.items():
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if kind is not None:
            responses[str(status)] |= {
                "description": str(kind.__doc__).partition("\n")[0],
                "content": _content(_name(kind)),
            }
        responses[str(status)] |= _headers(contract.sends.get(status, ()))
        if names := contract.leads_to.get(status):
            walk = {"walk_id": "$response.body#/id"}
            responses[str(status)]["links"] = {name: {"operationId": name, "parameters": walk} for name in names}
        if "ETag" in contract.sends.get(status, ()):
            responses["304"] = {"description": "Not modified since that ETag.", **_headers(("ETag",))}
    whole = current_app.config["UPLOAD_MAX" if contract.file else "BODY_MAX"]
    limit = f"{kinds.bytes_max(contract.uploads) if contract.form else whole:,}"
    for status in sorted({*contract.problems, *ALWAYS}):
        content = _content("Problem", "application/problem+json")
        headers = _headers(PROBLEM_HEADERS.get(status, ()))
        responses[str(status)] = {"description": PROBLEMS[status].format(limit=limit), "content": content, **headers}
    return responses


def _content(name: str, mimetype: str = "application/json") -> Schema:
    return {mimetype: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _headers(names: Iterable[str]) -> Schema:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"headers": named} if named else {}


def _add_examples(generated: Document) -> None:
    """Add an example to each component of the document, built from the examples of its fields."""
    schemas = generated["components"]["schemas"]
    examples = {name: example(schema, schemas) for name, schema in schemas.items()}
    for name, value in examples.items():
        schemas[name]["examples"] = [value]


def example(schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    """Return an example value of a schema: its own, or one built from the schemas inside it."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "properties" in schema:
        return {name: example(inner, schemas) for name, inner in schema["properties"].items()}
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas)
    if "items" in schema:
        return [example(schema["items"], schemas)]
    return schema.get("default", {})
