"""The web application of MoMA Lisa: pages, JSON API, admin commands and the database behind them.

It imports neither torch nor diffusers: workers generate the pictures (package ``worker``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["DATABASE", "INDEXES", "SETTINGS", "create_app"]

SETTINGS = 0
"""Of an application: its settings and commands."""

DATABASE = 1
"""Of an application: also its database."""

INDEXES = 3
"""Of an application: also its media store and search indexes, which is what a worker needs."""


def create_app(
    overrides: Mapping[str, Any] | None = None, *, instance_path: str | None = None, parts: int | None = None
) -> Flask:
    """Create and return the Flask application, with every blueprint, extension and command registered.

    :param overrides: settings that take precedence over the settings file and the environment (see
    ``app.core.config``).
    :param instance_path: the folder that holds the database, media and secrets of a running site. Default: the
        environment variable ``MOMA_INSTANCE``, or ``instance/``.
    :param parts: how much to add at once: `SETTINGS`, `DATABASE`, `INDEXES` or, by default, everything; the
        rest is added when it is needed (`app.core.late_app.LateApp`).
    :raises app.core.errors.ConfigError: when a setting is unknown or has an invalid value.
    """
    from app.core import config, environment

    environment.clean()  # before libraries that read the environment while they are imported
    from app.cli.register import commands
    from app.core.config import ROOT
    from app.core.instance import folder
    from app.core.late_app import LateApp

    app = LateApp(
        __name__,
        instance_path=instance_path or str(folder(ROOT / "instance")),
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="static",
    )
    config.init_app(app, overrides)
    app.cli = commands()
    app.add_later(_add_database, _add_media_store, _add_indexes, _add_services, _add_hooks, _add_blueprints)
    app.late_extensions.update(media_store=_add_media_store, migrate=_add_migrations)
    app.load(parts)
    return app


def _add_database(app: Flask) -> None:
    """Add the database."""
    from app.storage import database

    database.init_app(app)


def _add_media_store(app: Flask) -> None:
    """Open the media store, unless that was done."""
    from app.storage import media_store

    if media_store.EXTENSION not in app.extensions:
        media_store.init_app(app)


def _add_migrations(app: Flask) -> None:
    """Add Flask-Migrate, which takes a while to import."""
    from app.storage import schema

    schema.set_up_migrations(app)


def _add_indexes(app: Flask) -> None:
    """Add the search indexes."""
    from app.collection.search import semantic_search, visual_search

    for module in (semantic_search, visual_search):
        module.init_app(app)


def _add_services(app: Flask) -> None:
    """Add what requests and some commands use."""
    from app.access.auth import rate_limits
    from app.collection.labels import language_model

    for module in (language_model, rate_limits):
        module.init_app(app)


def _add_hooks(app: Flask) -> None:
    """Add what acts on every request, in this order."""
    from app.access.auth import visitors
    from app.access.observability import metrics, request_ids
    from app.core.addresses import PathNumber
    from app.site.publishing import sitemap
    from app.site.web import (
        assets,
        error_responses,
        form_guards,
        kept_pages,
        language,
        origins,
        proxy,
        security_headers,
        templating,
        trusted_hosts,
        work_limit,
    )

    app.url_map.converters["int"] = PathNumber
    counted = request_ids, metrics  # before all others, to count every request and its whole time
    guards = work_limit, trusted_hosts, proxy, origins
    responses = security_headers, assets, language, templating, kept_pages, error_responses
    for module in (*counted, *guards, *responses, visitors, form_guards, sitemap):
        module.init_app(app)


def _add_blueprints(app: Flask) -> None:
    """Add all routes. The JSON API reads no cookie and needs no CSRF token."""
    from app.access.observability import health
    from app.site.admin import curator_collections, curator_drawings
    from app.site.api import candidate_routes, readings, reference, routes, token_routes
    from app.site.api import captions as captions_api
    from app.site.api import styles as styles_api
    from app.site.api import uploads as uploads_api
    from app.site.pages import (
        candidates,
        captions,
        collections,
        devices,
        drawings,
        exhibitions,
        favourites,
        frames,
        gallery,
        make,
        my_walks,
        owner,
        report,
        restore,
        styles,
        uploads,
    )
    from app.site.publishing import embed, feed, film_files, media_files, sitemap
    from app.site.slideshow import routes as slideshow
    from app.site.wall_pages import corridor_routes, curator_routes, phone_routes, screen_routes
    from app.site.web.form_guards import csrf

    makers = make, owner, restore, frames, candidates, drawings, styles, captions
    visits = exhibitions, collections, favourites, my_walks, devices, report
    files = film_files, media_files, embed, feed, sitemap
    api = routes, token_routes, candidate_routes, readings, styles_api, captions_api, reference
    walls = screen_routes, corridor_routes, phone_routes, curator_routes
    office = curator_collections, curator_drawings
    modules = health, *makers, *visits, *files, *office, *api, *walls, slideshow
    for blueprint in dict.fromkeys(module.blueprint for module in modules):  # those of the office share one
        app.register_blueprint(blueprint)
    for blueprint in (uploads.photos, uploads.music, uploads_api.pictures, uploads_api.sounds, gallery.lookalikes):
        app.register_blueprint(blueprint)
    app.register_blueprint(corridor_routes.office)
    for blueprint in (uploads_api.pictures, uploads_api.sounds, *(module.blueprint for module in api)):
        csrf.exempt(blueprint)
