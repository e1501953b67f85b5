"""What changes behind a reverse proxy: whose word is taken for the visitor's address, and who sends the films."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import is_resource_modified
from werkzeug.middleware.proxy_fix import ProxyFix

ADDRESS, RANGE = "X-Bucket-Address", "X-Bucket-Range"
HELD_BACK = "Cache-Control", "Content-Disposition"
"""What nginx would keep of our answer even where the bucket has no such file: it is told them by other names."""


def init_app(app: Flask) -> None:
    """Believe as many proxies as are said to stand in front about addresses and https, and nobody else."""
    if count := app.config["PROXIES"]:
        # The host is not among it: a proxy passes the real one on as Host.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.after_request(_hold_back)


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


def send_on(response: Response, path: str, address: str, *, size: int) -> Response:
    """Have nginx send what is at the signed ``address`` of a bucket in place of the body; a 304 stays a 304.

    ``deploy/nginx/moma-bucket.conf.template`` is told path and query of the address, for it knows its host, and the
    part that was asked for: the bucket has an ETag of its own, so it could not tell whether ours still holds.

    :raises RequestedRangeNotSatisfiable: when that part lies behind the end.
    """
    response.headers["Accept-Ranges"] = "bytes"
    response = cast(Response, response.make_conditional(request))
    if response.status_code != 200:
        return response
    if request.method == "HEAD":  # all of it is known here, and what is signed is a GET
        response.content_length = size
        return response
    place = urlsplit(address)
    response.headers["X-Accel-Redirect"] = quote(current_app.config["ACCEL_PREFIX"] + path)
    response.headers[ADDRESS] = f"{place.path}?{place.query}"
    if part := _part(response, size):
        response.headers[RANGE] = part
    return response


def _part(response: Response, size: int) -> str:
    """Return the one part that was asked for, ``""`` for the whole: of several parts a bucket knows nothing."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return ""
    if "If-Range" in request.headers and is_resource_modified(
        request.environ, response.headers.get("etag"), None, None, ignore_if_range=False
    ):
        return ""
    found = asked.range_for_length(size)
    if found is None:
        raise RequestedRangeNotSatisfiable(size)
    return f"bytes={found[0]}-{found[1] - 1}"


def _hold_back(response: Response) -> Response:
    if ADDRESS in response.headers:
        response.headers.pop("Expires", None)  # Cache-Control says it better
        for name in HELD_BACK:
            if value := response.headers.pop(name, None):
                response.headers[f"X-Bucket-{name}"] = value
    return response
