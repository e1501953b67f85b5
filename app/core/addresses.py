"""Addresses of the site, which may be served below a path of its host, such as ``https://example.org/moma/``.

All addresses in pages and responses are root-relative, and begin with that path, the prefix. The function ``url_for``
adds it; for addresses that are put together by hand, ``on_site`` does.
"""

from flask import current_app, has_request_context, request
from werkzeug.routing import IntegerConverter

PREFIX = r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.~-]+)+"
"""A prefix, as a regular expression: letters, digits and ``-._~`` between slashes, no ``.`` or ``..`` alone."""


class PathNumber(IntegerConverter):
    """Converter of a route's ``<int:…>``: at most 18 digits, which every database column can hold.

    A longer number matches no route and is answered 404. Werkzeug's own converter passes it on, and Python refuses to
    convert more than 4,300 digits.
    """

    regex = r"\d{1,18}"


def prefix() -> str:
    """Return the path below which the site is served, such as ``/moma``; ``""`` at the root of its host.

    In a request it is the WSGI server's ``SCRIPT_NAME``, which ``app.site.web.proxy`` sets; in a command the setting
    ``URL_PREFIX``.
    """
    if has_request_context():
        return request.root_path.rstrip("/")
    return str(current_app.config["URL_PREFIX"]) if current_app else ""


def on_site(path: str) -> str:
    """Return the root-relative address of a path of the site: ``/walks/…`` becomes ``/moma/walks/…``."""
    return prefix() + path


def origin() -> str:
    """Return the site's scheme and host, without a slash at the end: ``https://example.org``.

    They are those of the setting ``PUBLIC_ORIGIN``, or of the current request.
    """
    return str(current_app.config["PUBLIC_ORIGIN"] or request.host_url.rstrip("/"))


def root() -> str:
    """Return the absolute address of the site's first page: ``https://example.org/moma/``."""
    return f"{origin()}{prefix()}/"
