"""Addresses of the site, which may be served below a path of its host, such as ``https://example.org/moma/``.

All addresses in pages and responses are root-relative, and begin with that path, the prefix. The function ``url_for``
adds it; for addresses that are put together by hand, ``on_site`` does.
"""

from __future__ import annotations

from flask import current_app, has_request_context, request

PREFIX = r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.~-]+)+"
"""A prefix, as a regular expression: letters, digits and ``-._~`` between slashes, no ``.`` or ``..`` alone."""


def prefix() -> str:
    """Return the path below which the site is served, such as ``/moma``; ``""`` at the root of its host.

    In a request it is the WSGI server's ``SCRIPT_NAME``, which ``app.web.proxy`` sets; in a command the setting
    ``URL_PREFIX``.
    """
    if has_request_context():
        return request.root_path.rstrip("/")
    return str(current_app.config["URL_PREFIX"]) if current_app else ""


def on_site(path: str) -> str:
    """Return the root-relative address of a path of the site: ``/walks/…`` becomes ``/moma/walks/…``."""
    return prefix() + path


def origin() -> str:
    """Return scheme and host of the current request, without a slash at the end: ``https://example.org``."""
    return request.host_url.rstrip("/")
