"""The page "My walks": all walks of the visitor, in any state. The cookie identifies the visitor."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from app.access.auth import rate_limits, visitors
from app.collection.gallery import own_walks
from app.collection.gallery.own_walks import OwnWalks
from app.collection.moderation import reports
from app.core.errors import InvalidInput, TooMany
from app.core.i18n.formatting import day
from app.core.i18n.gettext import N_, _
from app.site.presentation.wording import ordinal_place
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, QUEUED, Walk
from app.walks.queue import fair_queue
from app.walks.saved import lifecycle

blueprint = Blueprint("mine", __name__)


@blueprint.get("/mine")
def index() -> Response:
    """Show the visitor's walks; after the deletion of one, say so."""
    secret, deleted = visitors.known(), (1, 0, 0) if request.args.get("deleted") == "1" else None
    if secret is None:
        return _page(OwnWalks([]))
    visitors.current()  # renew the cookie for another year
    try:
        return _page(own_walks.page(visitors.digest(secret), cursor=request.args.get("cursor")), deleted=deleted)
    except InvalidInput as refused:
        return _page(OwnWalks([]), status=422, error=str(refused))


@blueprint.post("/mine/delete")
def delete_all() -> Response:
    """Delete all of the visitor's walks, photos, reports and words for walls, and show how many there were."""
    secret = visitors.known()
    if secret is None:
        return _page(OwnWalks([]), deleted=(0, 0, 0))
    owner = visitors.digest(secret)
    if not request.form.get("sure"):
        return _page(own_walks.page(owner), status=422, flaw=_("Tick that you are sure: this cannot be undone."))
    try:
        rate_limits.DELETION.admit()
    except TooMany as error:
        response = _page(own_walks.page(owner), status=429, flaw=str(error))
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    withdrawn = reports.withdraw(visitors.report_hashes(secret))
    written = lifecycle.delete_words_of(owner)
    deleted = lifecycle.delete_walks_of(owner)
    lifecycle.forget_photos(owner)
    return _page(own_walks.page(owner), deleted=(deleted, withdrawn, written))


def _page(page: OwnWalks, *, status: int = 200, **context: object) -> Response:
    states = {walk.id: state_words(walk, fair_queue.find_place(walk)) for walk in page.walks}
    values = {"error": None, "flaw": None, "deleted": None, "is_known": visitors.known() is not None} | context
    response = make_response(render_template("pages/my_walks.html", page=page, states=states, **values), status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Cookie"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def state_words(walk: Walk, place: fair_queue.QueuePlace) -> str:
    """Return a walk's state in words: ``Third in line``, ``Painted on 20 November 2026, unlisted``."""
    if walk.state == QUEUED:
        return ordinal_place(place.position or 1)
    if walk.state == PAINTING:
        return _("Being painted, %(count)s of %(frames)s", count=walk.painted_count, frames=walk.frames)
    if walk.state == FINISHED:
        painted = _("Painted on %(day)s", day=day(walk.finished_at)) if walk.finished_at else _("Painted")
        return _("%(state)s, unlisted", state=painted) if walk.unlisted else painted
    return _({FAILED: N_("Failed, can be painted on"), CANCELLED: N_("Cancelled")}.get(walk.state, N_("Refused")))
