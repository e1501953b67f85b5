"""The page "My walks": a visitor's walks, in any state, favourites and collections. The cookie says whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Response, redirect, render_template, request

from app.access.auth import rate_limits, visitors
from app.collection.gallery import favourites, own_walks, visitor_collections
from app.collection.gallery.number_pages import NumberPage
from app.collection.moderation import reports
from app.core.errors import InvalidInput, TooMany
from app.core.i18n.formatting import day
from app.core.i18n.gettext import N_, _
from app.site.presentation.wording import ordinal_place
from app.site.web.responses import page_response, private_page
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, QUEUED, Walk
from app.walks.queue import fair_queue
from app.walks.saved import lifecycle

blueprint = Blueprint("mine", __name__)

FAVOURITES_SHOWN = 8
"""The most favourites that the page shows; the others are on a page of their own."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many walks, reports, words for walls, favourites and collections a visitor deleted."""

    walks: int = 0
    reports: int = 0
    words: int = 0
    favourites: int = 0
    collections: int = 0


@blueprint.get("/mine")
def index() -> Response:
    """Show the visitor's walks; after the deletion of one, say so."""
    owner, deleted = visitors.known_owner(), Deleted(1) if request.args.get("deleted") == "1" else None
    if owner is None:
        return _page(NumberPage([]))
    visitors.current()  # renew the cookie for another year
    try:
        return _page(own_walks.page(owner, cursor=request.args.get("cursor")), deleted=deleted)
    except InvalidInput as refused:
        return _page(NumberPage([]), status=422, error=str(refused))


@blueprint.post("/mine/delete")
def delete_all() -> Response:
    """Delete all that is the visitor's, and show how much there was."""
    secret = visitors.known()
    if secret is None:
        return _page(NumberPage([]), deleted=Deleted())
    owner = visitors.digest(secret)
    if not request.form.get("sure"):
        return _page(own_walks.page(owner), status=422, flaw=_("Tick that you are sure: this cannot be undone."))
    try:
        rate_limits.DELETION.admit()
    except TooMany as error:
        response = _page(own_walks.page(owner), status=429, flaw=str(error))
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    deleted = Deleted(
        favourites=favourites.delete_all_of(owner),  # first, as those of own walks go with these
        collections=visitor_collections.delete_all_of(owner),
        reports=reports.withdraw(visitors.report_hashes(secret)),
        words=lifecycle.delete_words_of(owner),
        walks=lifecycle.delete_walks_of(owner),
    )
    lifecycle.forget_photos(owner)
    return _page(own_walks.page(owner), deleted=deleted)


@blueprint.post("/mine/collections")
def create_collection() -> Response:
    """Create an empty collection and redirect to its page; 422 with the form if the title breaks a rule."""
    owner, form = visitors.digest(visitors.current()), request.form
    title, is_listed = form.get("title", ""), bool(form.get("listed"))
    try:
        created = visitor_collections.create(title, owner, is_listed=is_listed, admit=rate_limits.COLLECTION.admit)
    except InvalidInput as error:
        return _page(own_walks.page(owner), status=422, untitled=(title, is_listed, str(error)))
    return cast(Response, redirect(created.url, 303))


def _page(page: NumberPage[Walk], *, status: int = 200, **context: object) -> Response:
    owner = visitors.known_owner()
    starred: NumberPage[Walk] = NumberPage([])
    own = []
    if owner is not None and page.newer is None and "error" not in context:  # on the first page
        starred = favourites.page(owner, limit=FAVOURITES_SHOWN)
        own = visitor_collections.describe(visitor_collections.of_owner(owner), even_unlisted=True)
    states = {walk.id: state_words(walk, fair_queue.find_place(walk)) for walk in page.rows}
    values = {"error": None, "flaw": None, "deleted": None, "untitled": None, "is_known": owner is not None} | context
    html = render_template("pages/my_walks.html", page=page, states=states, starred=starred, own=own, **values)
    return private_page(page_response(html, status=status))


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
