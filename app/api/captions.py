"""Captions for a walk, told to programs."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify

from app.api import routes
from app.api.openapi import documented
from app.api.response_types import CaptionList
from app.labels import captions, descriptions
from app.labels.captions import CaptionRequest
from app.walks import lookup
from app.web.form_guards import csrf

blueprint = Blueprint("captions_api", __name__, url_prefix="/api/v1")


def init_app(app: Flask) -> None:
    """Serve the captions."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.post("/walks/<walk_id>/captions")
@documented(
    name="captionWalk",
    body=CaptionRequest,
    answers={200: CaptionList},
    problems=(400, 404, 410, 413, 415, 422),
)
def write(walk_id: str) -> Response:
    """Write captions for a finished walk.

    Nothing is kept of them: the same wishes are answered with the same words.
    """
    about = descriptions.of_walk(lookup.walk_at_address(walk_id))
    wanted = captions.read(routes.json_body())
    body: CaptionList = {
        "captions": captions.write(about, **wanted.model_dump()),
        "label": captions.sentence(about, wanted.language),
        "tone": wanted.tone,
        "audience": wanted.audience,
        "language": wanted.language,
    }
    return jsonify(body)
