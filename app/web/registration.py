"""Register with the application what all routes share."""

from __future__ import annotations

from flask import Flask

from app.web import (
    assets,
    error_responses,
    language,
    origins,
    proxy,
    security_headers,
    templating,
    unread_bodies,
    work_limit,
)


def init_app(app: Flask) -> None:
    """Set up proxy headers, security headers, static files, languages, templates and error responses."""
    work_limit.init_app(app)  # within what reads addresses and bodies
    for module in (proxy, origins, unread_bodies, security_headers, assets, language, templating, error_responses):
        module.init_app(app)
