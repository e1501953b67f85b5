"""What an owner does to a walk on its page: cancel, retry, retitle, unlist, delete. The cookie identifies the owner."""

from flask import Blueprint, Response, request, url_for

from app.access.auth import rate_limits, visitors
from app.core.errors import InvalidInput, NotOwner
from app.core.i18n.gettext import _
from app.requests.walk_requests import walk_edits
from app.site.pages.walk import redirect_to_walk, walk_page
from app.site.web.responses import redirect_to
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle, lookup

blueprint = Blueprint("owners", __name__)


@blueprint.post("/walks/<walk_id>/cancel")
def cancel(walk_id: str) -> Response:
    """Cancel a walk that is queued or being generated."""
    walk = _own(walk_id)
    lifecycle.cancel(walk)
    return redirect_to_walk(walk)


@blueprint.post("/walks/<walk_id>/retry")
def retry(walk_id: str) -> Response:
    """Put a failed or cancelled walk back in the queue, if the visitor's hourly limit has room for it."""
    walk = _own(walk_id)
    lifecycle.retry(walk, admit=rate_limits.PAGE.admit)
    return redirect_to_walk(walk)


@blueprint.post("/walks/<walk_id>/title")
def retitle(walk_id: str) -> Response:
    """Change a walk's title; an empty one restores the title made of its stops."""
    walk, title = _own(walk_id), request.form.get("title", "")
    try:
        change = walk_edits.validate({"title": title if title.strip() else None})
    except InvalidInput as error:
        return walk_page("pages/walk.html", walk, retitled=(title, str(error)))
    walk_edits.apply(walk, change)
    return redirect_to_walk(walk)


@blueprint.post("/walks/<walk_id>/unlist")
def unlist(walk_id: str) -> Response:
    """Remove a walk from the gallery; its address stays valid."""
    walk = _own(walk_id)
    walk_edits.apply(walk, walk_edits.validate({"unlisted": True}))
    return redirect_to_walk(walk)


@blueprint.post("/walks/<walk_id>/list")
def list_again(walk_id: str) -> Response:
    """List a walk in the gallery again."""
    walk = _own(walk_id)
    ticked = {name: True for name in ("photos_may_be_shown", "publish_sound") if request.form.get(name)}
    change = {"unlisted": False, **ticked}
    try:
        walk_edits.apply(walk, walk_edits.validate(change))
    except InvalidInput as error:
        return walk_page("pages/walk.html", walk, not_listed=str(error))
    return redirect_to_walk(walk)


@blueprint.post("/walks/<walk_id>/delete")
def delete(walk_id: str) -> Response:
    """Delete a walk, and redirect to the owner's walks."""
    lifecycle.delete_walk(_own(walk_id))
    return redirect_to(url_for("mine.index", deleted=1))


def _own(walk_id: str) -> Walk:
    """Return the walk at an address if the visitor's cookie owns it.

    :raises NotOwner: when it does not.
    """
    walk = lookup.walk_at_address(walk_id)
    if not visitors.is_own(walk):
        raise NotOwner(_("Only the visitor who asked for this walk can do that, from the browser they asked with."))
    return walk
