"""What changes behind a reverse proxy: whose word is taken for the visitor's address, and who sends the films."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix


def init_app(app: Flask) -> None:
    """Believe as many proxies as are said to stand in front about addresses and https, and nobody else."""
    if count := app.config["PROXIES"]:
        # The host is not among it: a proxy passes the real one on as Host.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def hand_over(response: Response, path: str) -> Response:
    """Have nginx send the file at ``path`` of the media store in place of the body; a 304 stays a 304.

    nginx answers ranges by itself: its location keeps type, disposition, caching and ETag of this answer.
    """
    response.close()
    response.direct_passthrough = False
    response.set_data(b"")
    del response.headers["Content-Length"]
    response = cast(Response, response.make_conditional(request))
    if response.status_code == 200:
        response.headers["X-Accel-Redirect"] = quote(current_app.config["ACCEL_PREFIX"] + path)
    return response
