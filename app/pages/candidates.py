"""Pictures that a stop of the form may be painted as: asked for with the form, looked at by whoever asked."""

from __future__ import annotations

import re

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.exceptions import NotFound

from app.auth import api_tokens, rate_limits, visitors
from app.commissions import candidates
from app.errors import NoRoom
from app.i18n.gettext import _
from app.presentation import candidate_rows, form_address
from app.presentation.make_form import MakeForm, StopLine
from app.queue import candidate_requests, jobs
from app.queue.candidate_requests import A_ROW
from app.storage.candidate_models import Candidate, CandidateSet
from app.storage.database import db
from app.web import fragments
from app.web.responses import conditional

blueprint = Blueprint("candidates", __name__)

ASKED = re.compile(r"(candidates|more|drop|style)-([0-9]{1,2})(?:-([a-z0-9-]{1,80}))?", re.ASCII)
HOUR = 3600


@blueprint.get("/candidates/<set_id>")
def live(set_id: str) -> Response:
    """Show the row of a stop of the form, as far as it is painted."""
    found, stop = _own(set_id), request.args.get("stop", "")
    number = int(stop) if re.fullmatch("[0-9]{1,2}", stop, re.ASCII) else 0
    if fragments.is_opened():
        return fragments.lead_to(form_address.of_candidates(found, number))
    line = StopLine()
    line.pick(request.args.get("picked", ""))
    row = candidate_rows.row(found, line, worker_ready=bool(jobs.workers()))
    return _private(conditional(Response(render_template("pages/_candidates.html", row=row, stop=number))))


@blueprint.get("/candidates/<set_id>/<int:index>.webp")
def picture(set_id: str, index: int) -> Response:
    """Send one of the pictures, to whoever asked for it, by the form or through the API."""
    api_tokens.allow(api_tokens.CREATE)
    found = db.session.get(Candidate, (_own(set_id, api_tokens.bearer()).number, index))
    if found is None:
        raise NotFound(_("There is no such picture."))
    response = _private(Response(found.picture, mimetype="image/webp"))
    hours = current_app.config["KEEP_CANDIDATES_HOURS"]
    response.headers["Cache-Control"] = f"private, max-age={round(HOUR * hours)}, immutable"
    return response


def edit(form: MakeForm, change: str) -> NoRoom | None:
    """Do what a button of the form says: ask for a stop's candidates, for more, or for a photo in a style; or let go.

    Return what refused it.
    """
    said = ASKED.fullmatch(change)
    if said is None or int(said[2]) >= len(form.stops):
        return None
    what, index = said[1], int(said[2])
    stop = form.stops[index]
    if what == "style" and not (stop.picture and form.style_named(said[3] or "")):
        return None  # what is written is painted with the walk
    owner, network = visitors.digest(visitors.current()), rate_limits.network_key()
    found, admit = candidate_requests.find_of_owner(stop.candidates, owner), rate_limits.PAGE.admit
    try:
        if what == "drop":
            _let_go(stop, found)
        elif what == "more" and found is not None:
            candidates.request_more(found, network=network, admit=admit)
        elif form.parent is None or index:
            count = 1 if what == "style" else A_ROW
            candidate_rows.ask(form, index, count=count, owner_hash=owner, network=network, admit=admit)
    except NoRoom as refused:
        stop.refused = str(refused)
        return refused
    return None


def _let_go(stop: StopLine, found: CandidateSet | None) -> None:
    """Take the row off the form, and what is still to be painted of it out of the line."""
    stop.candidates = ""
    if found is not None:
        candidate_requests.delete_set(found)


def _own(set_id: str, token: str | None = None) -> CandidateSet:
    """Return a set to whoever asked for it, by their cookie or a token; for all others there is none."""
    found = candidate_requests.find(set_id)
    if found is None or not any(visitors.owns(secret, found) for secret in (visitors.known(), token)):
        raise NotFound(_("These pictures are no longer here."))
    return found


def _private(response: Response) -> Response:
    response.headers["Vary"] = "Cookie, Authorization"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
