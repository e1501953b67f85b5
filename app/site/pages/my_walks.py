"""The page "My walks": a visitor's walks, in any state, favourites, collections and browsers. The cookie says whose."""

from collections import Counter

from flask import Blueprint, Response, render_template, request

from app.access.auth import browsers, rate_limits, visitors
from app.collection.gallery import favourites, own_walks, visitor_collections
from app.collection.gallery.number_pages import NumberPage
from app.collection.moderation import reports
from app.core.errors import InvalidInput, TooMany
from app.core.i18n.formatting import day
from app.core.i18n.gettext import N_, _
from app.site.presentation.wording import frame_size, ordinal_position
from app.site.web.responses import PRIVATE, page_response, redirect_to, refuse
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, QUEUED, Walk
from app.walks.queue import fair_queue
from app.walks.saved import lifecycle, shapes

blueprint = Blueprint("mine", __name__)

FAVOURITES_SHOWN = 8
"""The most favourites that the page shows; the others are on a page of their own."""


@blueprint.get("/mine")
def index() -> Response:
    """Show the visitor's walks; after the deletion of one, say so."""
    owners, deleted = visitors.owners(), Counter(walks=1) if request.args.get("deleted") == "1" else None
    if not owners:
        return _page(NumberPage([]))
    visitors.current()  # renew the cookie for another year
    try:
        return _page(own_walks.page(*owners, cursor=request.args.get("cursor")), deleted=deleted)
    except InvalidInput as refused:
        return _page(NumberPage([]), status=422, error=str(refused))


@blueprint.post("/mine/delete")
def delete_all() -> Response:
    """Delete all that is the visitor's, also what browsers share with others, and show how much there was."""
    secret = visitors.known()
    if secret is None:
        return _page(NumberPage([]), deleted=Counter(walks=0))
    owners = visitors.owners()
    if not request.form.get("sure"):
        return _page(own_walks.page(*owners), status=422, flaw=_("Tick that you are sure: this cannot be undone."))
    try:
        rate_limits.DELETION.admit()
    except TooMany as error:
        return refuse(_page(own_walks.page(*owners), flaw=str(error)), error)
    deleted = Counter(
        favourites=sum(map(favourites.delete_all_of, owners)),  # first, as those of own walks go with these
        collections=sum(map(visitor_collections.delete_all_of, owners)),
        reports=reports.withdraw(visitors.report_hashes(secret)),
        words=sum(map(lifecycle.delete_words_of, owners)),
        walks=sum(map(lifecycle.delete_walks_of, owners)),
    )
    for owner in owners:
        lifecycle.forget_uploads(owner)
    browsers.end_all(owners, by=visitors.digest(secret))
    return _page(own_walks.page(*owners), deleted=deleted)


@blueprint.post("/mine/collections")
def create_collection() -> Response:
    """Create an empty collection and redirect to its page; 422 with the form if the title breaks a rule."""
    owner, form = visitors.owner(), request.form
    title, is_listed = form.get("title", ""), bool(form.get("listed"))
    try:
        created = visitor_collections.create(title, owner, is_listed=is_listed, admit=rate_limits.COLLECTION.admit)
    except InvalidInput as error:
        return _page(own_walks.page(*visitors.owners()), status=422, untitled=(title, is_listed, str(error)))
    return redirect_to(created.url)


def _page(page: NumberPage[Walk], *, status: int = 200, **context: object) -> Response:
    owners = visitors.owners()
    starred: NumberPage[Walk] = NumberPage([])
    own, shared = [], browsers.sharing(owners[0]) if owners else []
    if owners and page.newer is None and "error" not in context:  # on the first page
        starred = favourites.page(*owners, limit=FAVOURITES_SHOWN)
        own = visitor_collections.describe(visitor_collections.of_owner(*owners), even_unlisted=True)
    states = {walk.id: state_words(walk, fair_queue.find_estimate(walk)) for walk in page.rows}
    values: dict[str, object] = {
        "error": None, "flaw": None, "deleted": None, "untitled": None, "is_known": bool(owners), "shared": shared,
        "this": visitors.digest(visitors.known() or ""),
    }  # fmt: skip
    values |= context
    html = render_template("pages/my_walks.html", page=page, states=states, starred=starred, own=own, **values)
    return page_response(html, status=status, headers=PRIVATE)


def state_words(walk: Walk, estimate: fair_queue.QueueEstimate) -> str:
    """Return a walk's state in words, and its size if it is larger than usual.

    ``Third in line``, ``Painted on 20 November 2026, unlisted. 512 × 512 pixels``.
    """
    state, (width, height) = _state_words(walk, estimate), shapes.frame(walk)
    if shapes.enlargement(walk) == 1 or width is None or height is None:
        return state
    return f"{state}. {frame_size(shapes.aspect(walk), width, height)}"


def _state_words(walk: Walk, estimate: fair_queue.QueueEstimate) -> str:
    if walk.state == QUEUED:
        return ordinal_position(estimate.position or 1)
    if walk.state == PAINTING:
        return _("Being painted, %(count)s of %(frames)s", count=walk.painted_count, frames=walk.frames)
    if walk.state == FINISHED:
        painted = _("Painted on %(day)s", day=day(walk.finished_at)) if walk.finished_at else _("Painted")
        return _("%(state)s, unlisted", state=painted) if walk.unlisted else painted
    return _({FAILED: N_("Failed, can be painted on"), CANCELLED: N_("Cancelled")}.get(walk.state, N_("Refused")))
