"""Registration of the walls' routes on the application."""

from __future__ import annotations

from flask import Flask

from app.site.wall_pages import corridor_routes, curator_routes, phone_routes, screen_routes


def init_app(app: Flask) -> None:
    """Register the blueprints of screens, corridors, phones and the curator's pages."""
    for module in (screen_routes, corridor_routes, phone_routes, curator_routes):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(corridor_routes.office)
