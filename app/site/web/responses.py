"""Build responses: conditional ones with an ETag, and stored files with support for ranges."""

import hashlib
import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from flask import Response, current_app, g, make_response, redirect, request, send_file, session
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.core.errors import MomaError, NoRoom
from app.site.web import proxy
from app.storage import media_store

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
NOT_INDEXED = {"X-Robots-Tag": "noindex"}
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Cookie", **NOT_INDEXED}
"""The headers that keep the page of one visitor out of caches and search engines."""


def conditional(response: Response, etag: str | None = None, *, cache: str = "no-cache") -> Response:
    """Return the response with an ETag, or 304 if the client's ETag matches.

    ``etag`` is by default a hash of the body, ``cache`` the value of ``Cache-Control``.
    """
    response.headers["Cache-Control"] = cache
    response.set_etag(etag or _fingerprint(response.get_data()))
    return cast(Response, response.make_conditional(request))


def send_stored(path: str, mimetype: str, *, size: int, etag: str, name: str) -> Response:
    """Return a response with a file of the media store, or the requested range of it.

    Behind nginx, nginx sends the file. ``size`` is in bytes; ``name`` is the file's name when downloaded.

    :raises RequestedRangeNotSatisfiable: when the range begins after the end of the file.
    :raises MediaError: when the file does not exist, or the store cannot be reached.
    """
    store, accel = media_store.store(), current_app.config["ACCEL_PREFIX"]
    address = store.sign_url(path) if accel and not store.is_local else ""
    file = io.BytesIO() if address else store.open(path)
    response = send_file(file, mimetype=mimetype, etag=etag, conditional=False, download_name=name)
    response.headers["Cache-Control"] = "no-cache"
    if address:
        return proxy.send_bucket_file(response, path, address, size=size)
    if accel and store.is_local:
        return proxy.send_local_file(response, path)
    return _in_ranges(response, size)


def send_data(data: bytes, mimetype: str, *, etag: str, name: str) -> Response:
    """Return a response with a file that is in memory, or the requested range of it; see :func:`send_stored`."""
    response = send_file(io.BytesIO(data), mimetype=mimetype, etag=etag, conditional=False, download_name=name)
    return _in_ranges(response, len(data))


def _in_ranges(response: Response, size: int) -> Response:
    response.content_length = size  # Flask cannot determine it, and browsers seek only in films of known size
    try:
        return cast(Response, response.make_conditional(request, accept_ranges=True, complete_length=size))
    except RequestedRangeNotSatisfiable:
        response.close()
        raise


def _fingerprint(data: bytes) -> str:
    """Return a hash of a page, with its CSRF token, which changes each second, replaced by the session's secret."""
    if token := g.get("csrf_token"):
        data = data.replace(token.encode(), str(session.get("csrf_token")).encode())
    return hashlib.sha256(data).hexdigest()[:32]


def page_response(
    page: str, *, status: int = 200, cache: str = "", headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """Return a page as a response; ``cache`` is the value of ``Cache-Control``."""
    return make_response(page, status, {"Cache-Control": cache, **headers} if cache else headers)


def redirect_to(address: str, status: int = 303, *, cache: str = "") -> Response:
    """Return a redirect; ``cache`` is the value of ``Cache-Control``."""
    response = cast(Response, redirect(address, status))
    if cache:
        response.headers["Cache-Control"] = cache
    return response


def refuse(response: Response, error: MomaError) -> Response:
    """Return a page that shows an error with the error's status, and with when to try again if that is known."""
    response.status_code = error.status
    if isinstance(error, NoRoom):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
