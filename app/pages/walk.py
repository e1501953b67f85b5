"""A walk's page, for its whole life: waiting, being painted, finished."""

from __future__ import annotations

from typing import cast

from flask import Response, redirect, render_template, request

from app.auth import visitors
from app.gallery import catalogue
from app.generation import models_on_offer
from app.pages import blueprint
from app.queue import fair_queue, jobs
from app.storage.walk_models import Walk
from app.walks import lineage, lookup, neighbours, reuse
from app.web.responses import conditional, page_response

Retitled = tuple[str, str]  # what an owner wrote for a title, and what is wrong with it
NEARBY = 4
JOINING = 2
CHILDREN = 5


@blueprint.get("/walks/<walk_id>")
def walk(walk_id: str) -> Response:
    """Show a walk for its whole life: waiting, being painted, finished. A slug of before leads to that of today."""
    walk = lookup.walk_at_address(walk_id)
    if "-" in walk_id and walk_id != walk.name:
        response = cast(Response, redirect(_with_query(walk.url)))  # not for good: it may be retitled back
        response.headers["Cache-Control"] = "no-cache"
        return response
    return walk_page("pages/walk.html", walk)


@blueprint.get("/walks/<walk_id>/live")
def live(walk_id: str) -> Response:
    """Show the part of a walk's page that changes while it is painted."""
    return walk_page("pages/_walk.html", lookup.walk_at_address(walk_id))


def walk_page(template: str, walk: Walk, *, retitled: Retitled | None = None) -> Response:
    """Show a walk, or the part of its page that changes; with what its owner wrote for a title, if that is refused."""
    earlier, later = lineage.parent_of(walk), lineage.children_of(walk, CHILDREN)
    shown = [*later, *([earlier] if earlier else [])]
    before = [] if walk.is_waiting else neighbours.before(walk, JOINING, besides=shown)
    after = [] if walk.is_waiting else neighbours.after(walk, JOINING, besides=[*shown, *before])
    page = render_template(
        template,
        walk=walk,
        place=fair_queue.place(walk),
        is_owner=visitors.owns(visitors.known(), walk),
        redis_away=walk.is_waiting and not jobs.redis_answers(),
        house=models_on_offer.facts(models_on_offer.setting(walk.model_name or walk.model)),
        earlier=earlier,
        later=later,
        remixed=lineage.remixed_from(walk),
        remixes=lineage.remixes_of(walk, CHILDREN),
        before=before,
        after=after,
        original=reuse.original_of(walk),
        retitled=retitled,
        nearby=[] if walk.is_waiting else _nearby(walk, [*before, *after]),
    )
    response = page_response(page, status=422 if retitled else 200)
    response.headers["Vary"] = "Cookie"
    if walk.unlisted:
        response.headers["X-Robots-Tag"] = "noindex"
    return response if retitled else conditional(response)


def see(walk: Walk) -> Response:
    """Send the visitor on to a walk's page."""
    return cast(Response, redirect(walk.url, 303))


def _nearby(walk: Walk, shown: list[Walk]) -> list[Walk]:
    """Return the newest walks, but for this one and those that are shown already."""
    ids = {each.number for each in shown}
    recent = catalogue.recent(NEARBY + len(shown), besides=walk)
    return [each for each in recent if each.number not in ids][:NEARBY]


def _with_query(address: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{address}?{query}" if query else address
