"""What all pages of the curator's room share: who is let in, what browsers may keep, how they are shown."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.auth import curator_session
from app.drawings import offered
from app.errors import InvalidInput

OPEN = ("office.sign_in", "office.enter")


def guard(blueprint: Blueprint) -> None:
    """Let only the curator see what is on a blueprint; without a password's hash in the settings, nobody."""
    blueprint.before_request(_let_in)
    blueprint.after_request(_keep_in)


def _let_in() -> Response | None:
    if not curator_session.is_open():
        raise NotFound
    if request.endpoint in OPEN or curator_session.current() is not None:
        return None
    return go("office.sign_in")


def _keep_in(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return curator_session.renew(response)


def room_page(template: str, invalid: InvalidInput | None = None, *, status: int = 200, **context: Any) -> Response:
    """Show a page of the room; with what is wrong at each field of its form, if that is refused."""
    errors = {each.field: each.message for each in invalid.errors} if invalid else {}
    usual = {"error": None, "asked": "", "written": "", "errors": errors, "has_drawings": bool(offered.list_books())}
    return Response(render_template(template, **usual | context), status=422 if invalid else status)


def go(endpoint: str, **values: Any) -> Response:
    """Lead on to a page of the room."""
    return cast(Response, redirect(url_for(endpoint, **values), 303))
