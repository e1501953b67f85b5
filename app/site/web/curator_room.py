"""What all curator pages share: the check of the sign-in, the caching headers, and rendering."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.access.auth import curator_session
from app.core.errors import InvalidInput
from app.offer.drawings import offered
from app.site.web.responses import redirect_to

OPEN = ("office.sign_in", "office.enter")


def guard(blueprint: Blueprint) -> None:
    """Require the curator's sign-in for all routes of a blueprint; without ``CURATOR_HASH`` they answer 404."""
    blueprint.before_request(_require_sign_in)
    blueprint.after_request(_set_headers)


def _require_sign_in() -> Response | None:
    if not curator_session.is_open():
        raise NotFound
    if request.endpoint in OPEN or curator_session.current() is not None:
        return None
    return go("office.sign_in")


def _set_headers(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return curator_session.renew(response)


def room_page(template: str, invalid: InvalidInput | None = None, *, status: int = 200, **context: Any) -> Response:
    """Return a curator page; with ``invalid``, the errors beside the fields of its form and the status 422."""
    errors = {each.field: each.message for each in invalid.errors} if invalid else {}
    defaults = {"error": None, "asked": "", "written": "", "errors": errors, "has_drawings": bool(offered.list_books())}
    return Response(render_template(template, **defaults | context), status=422 if invalid else status)


def go(endpoint: str, **values: Any) -> Response:
    """Redirect to a curator page."""
    return redirect_to(url_for(endpoint, **values))
