"""Add a hash of a static file's content to its address, so that browsers may cache the file for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

ENDPOINT, VERSION = "static", "v"
FOR_GOOD, FOR_AN_HOUR, NEVER = "public, max-age=31536000, immutable", "public, max-age=3600", "no-cache"


def init_app(app: Flask) -> None:
    """Add ``v=<hash>`` to the address of each static file, and let only that address be cached for good.

    A page that was open during a deployment asks for the new file by the hash of the old one. That response must be
    revalidated, because the same address may name the old file elsewhere.
    """

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT and VERSION not in values and (version := _version(values.get("filename", ""))):
            values[VERSION] = version

    @app.after_request
    def limit_caching(response: Response) -> Response:
        if request.endpoint == ENDPOINT and response.status_code in (200, 206, 304):
            filename = (request.view_args or {}).get("filename", "")
            response.headers["Cache-Control"] = _lifetime(request.args.get(VERSION, ""), _version(filename))
        return response


def _lifetime(asked: str, current: str) -> str:
    """Return the Cache-Control of a static file whose address has the hash ``asked``, ``""`` if none."""
    if not asked:
        return FOR_AN_HOUR
    return FOR_GOOD if asked == current else NEVER


def _version(filename: str) -> str:
    path = Path(str(current_app.static_folder)) / filename
    try:
        return _hash(path, path.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _hash(path: Path, _modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
