"""Request IDs, metrics and health checks, added to the application."""

from __future__ import annotations

from flask import Flask

from app.access.observability import health, metrics, request_ids


def init_app(app: Flask) -> None:
    """Give requests IDs and count them; serve ``/metrics``, ``/healthz`` and ``/readyz``."""
    request_ids.init_app(app)
    metrics.init_app(app)
    app.register_blueprint(health.blueprint)
