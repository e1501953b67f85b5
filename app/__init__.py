"""The web application of MoMA Lisa: pages, JSON API, admin commands and the database behind them.

It imports neither torch nor diffusers: workers generate the pictures (package ``worker``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app"]


def create_app(overrides: Mapping[str, Any] | None = None, *, instance_path: str | None = None) -> Flask:
    """Create and return the Flask application, with every blueprint, extension and command registered.

    :param overrides: settings that take precedence over the settings file and the environment (see
    ``app.core.config``).
    :param instance_path: the folder that holds the database, media and secrets of a running site. Default: the
        environment variable ``MOMA_INSTANCE``, or ``instance/``.
    :raises app.core.errors.ConfigError: when a setting is unknown or has an invalid value.
    """
    from app.core import config, environment

    environment.clean()  # before libraries that read the environment while they are imported
    from flask import Flask

    from app.core.config import ROOT
    from app.core.instance import folder

    app = Flask(
        __name__,
        instance_path=instance_path or str(folder(ROOT / "instance")),
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="static",
    )
    config.init_app(app, overrides)
    _add_hooks(app)
    _add_blueprints(app)
    _add_commands(app)
    return app


def _add_hooks(app: Flask) -> None:
    """Add what acts on every request, in this order, and the services that requests use."""
    from app.access.auth import rate_limits, visitors
    from app.access.observability import metrics, request_ids
    from app.collection.labels import language_model
    from app.collection.search import semantic_search, visual_search
    from app.core.addresses import PathNumber
    from app.site.publishing import sitemap
    from app.site.web import (
        assets,
        error_responses,
        form_guards,
        language,
        origins,
        proxy,
        security_headers,
        templating,
        trusted_hosts,
        unread_bodies,
        work_limit,
    )
    from app.storage import database, media_store, schema

    app.url_map.converters["int"] = PathNumber
    counted = request_ids, metrics  # before all others, to count every request and its whole time
    guards = work_limit, trusted_hosts, proxy, origins, unread_bodies  # the first is within what reads bodies
    responses = security_headers, assets, language, templating, error_responses
    storage = database, schema, media_store
    services = visitors, language_model, semantic_search, visual_search, rate_limits
    for module in (*counted, *guards, *responses, *storage, *services, form_guards, sitemap):
        module.init_app(app)


def _add_blueprints(app: Flask) -> None:
    """Add all routes. The JSON API reads no cookie and needs no CSRF token."""
    from app.access.observability import health
    from app.site.admin import curator_collections, curator_drawings
    from app.site.api import candidate_routes, pictures, readings, reference, routes, token_routes
    from app.site.api import captions as captions_api
    from app.site.api import styles as styles_api
    from app.site.pages import (
        candidates,
        captions,
        collections,
        drawings,
        exhibitions,
        favourites,
        frames,
        gallery,
        make,
        my_walks,
        owner,
        photos,
        report,
        restore,
        styles,
    )
    from app.site.publishing import embed, feed, film_files, media_files, sitemap
    from app.site.slideshow import routes as slideshow
    from app.site.wall_pages import corridor_routes, curator_routes, phone_routes, screen_routes
    from app.site.web.form_guards import csrf

    makers = make, owner, photos, restore, frames, candidates, drawings, styles, captions
    visits = exhibitions, collections, favourites, my_walks, report
    files = film_files, media_files, embed, feed, sitemap
    api = routes, pictures, token_routes, candidate_routes, readings, styles_api, captions_api, reference
    walls = screen_routes, corridor_routes, phone_routes, curator_routes
    office = curator_collections, curator_drawings
    modules = health, *makers, *visits, *files, *office, *api, *walls, slideshow
    for blueprint in dict.fromkeys(module.blueprint for module in modules):  # those of the office share one
        app.register_blueprint(blueprint)
    app.register_blueprint(gallery.lookalikes)
    app.register_blueprint(corridor_routes.office)
    for module in api:
        csrf.exempt(module.blueprint)


def _add_commands(app: Flask) -> None:
    """Add the admin commands to the command line of ``app``."""
    from app.cli import (
        backup,
        captions,
        checks,
        curator,
        drawings,
        exhibitions,
        first_exhibition,
        gallery,
        media,
        styles,
        tokens,
        walks,
        walls,
    )

    collection = walks, gallery, first_exhibition, exhibitions, walls, drawings, styles
    site = curator, tokens, media, backup, checks
    for module in (*collection, *site):
        app.cli.add_command(module.group)
    for command in (styles.lora_group, styles.embedding_group, captions.command, checks.command):
        app.cli.add_command(command)
