"""Build responses: conditional ones with an ETag, and stored files with support for ranges."""

from __future__ import annotations

import hashlib
import io
from typing import cast

from flask import Response, current_app, g, make_response, request, send_file, session
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.site.web import proxy
from app.storage import media_store


def conditional(response: Response, etag: str | None = None) -> Response:
    """Return the response with an ETag and ``no-cache``, or 304 if the client's ETag matches.

    ``etag`` is by default a hash of the body.
    """
    response.headers["Cache-Control"] = "no-cache"
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


def page_response(page: str, *, status: int = 200, cache: str | None = None) -> Response:
    """Return a page as a response; ``cache`` is the value of ``Cache-Control``."""
    response = make_response(page, status)
    if cache:
        response.headers["Cache-Control"] = cache
    return response


def private_page(response: Response) -> Response:
    """Return a page of one visitor with the headers that keep it out of caches and search engines."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Cookie"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
