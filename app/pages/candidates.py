"""Pictures that a stop of the form may be painted as: asked for with the form, looked at by whoever asked."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, Response, current_app, render_template, request
from werkzeug.exceptions import NotFound

from app.auth import api_tokens, rate_limits, visitors
from app.commissions import candidates
from app.errors import NoRoom
from app.presentation import candidate_rows
from app.presentation.make_form import MakeForm, StopLine
from app.queue import candidate_requests, jobs
from app.storage.candidate_models import Candidate, CandidateSet
from app.storage.database import db
from app.web.responses import conditional

blueprint = Blueprint("candidates", __name__)

ASKED = re.compile(r"(candidates|more)-([0-9]{1,2})", re.ASCII)
HOUR = 3600


def init_app(app: Flask) -> None:
    """Serve the rows and their pictures."""
    app.register_blueprint(blueprint)


@blueprint.get("/candidates/<set_id>")
def live(set_id: str) -> Response:
    """Show the row of a stop of the form, as far as it is painted."""
    found, stop = _own(set_id), request.args.get("stop", "")
    number = int(stop) if re.fullmatch("[0-9]{1,2}", stop, re.ASCII) else 0
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
        raise NotFound("There is no such picture.")
    response = _private(Response(found.picture, mimetype="image/webp"))
    hours = current_app.config["KEEP_CANDIDATES_HOURS"]
    response.headers["Cache-Control"] = f"private, max-age={round(HOUR * hours)}, immutable"
    return response


def edit(form: MakeForm, change: str) -> NoRoom | None:
    """Ask for what a button of the form says: the candidates of a stop, or more of them; return what refused it."""
    said = ASKED.fullmatch(change)
    if said is None or int(said[2]) >= len(form.stops):
        return None
    index, owner = int(said[2]), visitors.digest(visitors.current())
    stop, network, admit = form.stops[index], rate_limits.network_key(), rate_limits.admit_page
    found = candidate_requests.of_owner(stop.candidates, owner)
    try:
        if said[1] == "more" and found is not None:
            candidates.more(found, network=network, admit=admit)
        elif form.parent is None or index:
            candidate_rows.ask(form, index, owner_hash=owner, network=network, admit=admit)
    except NoRoom as refused:
        stop.refused = str(refused)
        return refused
    return None


def _own(set_id: str, token: str | None = None) -> CandidateSet:
    """Return a set to whoever asked for it, by their cookie or a token; for all others there is none."""
    found = candidate_requests.find(set_id)
    if found is None or not any(visitors.owns(secret, found) for secret in (visitors.known(), token)):
        raise NotFound("These pictures are no longer here.")
    return found


def _private(response: Response) -> Response:
    response.headers["Vary"] = "Cookie, Authorization"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
