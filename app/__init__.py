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

    from app.access.auth import rate_limits, visitors
    from app.access.observability import registration as observability
    from app.cli import registration as cli
    from app.collection.labels import language_model
    from app.collection.search import semantic_search, visual_search
    from app.core.config import ROOT
    from app.core.instance import folder
    from app.site.admin import curator_drawings
    from app.site.api import registration as api
    from app.site.pages import registration as pages
    from app.site.publishing import registration as publishing
    from app.site.slideshow import routes as slideshow
    from app.site.wall_pages import registration as wall_pages
    from app.site.web import registration as web
    from app.storage import database, media_store

    app = Flask(
        __name__,
        instance_path=instance_path or str(folder(ROOT / "instance")),
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="static",
    )
    config.init_app(app, overrides)
    observability.init_app(app)  # before all other request hooks, to count every request and its whole time
    web.init_app(app)
    for module in (database, media_store, visitors, language_model, semantic_search, visual_search, rate_limits):
        module.init_app(app)
    for package in (pages, publishing, curator_drawings, api, wall_pages, cli):
        package.init_app(app)
    app.register_blueprint(slideshow.blueprint)
    return app
