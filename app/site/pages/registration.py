"""Register the visitors' pages with the application, and the guards of their forms."""

from __future__ import annotations

from flask import Flask

from app.site.pages import (
    candidates,
    captions,
    drawings,
    exhibitions,
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
from app.site.web import form_guards

SERVED = make, owner, photos, restore, frames, candidates, drawings, styles, exhibitions, report, captions, my_walks


def init_app(app: Flask) -> None:
    """Register the form guards and the pages' blueprints."""
    form_guards.init_app(app)
    for module in SERVED:
        app.register_blueprint(module.blueprint)
    app.register_blueprint(gallery.lookalikes)
