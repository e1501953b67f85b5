"""Each request has an id: nginx's, where one stands in front, else one drawn here. It leads to the frame.

It is returned as ``X-Request-ID``, stands on each line that is logged meanwhile, and on the walk that was asked for;
the worker's lines carry it too. It names nobody.
"""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, current_app, g, has_request_context, request

from app.observability import log_lines

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[0-9a-f]{32}")  # as nginx writes its $request_id


def init_app(app: Flask) -> None:
    """Give each request to ``app`` its id."""
    app.before_request(_begin)
    app.after_request(_tell)


def current() -> str | None:
    """Return the id of the request that is being answered; ``None`` where none is, as in a command."""
    return g.get("request_id") if has_request_context() else None


def _begin() -> None:
    sent = request.headers.get(HEADER, "") if current_app.config["PROXIES"] else ""  # a visitor may send anything
    g.request_id = sent if WELL_FORMED.fullmatch(sent) else secrets.token_hex(16)
    log_lines.bind(request_id=g.request_id)


def _tell(response: Response) -> Response:
    if request_id := g.get("request_id"):
        response.headers[HEADER] = request_id
    return response
