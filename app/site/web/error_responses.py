"""Turn errors into responses: HTML pages with advice for people, problem documents (RFC 9457) for programs."""

from __future__ import annotations

import logging
import re
from typing import Annotated, NotRequired, cast
from urllib.parse import quote

from flask import Flask, Response, current_app, jsonify, render_template, request
from pydantic import Field
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, ProgrammingError
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only
from werkzeug.exceptions import BadHost, HTTPException, InternalServerError, NotFound

from app.core.addresses import on_site
from app.core.errors import InvalidInput, MediaError, MediaStoreFull, MomaError, NoRoom, TokenRefused, note_refusal
from app.core.i18n.gettext import N_, _
from app.site.web import oversized
from app.storage import disk_space, refusals
from app.storage.schema import schema_state

log = logging.getLogger(__name__)
WORDS = re.compile(r"^((?:/api/v1)?/walks/[a-z0-9]{16}-)[^/]*")  # the slug after a walk's id

TITLES = {
    400: N_("That could not be read"),
    401: N_("Not without a token"),
    403: N_("Not your walk"),
    404: N_("There is nothing at this address"),
    405: N_("Not done that way"),
    408: N_("That took too long"),
    410: N_("This walk was deleted"),
    413: N_("Too much at once"),
    415: N_("Not a kind we read"),
    416: N_("Not a part of this film"),
    422: N_("Not a walk we can paint"),
    429: N_("One at a time"),
    500: N_("Something broke"),
    503: N_("Closed for a moment"),
}
DETAILS = {
    400: N_("The request was cut off or garbled on its way. Go back and try once more."),
    404: N_("There is nothing at this address. It may have been mistyped: check it, or look in the gallery."),
    405: N_("This address answers, but not to that. Begin again from a page of ours."),
    410: N_("Its owner deleted it. Its pictures are gone."),
    413: oversized.WHOLE,
    415: N_("This address reads {kind}."),
    429: N_("You have asked for many walks in a short time. Wait a little, then paint the next."),
    500: N_("That was our fault, and it has been noted. What you painted is safe. Try again in a moment."),
    503: N_("The database does not answer just now. Try again in a moment."),
}

QUESTION = N_("Not a question we can answer")
PICTURES_AWAY = N_("The pictures cannot be had from where they are kept just now. Try again in a moment.")
DISK_FULL = N_("The disk of this site is full. Its operator has to free some space (flask --app wsgi media prune).")
NOTHING_STORED = N_("Nothing can be stored on this site just now. Try again in a moment.")
RETRY_SECONDS = 5
FOR_PROGRAMS = ("/healthz", "/readyz", "/oembed", "/slideshow/films")
JSON_ONLY = "JSON. Send it as application/json"
FILE_ONLY = "a form with a file. Send it as multipart/form-data"
FORMS_ONLY = N_("forms, as a browser sends them. Programs find another at /api")


class FieldProblem(TypedDict):
    """The error of one field."""

    field: Annotated[str, Field(description="The field's path.", examples=["stops.1.prompt"])]
    pointer: Annotated[str, Field(description="The same as a JSON pointer.", examples=["#/stops/1/prompt"])]
    message: Annotated[
        str,
        Field(
            description="What is wrong, and what the limit is.",
            examples=["The prompt of stop 2 is empty. Write at least one word."],
        ),
    ]


class Problem(TypedDict):
    """A problem document (RFC 9457), the body of every error response."""

    type: Annotated[str, Field(description="Always about:blank.", examples=["about:blank"])]
    title: Annotated[str, Field(description="The kind of error.", examples=["Not a walk we can paint"])]
    status: Annotated[int, Field(description="The HTTP status.", examples=[422])]
    detail: Annotated[
        str,
        Field(
            description="What happened, and what to do.",
            examples=["The prompt of stop 2 is empty. Write at least one word."],
        ),
    ]
    errors: NotRequired[Annotated[list[FieldProblem], Field(description="With 422: each invalid field.")]]


