"""The curator's page of visitors' collections: unlist them, let their owners list them again, delete them.

The reported ones are on the page of reports, too.
"""

from collections.abc import Callable

from flask import Response, request

from app.collection.gallery import visitor_collections
from app.collection.gallery.number_pages import NumberPage
from app.collection.moderation import audit_log, reports
from app.core.errors import InvalidInput
from app.core.i18n.gettext import _
from app.site.admin.curator import blueprint
from app.site.web.curator_room import go, room_page
from app.storage.collection_models import Collection

ACTS: dict[str, Callable[[Collection], object]] = {
    "unlist": visitor_collections.bar,
    "allow": visitor_collections.unbar,
    "delete": visitor_collections.take_down,
    "leave": lambda collection: audit_log.note("left collection as it is", collection.id),
}
CLOSING = "unlist", "leave"
"""The acts that close the reports of a collection; its deletion deletes them."""


@blueprint.get("/collections")
def collections() -> Response:
    """Show all collections, unlisted ones too, the newest first."""
    return _page()


@blueprint.post("/collections/<collection_id>/<any(unlist, allow, delete, leave):act>")
def act_on_collection(collection_id: str, act: str) -> Response:
    """Apply an action to a collection, write the audit log, and redirect; 422 if a deletion is not confirmed."""
    collection = visitor_collections.at(collection_id)
    if act == "delete" and not request.form.get("sure"):
        return _page(status=422, error=_("Tick that you are sure: this cannot be undone."))
    if act in CLOSING:
        reports.close_reports(collection)
    ACTS[act](collection)
    return go("office.room" if request.form.get("back") == "room" else "office.collections")


def _page(*, status: int = 200, error: str = "") -> Response:
    try:
        page = visitor_collections.every(cursor=request.args.get("cursor"))
    except InvalidInput as refused:
        page, status, error = NumberPage([]), 422, str(refused)
    shown = visitor_collections.describe(page.rows)
    return room_page("curator/collections.html", status=status, page=page, shown=shown, error=error)
