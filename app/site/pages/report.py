"""The pages on which a visitor reports a walk or a collection to the curator, without JavaScript and not indexed."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.access.auth import rate_limits, visitors
from app.collection.gallery import visitor_collections
from app.collection.moderation import reports
from app.core.errors import InvalidInput, TooMany
from app.site.presentation import walk_music
from app.site.web.responses import NOT_INDEXED, page_response, refuse
from app.storage.collection_models import Collection
from app.storage.walk_models import Walk
from app.walks.saved import lookup

blueprint = Blueprint("reporting", __name__)


@blueprint.get("/walks/<walk_id>/report")
def form(walk_id: str) -> Response:
    """Show the form about a walk."""
    visitors.current()
    return _page(lookup.walk_at_address(walk_id))


@blueprint.post("/walks/<walk_id>/report")
def report(walk_id: str) -> Response:
    """Submit a report of a walk; show the form again, as it was filled in, when the report is refused."""
    return _submit(lookup.walk_at_address(walk_id))


@blueprint.get("/collections/<collection_id>/report")
def collection_form(collection_id: str) -> Response:
    """Show the form about a collection."""
    visitors.current()
    return _page(visitor_collections.at(collection_id))


@blueprint.post("/collections/<collection_id>/report")
def report_collection(collection_id: str) -> Response:
    """Submit a report of a collection, as of a walk."""
    return _submit(visitor_collections.at(collection_id))


def _submit(subject: Walk | Collection) -> Response:
    reason, words = request.form.get("reason", ""), request.form.get("words", "")
    try:
        is_new = reports.submit(
            subject,
            reason=reason,
            words=words,
            reporter=visitors.report_hashes(visitors.current())[0],
            admit=rate_limits.REPORT.admit,
        )
    except InvalidInput as error:
        messages = {each.field: each.message for each in error.errors}
        return _page(subject, errors=messages, status=422, reason=reason, words=words)
    except TooMany as error:
        return refuse(_page(subject, errors={"form": str(error)}, reason=reason, words=words), error)
    return _page(subject, said="new" if is_new else "again")


def _reasons(subject: Walk | Collection) -> dict[str, str]:
    """Return the reasons to choose from: that about music only of a film that has some."""
    has_music = isinstance(subject, Walk) and walk_music.has_music(subject)
    return {name: words for name, words in reports.REASONS.items() if name != reports.OF_SOUND or has_music}


def _page(subject: Walk | Collection, *, status: int = 200, **context: Any) -> Response:
    values = {"errors": {}, "reason": "", "words": "", "said": None} | context
    is_walk, reasons = isinstance(subject, Walk), _reasons(subject)
    page = render_template("pages/report.html", subject=subject, is_walk=is_walk, reasons=reasons, **values)
    return page_response(page, status=status, cache="no-store", headers=NOT_INDEXED)
