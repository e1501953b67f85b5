"""Register with the application what all routes share."""

from __future__ import annotations

from flask import Flask

from app.web import (
    assets,
    error_responses,
    language,
    origins,
    path_numbers,
    proxy,
    security_headers,
    templating,
    unread_bodies,
    work_limit,
)


def init_app(app: Flask) -> None:
    """Set up addresses, proxy headers, security headers, static files, languages, templates and error responses."""
    before = (work_limit, path_numbers, proxy, origins, unread_bodies)  # the first is within what reads bodies
    for module in (*before, security_headers, assets, language, templating, error_responses):
        module.init_app(app)
