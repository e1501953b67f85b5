"""The JSON API, added to the application; it reads no cookie and needs no CSRF token."""

from __future__ import annotations

from flask import Flask

from app.api import candidate_routes, captions, pictures, readings, reference, routes, styles, token_routes
from app.web.form_guards import csrf

SERVED = routes, pictures, token_routes, candidate_routes, readings, styles, captions, reference


def init_app(app: Flask) -> None:
    """Serve the API and its manual."""
    for module in SERVED:
        csrf.exempt(module.blueprint)
        app.register_blueprint(module.blueprint)
