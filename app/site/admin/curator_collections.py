"""The curator's page of visitors' collections: unlist them, let their owners list them again, delete them."""

from __future__ import annotations

from flask import Response, request

from app.collection.gallery import visitor_collections
from app.collection.gallery.number_pages import NumberPage
from app.core.errors import InvalidInput
from app.core.i18n.gettext import _
from app.site.admin.curator import blueprint
from app.site.web.curator_room import go, room_page

ACTS = {
    "unlist": visitor_collections.bar,
    "allow": visitor_collections.unbar,
    "delete": visitor_collections.take_down,
}


@blueprint.get("/collections")
def collections() -> Response:
    """Show all collections, unlisted ones too, the newest first."""
    return _page()


@blueprint.post("/collections/<collection_id>/<any(unlist, allow, delete):act>")
def act_on_collection(collection_id: str, act: str) -> Response:
    """Apply an action to a collection, write the audit log, and redirect; 422 if a deletion is not confirmed."""
    collection = visitor_collections.at(collection_id)
    if act == "delete" and not request.form.get("sure"):
        return _page(status=422, error=_("Tick that you are sure: this cannot be undone."))
    ACTS[act](collection)
    return go("office.collections")


def _page(*, status: int = 200, error: str = "") -> Response:
    try:
        page = visitor_collections.every(cursor=request.args.get("cursor"))
    except InvalidInput as refused:
        page, status, error = NumberPage([]), 422, str(refused)
    shown = visitor_collections.describe(page.rows)
    return room_page("curator/collections.html", status=status, page=page, shown=shown, error=error)
