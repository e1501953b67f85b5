"""The star: the pages on which visitors keep walks as favourites, and the list of these. The cookie says whose."""

from flask import Blueprint, Response, render_template, request

from app.access.auth import rate_limits, visitors
from app.collection.gallery import favourites, visitor_collections
from app.collection.gallery.number_pages import NumberPage
from app.core.errors import InvalidInput
from app.site.web.responses import PRIVATE, page_response, redirect_to
from app.storage.walk_models import Walk
from app.walks.saved import lookup

blueprint = Blueprint("favourites", __name__)


@blueprint.get("/mine/favourites")
def index() -> Response:
    """Show the visitor's favourites."""
    owners = visitors.owners()
    if not owners:
        return _page(NumberPage([]))
    visitors.current()  # renew the cookie for another year
    try:
        return _page(favourites.page(*owners, cursor=request.args.get("cursor")))
    except InvalidInput as refused:
        return _page(NumberPage([]), status=422, error=str(refused))


@blueprint.get("/walks/<walk_id>/favourite")
def choose(walk_id: str) -> Response:
    """Show the star of a walk to a visitor without a cookie, which this page sets."""
    visitors.current()
    return keep_page(lookup.walk_at_address(walk_id))


def keep_page(walk: Walk, *, refused: tuple[str, str] | None = None) -> Response:
    """Return the page on which a visitor keeps a walk; ``refused`` is the title of a collection and what is wrong."""
    page = render_template(
        "pages/keep.html",
        walk=walk,
        is_favourite=favourites.is_favourite(walk, *visitors.owners()),
        own=visitor_collections.of_owner_with(walk, *visitors.owners()),
        refused=refused,
    )
    return page_response(page, status=422 if refused else 200, headers=PRIVATE)


@blueprint.post("/walks/<walk_id>/favourite")
def mark(walk_id: str) -> Response:
    """Make a walk the visitor's favourite, or take the star away, and redirect to its page."""
    walk = lookup.walk_at_address(walk_id)
    visitors.current()
    if request.form.get("favourite") == "0":
        favourites.remove(walk, *visitors.owners())
    else:
        favourites.add(walk, *visitors.owners(), admit=rate_limits.FAVOURITE.admit)
    return redirect_to(f"{walk.url}#favourite")


def _page(page: NumberPage[Walk], *, status: int = 200, error: str = "") -> Response:
    html = render_template("pages/favourites.html", page=page, error=error)
    return page_response(html, status=status, headers=PRIVATE)
