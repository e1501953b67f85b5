"""The pages of walls, added to the application."""

from __future__ import annotations

from flask import Flask

from app.wall_pages import corridor_routes, curator_routes, phone_routes, screen_routes


def init_app(app: Flask) -> None:
    """Serve screens, phones, and what the curator does with walls."""
    for module in (screen_routes, corridor_routes, phone_routes, curator_routes):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(corridor_routes.office)
