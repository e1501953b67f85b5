"""What the model can draw: a page to search it, and each drawing as a picture in one ink."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound

from app.drawings import offered, pictures
from sketch.sketchbook import SketchbookError

blueprint = Blueprint("drawings", __name__)

FOR_GOOD = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """Serve the pages, and let templates name the pictures."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(picture_of=pictures.address, led_models=offered.led_models)


@blueprint.get("/drawings/<digest>.webp")
def picture(digest: str) -> Response:
    """Send a drawing in one ink. What a digest names never changes."""
    book = offered.holding(digest)
    if book is None:
        raise NotFound
    try:
        data = pictures.webp(book, digest)
    except SketchbookError as error:
        raise NotFound from error
    response = Response(data, mimetype="image/webp")
    response.headers["Cache-Control"] = FOR_GOOD
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    return response.make_conditional(request)  # type: ignore[return-value]
