"""Candidates on the form, pictures to choose from for a stop: request them, show them to their owner, remove them."""

import re

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, rate_limits, visitors
from app.core.errors import NoRoom
from app.core.i18n.gettext import _
from app.requests.walk_requests import candidates
from app.site.presentation import candidate_rows, form_address
from app.site.presentation.form_commands import Command
from app.site.presentation.make_form import MakeForm, StopLine
from app.site.web import fragments
from app.site.web.responses import NOT_INDEXED, conditional
from app.storage.candidate_models import Candidate, CandidateSet
from app.storage.database import db
from app.walks.queue import candidate_requests, jobs
from app.walks.queue.candidate_requests import A_ROW

blueprint = Blueprint("candidates", __name__)

ACTS = "candidates", "more", "drop", "style"
HOUR = 3600


@blueprint.get("/candidates/<set_id>")
def live(set_id: str) -> Response:
    """Return the row of candidates of a stop, as a part of the form, with those generated so far."""
    candidate_set, stop = _own(set_id), request.args.get("stop", "")
    number = int(stop) if re.fullmatch("[0-9]{1,2}", stop, re.ASCII) else 0
    if fragments.is_opened():
        return fragments.redirect_to_page(form_address.of_candidates(candidate_set, number))
    line = StopLine()
    line.pick(request.args.get("picked", ""))
    row = candidate_rows.row(candidate_set, line, worker_ready=bool(jobs.workers()))
    return _private(conditional(Response(render_template("pages/_candidates.html", row=row, stop=number))))


@blueprint.get("/candidates/<set_id>/<int:index>.webp")
def picture(set_id: str, index: int) -> Response:
    """Send one of the pictures to its owner, known by cookie or bearer token."""
    api_tokens.allow(api_tokens.CREATE)
    candidate = db.session.get(Candidate, (_own(set_id, api_tokens.bearer()).number, index))
    if candidate is None:
        raise NotFound(_("There is no such picture."))
    response = _private(Response(candidate.picture, mimetype="image/webp"))
    hours = current_app.config["KEEP_CANDIDATES_HOURS"]
    response.headers["Cache-Control"] = f"private, max-age={round(HOUR * hours)}, immutable"
    return response


def edit(form: MakeForm, command: Command) -> NoRoom | None:
    """Handle a button of the form for candidates: request, request more, repaint a photo in a style, or remove.

    Other commands are ignored. Return the error if a limit refused it, else ``None``.
    """
    if command.act not in ACTS:
        return None
    what, index = command.act, command.stop
    stop = form.stops[index]
    if what == "style" and not (stop.picture and form.style_named(command.style)):
        return None  # a prompt without a photo gets its style when the walk is generated
    owner, network = visitors.owner(), rate_limits.network_key()
    candidate_set = candidate_requests.find_of_owner(stop.candidates, *visitors.owners())
    admit = rate_limits.PAGE.admit
    try:
        if what == "drop":
            _remove_candidates(stop, candidate_set)
        elif what == "more" and candidate_set is not None:
            candidates.request_more(candidate_set, network=network, admit=admit)
        elif form.parent is None or index:
            count = 1 if what == "style" else A_ROW
            candidate_rows.request_candidates(form, index, count=count, owner_hash=owner, network=network, admit=admit)
    except NoRoom as refused:
        stop.refused = str(refused)
        return refused
    return None


def _remove_candidates(stop: StopLine, candidate_set: CandidateSet | None) -> None:
    """Remove the candidates from the form, and delete the set, including its queued task."""
    stop.candidates = ""
    if candidate_set is not None:
        candidate_requests.delete_set(candidate_set)


def _own(set_id: str, token: str | None = None) -> CandidateSet:
    """Return a candidate set if the visitor's cookie or the token owns it.

    :raises NotFound: when it does not exist, or belongs to another owner.
    """
    candidate_set = candidate_requests.find(set_id)
    if candidate_set is None or not (visitors.is_own(candidate_set) or visitors.owns(token, candidate_set)):
        raise NotFound(_("These pictures are no longer here."))
    return candidate_set


def _private(response: Response) -> Response:
    response.headers.update({"Vary": "Cookie, Authorization", **NOT_INDEXED})
    return response