def init_app(app: Flask) -> None:
    """Register the error handlers of ``app``: HTML for pages, JSON for the API."""
    app.url_map.merge_slashes = False  # a redirect of /api//v1 would be an HTML page, even for programs
    app.register_error_handler(MomaError, _moma_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(ProgrammingError, _schema_error)
    app.register_error_handler(DatabaseError, _damage)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Return whether the request's address is for programs: under ``/api/``, or in ``FOR_PROGRAMS``."""
    return request.path.startswith("/api/") or request.path in FOR_PROGRAMS


def answer(
    status: int, detail: str, *, errors: InvalidInput | None = None, title: str | None = None, advice: str = ""
) -> Response:
    """Return an error response: a problem document for programs, else a page, which also shows ``advice``.

    :param status: the HTTP status.
    :param errors: the invalid fields, for the problem document.
    :param title: an untranslated title; by default the status's own.
    """
    title = _(title or TITLES.get(status, "Something went wrong"))
    if wants_json():
        return problem(status, title, detail, errors)
    page = render_template("layout/error.html", code=status, title=title, message=detail, detail=advice)
    return Response(page, status=status)


def problem(status: int, title: str, detail: str, errors: InvalidInput | None = None) -> Response:
    """Return a problem document as a response; ``errors`` become one entry for each invalid field."""
    body: Problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors is not None:
        body["errors"] = [
            {"field": error.field, "pointer": error.pointer, "message": error.message} for error in errors.errors
        ]
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="walks"'
    return response


def _moma_error(error: MomaError) -> Response:
    if isinstance(error, NoRoom):
        if error.status >= 500:
            log.warning("%s was refused: %s", quote(request.path), error)
    elif error.status >= 500:
        log.error("%s", error, exc_info=error)
    detail = str(error)
    if isinstance(error, MediaError):
        is_full = isinstance(error, MediaStoreFull)
        note_refusal("disk" if is_full else "media store")
        detail = _(DISK_FULL if is_full else PICTURES_AWAY)
    is_question = type(error) is InvalidInput and request.method in ("GET", "HEAD")  # not a request for a walk
    errors = error if isinstance(error, InvalidInput) else None
    response = answer(error.status, detail, errors=errors, title=QUESTION if is_question else error.title)
    if isinstance(error, TokenRefused):  # RFC 6750, section 3
        why = f'insufficient_scope", scope="{error.scope}' if error.scope else "invalid_token"
        response.headers["WWW-Authenticate"] = f'Bearer realm="walks", error="{why}"'
    if isinstance(error, NoRoom):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, MediaError):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return cast(Response, Response.force_type(error.get_response()))
    if isinstance(error, NotFound) and request.routing_exception is error and (address := _without_trailing_slash()):
        return Response(status=308, headers={"Location": address})
    words = DETAILS.get(status) or error.description
    detail = _(words) if words else ""
    if status == 404 and error.description != NotFound.description:
        detail = error.description or detail  # the code that raised it gave a more precise message
    if isinstance(error, BadHost):  # without a host, a page cannot contain absolute URLs
        return problem(status, TITLES[status], "The Host header names no host.")
    if status == 413:
        return answer(status, oversized.limit_message(), advice="" if wants_json() else oversized.advice())
    if status == 415:
        of_programs = FILE_ONLY if request.endpoint in ("pictures.bring", "sounds.upload") else JSON_ONLY
        detail = detail.format(kind=of_programs if wants_json() else _(FORMS_ONLY))
    response = answer(status, detail)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _without_trailing_slash() -> str:
    """Return the requested address without slashes at its end, if there is something; else ``""``."""
    path = request.path.rstrip("/")  # it begins with one slash, so that it never names another host
    addresses = current_app.create_url_adapter(request)
    if path == request.path or not path or addresses is None or not addresses.test(path):
        return ""
    query = request.query_string.decode(errors="replace")  # as it came; werkzeug quotes what a header may not have
    return quote(on_site(path)) + (f"?{query}" if query else "")


def _database_error(error: DBAPIError) -> Response:
    is_full = disk_space.is_full(error.orig)
    refuses = refusals.is_refusal(error.orig)
    what = "has no room" if is_full else "refuses writes" if refuses else "does not answer"
    log.error("The database %s on %s: %s", what, _place(), error.orig)  # no traceback: polling pages repeat it
    note_refusal("disk" if is_full else "database")
    response = answer(
        503,
        _(DISK_FULL if is_full else NOTHING_STORED if refuses else DETAILS[503]),
        title=MediaStoreFull.title if is_full else None,
    )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _schema_error(error: ProgrammingError) -> Response:
    """Answer 503 if the database schema is not up to date, else 500.

    Postgres reports a missing table as ProgrammingError, SQLite as OperationalError.
    """
    return _database_error(error) if schema_state() else _unexpected(error)


def _damage(error: DatabaseError) -> Response:
    """Answer 503 for a damaged SQLite file, which raises DatabaseError itself, and 500 for its other subclasses."""
    return _database_error(error) if type(error) is DatabaseError else _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.error("Unexpected error on %s", _place(), exc_info=error)
    return answer(InternalServerError.code, _(DETAILS[500]))


def _place() -> str:
    """Return the request's path for the log, without the slug, which contains a visitor's prompts."""
    return WORDS.sub(r"\1", quote(request.path))
