"""How answers leave the site: only if they changed, and of a file only the part that was asked for."""

from __future__ import annotations

import hashlib
import io
from typing import cast

from flask import Response, current_app, g, make_response, request, send_file, session
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.storage import media_store
from app.web import proxy


def conditional(response: Response, etag: str | None = None) -> Response:
    """Let the browser ask again each time, and answer 304 while nothing has changed; ``etag`` may tell what has."""
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(etag or _fingerprint(response.get_data()))
    return cast(Response, response.make_conditional(request))


def send_stored(path: str, mimetype: str, *, size: int, etag: str, name: str) -> Response:
    """Send a file of the media store, or the part of it that was asked for; behind nginx, have nginx send it."""
    store, accel = media_store.store(), current_app.config["ACCEL_PREFIX"]
    address = store.sign_url(path) if accel and not store.is_local else ""
    file = io.BytesIO() if address else store.open(path)
    response = send_file(file, mimetype=mimetype, etag=etag, conditional=False, download_name=name)
    response.headers["Cache-Control"] = "no-cache"
    if address:
        return proxy.send_on(response, path, address, size=size)
    if accel and store.is_local:
        return proxy.hand_over(response, path)
    response.content_length = size  # flask cannot see it, and no browser seeks in a film whose size is not known
    try:
        return cast(Response, response.make_conditional(request, accept_ranges=True, complete_length=size))
    except RequestedRangeNotSatisfiable:
        response.close()
        raise


def _fingerprint(data: bytes) -> str:
    """Hash a page, taking its form token, which is signed anew each second, for the session's secret behind it."""
    if token := g.get("csrf_token"):
        data = data.replace(token.encode(), str(session.get("csrf_token")).encode())
    return hashlib.sha256(data).hexdigest()[:32]


def page_response(page: str, *, status: int = 200, cache: str | None = None) -> Response:
    response = make_response(page, status)
    if cache:
        response.headers["Cache-Control"] = cache
    return response
