"""Films, stills, feed, embeds and sitemap, added to the application."""

from __future__ import annotations

from flask import Flask

from app.publishing import embed, feed, film_files, media_files, schema_org, sitemap


def init_app(app: Flask) -> None:
    """Serve what is fetched from outside a page, and let templates describe a walk to search engines."""
    for module in (film_files, media_files, embed, feed):
        app.register_blueprint(module.blueprint)
    sitemap.init_app(app)
    app.jinja_env.globals["artwork_of"] = schema_org.of
