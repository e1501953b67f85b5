"""A walk's page in every state: queued, being generated, finished."""

import hashlib
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request
from sqlalchemy import bindparam, select

from app.access.auth import visitors
from app.collection.gallery import catalogue, favourites, visitor_collections
from app.core.i18n.formatting import duration_about
from app.core.i18n.gettext import N_, _
from app.core.version import __version__
from app.offer.generation import offers
from app.site.pages import blueprint
from app.site.presentation import related_walks, wording
from app.site.web import error_responses, fragments, kept_pages, language
from app.site.web.responses import NO_HEADERS, NOT_INDEXED, conditional, page_response, redirect_to
from app.storage.database import db
from app.storage.walk_models import FINISHED, ID, Frame, Walk
from app.walks.queue import fair_queue
from app.walks.saved import lookup, versions

Retitled = tuple[str, str]  # a refused title, and the error message for it
MEANWHILE = "meanwhile"
"""The query parameter with the id of the queued walk whose visitor is looking at another walk meanwhile."""
FRAMES = select(Frame.index, Frame.position, Frame.rank, Frame.path, Frame.bytes).where(
    Frame.walk_number == bindparam("number")
)


@blueprint.get("/walks/<walk_id>")
def walk(walk_id: str) -> Response:
    """Show a walk in whatever state it is. An address with an outdated slug redirects to the current one."""
    known = _fingerprint(walk_id)
    walk = lookup.walk_at_address(walk_id)
    if "-" in walk_id and walk_id != walk.name:
        # temporary: the old title may be restored
        return redirect_to(_with_query(walk.url), 302, cache="no-cache")
    return walk_page("pages/walk.html", walk, known=known)


@blueprint.get("/walks/<walk_id>/live")
def live(walk_id: str) -> Response:
    """Return the part of a walk's page that changes while it is generated; 304 without rendering if unchanged."""
    if fragments.is_opened():
        return fragments.redirect_to_page(lookup.walk_at_address(walk_id).url)
    known = _fingerprint(walk_id)
    if known is not None and request.if_none_match.contains_weak(known):
        return conditional(page_response(""), known)
    return walk_page("pages/_walk.html", lookup.walk_at_address(walk_id), known=known, etag=known)


@blueprint.get("/walks/<walk_id>/another")
def another(walk_id: str) -> Response:
    """Redirect a visitor who waits for a walk to a random other walk, with a link back."""
    walk = lookup.walk_at_address(walk_id)
    other = catalogue.random_walk(excluding=walk)
    if other is None:
        message = _("There is no other walk yet. The one that you are waiting for goes on and keeps its address.")
        return error_responses.answer(404, message, title=N_("No other walk yet"))
    return redirect_to(f"{other.url}?{urlencode({MEANWHILE: walk.id})}", 302, cache="no-store")


def _fingerprint(walk_id: str) -> str | None:
    """Return a hash of all that the live part of a queued walk's page depends on; ``None`` for any other walk.

    That is the walk, its queue position, the visitor's ownership, the language and the site's version. Take the hash
    before rendering: a change in between then shows at the next poll.
    """
    waiting = lookup.waiting_now(walk_id)
    if waiting is None:
        return None
    estimate = fair_queue.find_estimate(waiting)
    seconds = wording.lowest(estimate.seconds, request.args.get("seen"))
    shown = (
        *waiting,
        estimate.position,
        None if seconds is None else duration_about(seconds),
        estimate.may_be_overtaken,
        estimate.redis_away,
        estimate.poll_ms,
        visitors.is_own(waiting),
        language.wanted(),
        __version__,
    )
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def walk_page(
    template: str,
    walk: Walk,
    *,
    retitled: Retitled | None = None,
    not_listed: str = "",
    known: str | None = None,
    etag: str | None = None,
) -> Response:
    """Return a walk's page, or the live part of it, as a response.

    :param retitled: a refused title with its error message; the response is then 422.
    :param not_listed: why the walk cannot be listed; the response is then 422.
    :param known: the hash that the live part sends to ask whether anything changed.
    :param etag: the response's ETag; by default a hash of the page.
    """
    owners = visitors.owners() if walk.state == FINISHED else ()  # others cannot be kept
    estimate, related = fair_queue.find_estimate(walk), related_walks.of_walk(walk, owners)
    is_owner = visitors.is_own(walk)
    is_favourite = favourites.is_favourite(walk, *owners)
    own = visitor_collections.of_owner_with(walk, *owners) if owners else []

    def context() -> dict[str, Any]:
        return {
            "walk": walk,
            "known": known,
            "estimate": estimate,
            "is_owner": is_owner,
            "is_favourite": is_favourite,
            "own": own,
            "house": offers.current().of_walk(walk).facts,
            "retitled": retitled,
            "not_listed": not_listed,
            "left": _waiting_walk(walk),
            **vars(related),
            "nearby": related.nearby,
        }

    is_for_one = is_owner or own or related.is_for_one or retitled or not_listed or request.args
    if walk.state == FINISHED and not is_for_one:
        page = kept_pages.render(
            template,
            lambda: (versions.of_walk(walk), _frames_of(walk), related.version, is_favourite, bool(owners)),
            context,
        )
    else:
        page = render_template(template, **context())
    headers = {"Vary": "Cookie", **(NOT_INDEXED if walk.unlisted else NO_HEADERS)}
    response = page_response(page, status=422 if retitled or not_listed else 200, headers=headers)
    return response if retitled or not_listed else conditional(response, etag)


def _frames_of(walk: Walk) -> list[object]:
    return [tuple(row) for row in db.session.connection().execute(FRAMES, {"number": walk.number})]


def redirect_to_walk(walk: Walk) -> Response:
    """Redirect to a walk's page."""
    return redirect_to(walk.url)


def _waiting_walk(walk: Walk) -> Walk | None:
    """Return the queued walk that the visitor left to look at this one; ``None`` if there is none."""
    walk_id = request.args.get(MEANWHILE, "")
    waiting = lookup.visible_walk(walk_id) if ID.fullmatch(walk_id) else None
    return waiting if waiting is not None and waiting.number != walk.number else None


def _with_query(address: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{address}?{query}" if query else address
