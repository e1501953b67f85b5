"""The pages of the exhibitions: the list and one page for each."""

from flask import Blueprint, Response, render_template

from app.collection.gallery import exhibitions
from app.site.web.responses import conditional

blueprint = Blueprint("showing", __name__)


@blueprint.get("/exhibitions")
def index() -> Response:
    """Show the list of exhibitions."""
    return conditional(Response(render_template("pages/exhibitions.html", halls=exhibitions.list_shown())))


@blueprint.get("/exhibitions/<slug>")
def hall(slug: str) -> Response:
    """Show an exhibition and its walks."""
    exhibition = exhibitions.at(slug)
    page = render_template("pages/exhibition.html", exhibition=exhibition, walks=exhibitions.walks_of(exhibition))
    return conditional(Response(page))
