"""Behaviour behind a reverse proxy: trust its forwarded headers, also of a path, and let nginx send media files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import is_resource_modified, parse_range_header
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import client_address
from app.core.addresses import PREFIX

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

FORWARDED_FOR, FORWARDED_PREFIX = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PREFIX"
PREFIX_MAX = 200  # characters
ADDRESS, RANGE = "X-Bucket-Address", "X-Bucket-Range"
HELD_BACK = "Cache-Control", "Content-Disposition"
"""Headers that nginx would keep from our response even if the bucket has no such file; they get other names."""


def init_app(app: Flask) -> None:
    """Trust the forwarded headers of as many proxies as the setting ``PROXIES`` says, and serve below a prefix."""
    wsgi_app: WSGIApplication = BelowPrefix(app.wsgi_app, app.config["URL_PREFIX"], proxies=app.config["PROXIES"])
    if count := app.config["PROXIES"]:
        # X-Forwarded-Host is not trusted: a proxy passes on the real host as Host.
        wsgi_app = ProxyFix(wsgi_app, x_for=0, x_proto=count)
    wsgi_app = NormalisedAddress(wsgi_app, proxies=count)
    app.wsgi_app = wsgi_app  # type: ignore[method-assign]
    app.before_request(_ignore_unserved_ranges)
    app.after_request(_rename_headers)


class NormalisedAddress:
    """WSGI middleware that sets ``REMOTE_ADDR`` to the client's address alone, without port, brackets or zone.

    The address is the one that the first of the trusted proxies named in ``X-Forwarded-For``, or else that of the
    connection. A connection by a Unix socket has none.
    """

    def __init__(self, app: WSGIApplication, *, proxies: int) -> None:
        self._app, self._proxies = app, proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Set ``REMOTE_ADDR``, and answer the request."""
        forwarded = client_address.forwarded(environ.get(FORWARDED_FOR, ""), self._proxies)
        if address := forwarded or client_address.parse(environ.get("REMOTE_ADDR")):
            environ["REMOTE_ADDR"] = str(address)
        return self._app(environ, start_response)


class BelowPrefix:
    """WSGI middleware that serves the site below a path, such as ``/moma``.

    A proxy that removed the path from the request names it in ``X-Forwarded-Prefix``. Or requests have the path of the
    setting ``URL_PREFIX``; those without it, such as health checks, are answered as well. The header takes precedence.
    It is ignored if the site is behind no proxy or if it is no path. The log says so once, because anybody can send it.
    """

    def __init__(self, app: WSGIApplication, prefix: str, *, proxies: int) -> None:
        self._app, self._prefix, self._proxies = app, prefix, proxies
        self._logged: set[str] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Set ``SCRIPT_NAME`` to the prefix, remove it from ``PATH_INFO``, and answer the request."""
        path = environ.get("PATH_INFO", "")
        if prefix := self._forwarded(environ.get(FORWARDED_PREFIX, "")):
            environ["SCRIPT_NAME"] = prefix
        elif self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            if f"{path}/".startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path.removeprefix(self._prefix)
        return self._app(environ, start_response)

    def _forwarded(self, header: str) -> str:
        """Return the prefix that the last proxy named; ``""`` if there is none, or if it is ignored."""
        prefix = header.rpartition(",")[2].strip(" ").removesuffix("/")
        if not prefix:
            return ""
        if not self._proxies:
            return self._ignore(header, "PROXIES is 0, so that anybody may have sent it")
        if len(prefix) > PREFIX_MAX or not re.fullmatch(PREFIX, prefix):
            return self._ignore(header, "it is no path such as /moma")
        return prefix

    def _ignore(self, header: str, reason: str) -> str:
        if reason not in self._logged:
            self._logged.add(reason)
            log.warning("X-Forwarded-Prefix %.80r is ignored: %s. This is logged once.", header, reason)
        return ""


def _ignore_unserved_ranges() -> None:
    """Drop a Range header with several ranges, another unit or errors: its answer is the whole file.

    RFC 9110, section 14.2, allows it. Werkzeug would answer 416, and buckets do not support several ranges.
    """
    asked = parse_range_header(request.environ.get("HTTP_RANGE"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        request.environ.pop("HTTP_RANGE", None)


def send_local_file(response: Response, path: str) -> Response:
    """Return a response that makes nginx send the file at ``path`` of the local media store (X-Accel-Redirect).

    A conditional request may give 304. nginx handles ranges itself; its location keeps the content type, disposition,
    caching headers and ETag of this response.
    """
    response.close()
    response.direct_passthrough = False
    response.set_data(b"")
    del response.headers["Content-Length"]
    response = cast(Response, response.make_conditional(request))
    if response.status_code == 200:
        response.headers["X-Accel-Redirect"] = quote(current_app.config["ACCEL_PREFIX"] + path)
    return response


def send_bucket_file(response: Response, path: str, address: str, *, size: int) -> Response:
    """Return a response that makes nginx send the file at the signed ``address`` of a bucket (X-Accel-Redirect).

    A conditional request may give 304. The response passes path and query of the address to nginx
    (``deploy/nginx/moma-bucket.conf.template``, which knows the host), and the requested range: the bucket has other
    ETags than ours, so only this function can check ``If-Range``. ``size`` is the file's size in bytes.

    :raises RequestedRangeNotSatisfiable: when the range begins after the end of the file.
    """
    response.headers["Accept-Ranges"] = "bytes"
    response = cast(Response, response.make_conditional(request))
    if response.status_code != 200:
        return response
    if request.method == "HEAD":  # answered here, because the signed address is valid for GET only
        response.content_length = size
        return response
    place = urlsplit(address)
    response.headers["X-Accel-Redirect"] = quote(current_app.config["ACCEL_PREFIX"] + path)
    response.headers[ADDRESS] = f"{place.path}?{place.query}"
    if part := _part(response, size):
        response.headers[RANGE] = part
    return response


def _part(response: Response, size: int) -> str:
    """Return the requested range as a header value; ``""`` for the whole file."""
    requested = request.range
    if requested is None:
        return ""
    if "If-Range" in request.headers and is_resource_modified(
        request.environ, response.headers.get("etag"), None, None, ignore_if_range=False
    ):
        return ""
    bounds = requested.range_for_length(size)
    if bounds is None:
        raise RequestedRangeNotSatisfiable(size)
    return f"bytes={bounds[0]}-{bounds[1] - 1}"


def _rename_headers(response: Response) -> Response:
    if ADDRESS in response.headers:
        response.headers.pop("Expires", None)  # Cache-Control takes precedence
        for name in HELD_BACK:
            if value := response.headers.pop(name, None):
                response.headers[f"X-Bucket-{name}"] = value
    return response
