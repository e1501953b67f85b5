"""The page on which a visitor reports a walk to the curator. It works without JavaScript and is not indexed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.access.auth import rate_limits, visitors
from app.collection.moderation import reports
from app.core.errors import InvalidInput, TooMany
from app.walks.saved import lookup

blueprint = Blueprint("reporting", __name__)


@blueprint.get("/walks/<walk_id>/report")
def form(walk_id: str) -> Response:
    """Show the form."""
    visitors.current()
    return _page(walk_id)


@blueprint.post("/walks/<walk_id>/report")
def report(walk_id: str) -> Response:
    """Submit a report; show the form again, as it was filled in, when the report is refused."""
    walk = lookup.walk_at_address(walk_id)
    reason, words = request.form.get("reason", ""), request.form.get("words", "")
    try:
        is_new = reports.submit(
            walk,
            reason=reason,
            words=words,
            reporter=visitors.report_hashes(visitors.current())[0],
            admit=rate_limits.REPORT.admit,
        )
    except InvalidInput as error:
        messages = {each.field: each.message for each in error.errors}
        return _page(walk_id, errors=messages, status=422, reason=reason, words=words)
    except TooMany as error:
        response = _page(walk_id, errors={"form": str(error)}, status=429, reason=reason, words=words)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return _page(walk_id, said="new" if is_new else "again")


def _page(walk_id: str, *, status: int = 200, **context: Any) -> Response:
    values = {"errors": {}, "reason": "", "words": "", "said": None} | context
    page = render_template("pages/report.html", walk=lookup.walk_at_address(walk_id), reasons=reports.REASONS, **values)
    response = Response(page, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
