"""The page with captions for a walk. It is asked for by its address alone, so that back and forward are safe."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, request

from app.errors import InvalidInput
from app.i18n.gettext import N_
from app.i18n.locales import here
from app.labels import captions, descriptions
from app.walks import lookup
from app.web.responses import conditional

blueprint = Blueprint("captions", __name__)

TONES = {
    "quirky": N_("quirky"),
    "funny": N_("funny"),
    "serious": N_("serious"),
    "happy": N_("happy"),
    "poetic": N_("poetic"),
}
AUDIENCES = {"personal": N_("personal"), "promotional": N_("promotional"), "academic": N_("academic")}


def init_app(app: Flask) -> None:
    """Serve the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/walks/<walk_id>/captions")
def page(walk_id: str) -> Response:
    """Show captions in the tone and for the audience that the address names; what is wrong is said above the form."""
    walk = lookup.walk_at_address(walk_id)
    about, language = descriptions.of_walk(walk), here().language
    told = {name: request.args[name] for name in ("tone", "audience") if name in request.args}
    errors, wanted = [], captions.read({"language": language})
    try:
        wanted = captions.read({**told, "language": language})
    except InvalidInput as error:
        errors = [each.message for each in error.errors]
    shown = render_template(
        "pages/captions.html",
        walk=walk,
        wanted=wanted,
        errors=errors,
        tones=TONES,
        audiences=AUDIENCES,
        label=captions.sentence(about, language),
        written=[] if errors else captions.write(about, **wanted.model_dump()),
    )
    response = Response(shown, status=422) if errors else conditional(Response(shown))
    response.headers["X-Robots-Tag"] = "noindex"
    return response
