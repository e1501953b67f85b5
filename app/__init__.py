"""The web side of MoMA Lisa: pages, JSON API, admin commands, and the database behind them. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

__all__ = ["create_app"]


def create_app(overrides: Mapping[str, Any] | None = None, *, instance_path: str | None = None) -> Flask:
    """Build the application.

    :param overrides: settings that win over file and environment (see ``app.config``).
    :param instance_path: the folder where a running site keeps its database, media and secrets; without it
        ``MOMA_INSTANCE`` names one, else it is ``instance/``.
    :raises app.errors.ConfigError: when a setting is unusable.
    """
    from app import config
    from app.admin import curator_drawings
    from app.api import candidate_routes, pictures, readings, reference, routes, token_routes
    from app.api import captions as captions_api
    from app.api import styles as styles_api
    from app.auth import rate_limits, visitors
    from app.cli import registration
    from app.config import ROOT
    from app.instance import folder
    from app.labels import language_model
    from app.observability import health, metrics, request_ids
    from app.pages import (
        candidates,
        captions,
        drawings,
        exhibitions,
        make,
        my_walks,
        owner,
        photos,
        report,
        restore,
        similar,
        stages,
        styles,
    )
    from app.publishing import embed, feed, film_files, media_files, schema_org, sitemap
    from app.search import semantic_search, visual_search
    from app.storage import database, media_store
    from app.wall import corridor_routes, curator_routes, phone_routes, screen_routes, slideshow_routes
    from app.web import assets, error_responses, language, proxy, security_headers, templating, unread_bodies

    app = Flask(
        __name__,
        instance_path=instance_path or str(folder(ROOT / "instance")),
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="static",
    )
    config.init_app(app, overrides)
    proxy.init_app(app)
    unread_bodies.init_app(app)
    request_ids.init_app(app)
    metrics.init_app(app)  # first of those that look at requests, to count all of them and all of their time
    database.init_app(app)
    media_store.init_app(app)
    visitors.init_app(app)
    security_headers.init_app(app)
    assets.init_app(app)
    language.init_app(app)
    templating.init_app(app)
    error_responses.init_app(app)
    health.init_app(app)
    make.init_app(app)
    owner.init_app(app)
    photos.init_app(app)
    restore.init_app(app)
    film_files.init_app(app)
    media_files.init_app(app)
    stages.init_app(app)
    candidates.init_app(app)
    drawings.init_app(app)
    styles.init_app(app)
    embed.init_app(app)
    feed.init_app(app)
    exhibitions.init_app(app)
    sitemap.init_app(app)
    report.init_app(app)
    curator_drawings.init_app(app)
    schema_org.init_app(app)
    routes.init_app(app)
    pictures.init_app(app)
    token_routes.init_app(app)
    candidate_routes.init_app(app)
    readings.init_app(app)
    styles_api.init_app(app)
    captions_api.init_app(app)
    captions.init_app(app)
    language_model.init_app(app)
    reference.init_app(app)
    my_walks.init_app(app)
    app.register_blueprint(screen_routes.blueprint)
    app.register_blueprint(corridor_routes.blueprint)
    app.register_blueprint(corridor_routes.office)
    app.register_blueprint(phone_routes.blueprint)
    app.register_blueprint(curator_routes.blueprint)
    slideshow_routes.init_app(app)
    semantic_search.init_app(app)
    visual_search.init_app(app)
    similar.init_app(app)
    rate_limits.init_app(app)
    registration.init_app(app)
    return app
