"""More that look like this: the page with the walks that look most like a frame."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, request

from app.gallery.similar import SHOWN, find
from app.search import visual_search
from app.web.responses import conditional

blueprint = Blueprint("alike", __name__)


def init_app(app: Flask) -> None:
    """Serve the page."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["is_looked_at"] = lambda walk: visual_search.of(walk) is not None


@blueprint.get("/walks/<walk_id>/alike")
def page(walk_id: str) -> Response:
    """Show the public walks that look like a frame, the most similar first."""
    found = find(walk_id, request.args.get("frame"), limit=SHOWN)
    response = conditional(Response(render_template("pages/similar.html", found=found, walk=found.walk)))
    response.headers["X-Robots-Tag"] = "noindex"
    return response
