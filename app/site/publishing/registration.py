"""Register films, stills, the feed, embeds and the sitemap with the application."""

from __future__ import annotations

from flask import Flask

from app.site.publishing import embed, feed, film_files, media_files, schema_org, sitemap


def init_app(app: Flask) -> None:
    """Register the blueprints and the sitemap, and add the template function ``artwork_of``."""
    for module in (film_files, media_files, embed, feed):
        app.register_blueprint(module.blueprint)
    sitemap.init_app(app)
    app.jinja_env.globals["artwork_of"] = schema_org.describe_artwork
