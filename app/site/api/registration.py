"""Register the JSON API with the application. The API reads no cookie and needs no CSRF token."""

from __future__ import annotations

from flask import Flask

from app.site.api import candidate_routes, captions, pictures, readings, reference, routes, styles, token_routes
from app.site.web.form_guards import csrf

SERVED = routes, pictures, token_routes, candidate_routes, readings, styles, captions, reference


def init_app(app: Flask) -> None:
    """Register the API's blueprints and its reference page, and exempt them from CSRF checks."""
    for module in SERVED:
        csrf.exempt(module.blueprint)
        app.register_blueprint(module.blueprint)
