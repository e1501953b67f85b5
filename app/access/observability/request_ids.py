"""Request IDs: nginx's, if it is in front, else drawn here.

The ID is returned as ``X-Request-ID``. Each log line of the request carries it, and so does the walk that was
requested, and through it the worker's log lines. It identifies no person.
"""

import re
import secrets

from flask import Flask, Response, current_app, g, has_request_context, request

from app.access.observability import log_lines

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[0-9a-f]{32}")  # as nginx writes its $request_id


def init_app(app: Flask) -> None:
    """Give each request to ``app`` an ID."""
    app.before_request(_begin)
    app.after_request(_add_header)


def current() -> str | None:
    """Return the ID of the current request; ``None`` outside of requests, as in a command."""
    return g.get("request_id") if has_request_context() else None


def _begin() -> None:
    sent = request.headers.get(HEADER, "") if current_app.config["PROXIES"] else ""  # a client may send anything
    g.request_id = sent if WELL_FORMED.fullmatch(sent) else secrets.token_hex(16)
    log_lines.bind(request_id=g.request_id)


def _add_header(response: Response) -> Response:
    if request_id := g.get("request_id"):
        response.headers[HEADER] = request_id
    return response
