"""Cross-origin requests (CORS): scripts of other sites' pages may use the API and read the files of walks.

The setting ``CORS_ORIGINS`` names the sites. Cookies are never involved: a script identifies itself by a bearer token,
or not at all. Pages and their forms are not for scripts of other sites.
"""

import re

from flask import Flask, Response, request
from flask_cors import CORS

OPEN = re.compile(
    r"""(/api/v1/.* | /walks/[^/]+\.\w+ | /walks/[^/]+/frames/.* | /(media|drawings|styles|candidates|photos)/.*\.\w+
    | /oembed | /feed\.xml)\Z""",
    re.VERBOSE,
)
READ = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Range"]
EXPOSED = ["Content-Disposition", "Content-Range", "ETag", "Location", "Retry-After", "X-Request-ID"]
PREFLIGHT_SECONDS = 600


def init_app(app: Flask) -> None:
    """Answer cross-origin requests of the configured origins; without any, browsers refuse them all."""
    if not (origins := app.config["CORS_ORIGINS"].replace(",", " ").split()):
        return
    is_for_all = "*" in origins

    @app.after_request  # registered before flask-cors, and therefore called after it
    def complete(response: Response) -> Response:
        if not OPEN.match(request.path):
            return response
        if not is_for_all:
            response.vary.add("Origin")  # a cache must not answer another origin with this response
        if request.headers.get("Origin") == "null":  # a sandboxed frame or a local file: anybody's
            for name in [name for name, _ in response.headers if name.startswith("Access-Control-")]:
                del response.headers[name]
        return response

    CORS(
        app,
        resources=OPEN,
        origins="*" if is_for_all else origins,
        methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
        allow_headers=READ,
        expose_headers=EXPOSED,
        max_age=PREFLIGHT_SECONDS,
        send_wildcard=True,
        always_send=is_for_all,
        intercept_exceptions=False,
    )
