"""Register with the application what all routes share."""

from __future__ import annotations

from flask import Flask

from app.core.addresses import PathNumber
from app.site.web import (
    assets,
    error_responses,
    language,
    origins,
    proxy,
    security_headers,
    templating,
    trusted_hosts,
    unread_bodies,
    work_limit,
)


def init_app(app: Flask) -> None:
    """Set up addresses, proxy headers, security headers, static files, languages, templates and error responses."""
    app.url_map.converters["int"] = PathNumber
    before = (work_limit, trusted_hosts, proxy, origins, unread_bodies)  # the first is within what reads bodies
    for module in (*before, security_headers, assets, language, templating, error_responses):
        module.init_app(app)
