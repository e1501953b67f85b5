"""Candidates for a stop, for programs: asked for, looked at while they are painted, chosen from, deleted."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from app.api import body_reader
from app.api.candidate_types import CandidateDescription, CandidatesDescription, NewCandidates
from app.api.openapi import documented
from app.api.pictures import own_token
from app.auth import api_tokens, rate_limits, visitors
from app.commissions import candidates
from app.commissions.candidates import CandidateRequest
from app.errors import NotOwner
from app.queue import candidate_requests
from app.storage.candidate_models import Candidate, CandidateSet
from app.web.responses import conditional

blueprint = Blueprint("candidate_api", __name__, url_prefix="/api/v1/candidates")


@blueprint.post("")
@documented(
    name="askForCandidates",
    body=CandidateRequest,
    answers={202: NewCandidates},
    sends={202: ("Location",)},
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
    is_anybodys=True,
)
def create() -> tuple[Response, int, dict[str, str]]:
    """Have several pictures painted that a stop might be, to choose from.

    A short task, before any walk: look at `Location` until `state` is not `waiting`. Give the stop of a walk the `seed`
    and the `scene` of one, with the same settings, and it is painted as that one is. They count against the allowance
    as a walk does, are shown to nobody else, and are deleted after a time. Whoever asks for the same again, by the
    same token, gets those that there are.
    """
    token, wanted = api_tokens.allow(api_tokens.CREATE), body_reader.read_by(candidates.validate)
    if token is not None:
        own = token.secret_hash
        found = candidates.place(wanted, owner_hash=own, network=own, admit=rate_limits.TOKEN.admit)
        return _accepted(found, None)
    secret = own_token() or visitors.new_token()
    found = candidates.place(
        wanted,
        owner_hash=visitors.digest(secret),
        network=rate_limits.network_key(),
        admit=rate_limits.API.admit,
    )
    return _accepted(found, secret)


@blueprint.get("/<set_id>")
@documented(
    name="describeCandidates",
    answers={200: CandidatesDescription},
    sends={200: ("ETag",)},
    problems=(401, 403, 404),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
)
def show(set_id: str) -> Response:
    """Describe candidates, as far as they are painted.

    Needs their `owner_token` as bearer token, or the API token that asked for them.
    """
    return conditional(jsonify(describe(_own(set_id))))


@blueprint.post("/<set_id>/more")
@documented(
    name="askForMoreCandidates",
    answers={202: CandidatesDescription},
    problems=(401, 403, 404, 429),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
)
def more(set_id: str) -> tuple[Response, int]:
    """Have further candidates painted: four at a time, sixteen in all; while some are being painted, none."""
    found, token = _own(set_id), api_tokens.current()
    if token is not None:
        found = candidates.request_more(found, network=token.secret_hash, admit=rate_limits.TOKEN.admit)
    else:
        found = candidates.request_more(found, network=rate_limits.network_key(), admit=rate_limits.API.admit)
    return jsonify(describe(found)), 202


@blueprint.delete("/<set_id>")
@documented(
    name="deleteCandidates",
    answers={204: None},
    problems=(401, 403, 404),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
)
def delete(set_id: str) -> tuple[str, int]:
    """Delete candidates, painted or not."""
    candidate_requests.delete_set(_own(set_id))
    return "", 204


def describe(found: CandidateSet) -> CandidatesDescription:
    """Describe a set as JSON: the fields that programs rely on."""
    return {
        "id": found.id,
        "state": found.state,
        "prompt": found.asked["stop"]["prompt"],
        "wanted": found.wanted,
        "candidates": [_candidate(found, each) for each in found.candidates],
        "passes": candidate_requests.count_evaluations(found.sampling, found.wanted),
        "error": found.error,
        "created_at": found.created_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
    }


def _candidate(found: CandidateSet, each: Candidate) -> CandidateDescription:
    told = found.pool[each.place]
    return {
        "index": each.index,
        "proposal": each.place == 0,
        "seed": told["seed"],
        "scene": told["scene"],
        "picture": f"/candidates/{found.id}/{each.index}.webp",
        "width": each.width,
        "height": each.height,
    }


def _accepted(found: CandidateSet, owner_token: str | None) -> tuple[Response, int, dict[str, str]]:
    body: NewCandidates = {**describe(found), "owner_token": owner_token}
    return jsonify(body), 202, {"Location": f"/api/v1/candidates/{found.id}", "Cache-Control": "no-store"}


def _own(set_id: str) -> CandidateSet:
    """Return a set to whoever has its owner's token, or is the API token that asked for it and may.

    :raises NotOwner: to everybody else.
    :raises TokenRefused: to an API token that is no longer good, or may not ask for candidates.
    :raises NotFound: when there is none, or its time is over.
    """
    api_tokens.allow(api_tokens.CREATE)
    found, token = candidate_requests.find(set_id), api_tokens.bearer()
    if found is None:
        raise NotFound("These candidates are no longer here.")
    if token is None:
        raise NotOwner("Send the owner_token of the candidates as a bearer token.", status=401)
    if not visitors.owns(token, found):
        raise NotOwner("This token is not that of the candidates' owner.", status=403)
    return found
