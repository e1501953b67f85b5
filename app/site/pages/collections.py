"""The pages of visitors' collections: the list, one page for each, and what its owner does. The cookie says whose."""

from flask import Blueprint, Response, render_template, request, url_for

from app.access.auth import rate_limits, visitors
from app.collection.gallery import visitor_collections
from app.collection.gallery.number_pages import NumberPage
from app.core.errors import InvalidInput
from app.site.pages.favourites import keep_page
from app.site.web.responses import NO_HEADERS, NOT_INDEXED, conditional, page_response, redirect_to
from app.storage.collection_models import Collection
from app.walks.saved import lookup

blueprint = Blueprint("collections", __name__)


@blueprint.get("/collections")
def index() -> Response:
    """Show the listed collections."""
    try:
        page = visitor_collections.listed(cursor=request.args.get("cursor"))
    except InvalidInput as refused:
        page = NumberPage([])
        html = render_template("pages/collections.html", page=page, halls=[], error=str(refused))
        return page_response(html, status=422)
    halls = [each for each in visitor_collections.describe(page.rows) if each.first]  # it may have been deleted since
    return conditional(page_response(render_template("pages/collections.html", page=page, halls=halls, error="")))


@blueprint.get("/collections/<collection_id>")
def show(collection_id: str) -> Response:
    """Show a collection and its walks, to its owner with the controls."""
    return _page(visitor_collections.at(collection_id))


@blueprint.post("/collections/<collection_id>/title")
def rename(collection_id: str) -> Response:
    """Change a collection's title; 422 with the page if it breaks a rule."""
    collection, title = _own(collection_id), request.form.get("title", "")
    try:
        visitor_collections.rename(collection, title, admit=rate_limits.COLLECTION.admit)
    except InvalidInput as error:
        return _page(collection, retitled=(title, str(error)))
    return redirect_to(collection.url)


@blueprint.post("/collections/<collection_id>/<any(list, unlist):act>")
def set_listed(collection_id: str, act: str) -> Response:
    """List a collection for everyone, or leave it to those who know its address."""
    collection = _own(collection_id)
    visitor_collections.set_listed(collection, act == "list")
    return redirect_to(collection.url)


@blueprint.post("/collections/<collection_id>/<any(up, down, remove):act>")
def arrange(collection_id: str, act: str) -> Response:
    """Move a walk up or down within a collection, or remove it."""
    collection, walk_id = _own(collection_id), request.form.get("walk", "")
    if act == "remove":
        visitor_collections.remove(collection, walk_id)
    else:
        visitor_collections.move(collection, walk_id, upwards=act == "up")
    return redirect_to(f"{collection.url}#order")


@blueprint.post("/collections/<collection_id>/delete")
def delete(collection_id: str) -> Response:
    """Delete a collection, and redirect to the visitor's page."""
    visitor_collections.delete_own(_own(collection_id))
    return redirect_to(url_for("mine.index") + "#collections")


@blueprint.post("/walks/<walk_id>/collect")
def collect(walk_id: str) -> Response:
    """Add a walk to one of the visitor's collections, or to a new one with a title, and redirect to the walk's page."""
    walk, owner = lookup.walk_at_address(walk_id), visitors.owner()
    title, chosen = request.form.get("title", ""), request.form.get("collection", "")
    admit = rate_limits.COLLECTION.admit
    try:
        if chosen and not title.strip():
            visitor_collections.add(visitor_collections.owned(chosen, *visitors.owners()), walk, admit=admit)
        else:
            visitor_collections.create(title, owner, walk=walk, admit=admit)
    except InvalidInput as error:
        return keep_page(walk, refused=(title, str(error)))
    return redirect_to(f"{walk.url}#favourite")


def _own(collection_id: str) -> Collection:
    return visitor_collections.owned(collection_id, *visitors.owners())


def _page(collection: Collection, *, retitled: tuple[str, str] | None = None) -> Response:
    is_owner = visitors.is_own(collection)
    walks = visitor_collections.walks_of(collection, even_unlisted=is_owner)
    page = render_template(
        "pages/collection.html", collection=collection, walks=walks, is_owner=is_owner, retitled=retitled
    )
    headers = {"Vary": "Cookie", **(NOT_INDEXED if collection.listed_at is None else NO_HEADERS)}
    response = page_response(page, status=422 if retitled else 200, headers=headers)
    return response if retitled else conditional(response)
