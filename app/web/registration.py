"""What all routes share, added to the application."""

from __future__ import annotations

from flask import Flask

from app.web import assets, error_responses, language, proxy, security_headers, templating, unread_bodies


def init_app(app: Flask) -> None:
    """Set up addresses behind a proxy, headers, languages, templates and the answers to errors."""
    for module in (proxy, unread_bodies, security_headers, assets, language, templating, error_responses):
        module.init_app(app)
