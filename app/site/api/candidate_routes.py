"""API routes for candidates, pictures to choose from for a stop: request, describe, extend and delete them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, rate_limits, visitors
from app.core.addresses import on_site
from app.core.errors import NotOwner
from app.requests.walk_requests import candidates
from app.requests.walk_requests.candidates import CandidateRequest
from app.site.api import body_reader, own_uploads
from app.site.api.candidate_types import CandidateDescription, CandidatesDescription, NewCandidates
from app.site.api.openapi import documented
from app.site.web.responses import conditional
from app.storage.candidate_models import Candidate, CandidateSet
from app.walks.queue import candidate_requests

blueprint = Blueprint("candidate_api", __name__, url_prefix="/api/v1/candidates")

NONE = "These candidates are no longer here."


@blueprint.post("")
@documented(
    name="askForCandidates",
    body=CandidateRequest,
    answers={202: NewCandidates},
    sends={202: ("Location",)},
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
    allows_anonymous=True,
)
def create() -> tuple[Response, int, dict[str, str]]:
    """Request candidates for a stop: several pictures to choose from.

    This is a short task, queued ahead of walks: poll `Location` until `state` is not `waiting`. Give a stop of a walk
    the `seed` and the `scene` of a candidate, with the same settings, and it looks like the candidate. Candidates count
    against the allowance like a walk, are private, and are deleted at `expires_at`. Repeating the request with the same
    token returns the existing candidates.
    """
    token, wanted = api_tokens.allow(api_tokens.CREATE), body_reader.check_body(candidates.validate)
    if token is not None:
        own = token.secret_hash
        candidate_set = candidates.submit(wanted, owner_hash=own, network=own, admit=rate_limits.TOKEN.admit)
        return _accepted(candidate_set, None)
    secret = own_uploads.own_token() or visitors.new_token()
    candidate_set = candidates.submit(
        wanted,
        owner_hash=visitors.owner_of(secret),
        network=rate_limits.network_key(),
        admit=rate_limits.API.admit,
    )
    return _accepted(candidate_set, secret)


@blueprint.get("/<set_id>")
@documented(
    name="describeCandidates",
    answers={200: CandidatesDescription},
    sends={200: ("ETag",)},
    problems=(401, 403, 404),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
)
def show(set_id: str) -> Response:
    """Describe candidates that have been generated so far.

    Requires their `owner_token` as bearer token, or the API token that requested them.
    """
    return conditional(jsonify(describe(_own(set_id))))


@blueprint.post("/<set_id>/more")
@documented(
    name="askForMoreCandidates",
    answers={202: CandidatesDescription},
    problems=(401, 403, 404, 429),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
)
def more(set_id: str) -> tuple[Response, int]:
    """Request four more candidates, up to sixteen in all; while some are waiting, none are added."""
    candidate_set, token = _own(set_id), api_tokens.current()
    if token is not None:
        candidate_set = candidates.request_more(candidate_set, network=token.secret_hash, admit=rate_limits.TOKEN.admit)
    else:
        candidate_set = candidates.request_more(
            candidate_set, network=rate_limits.network_key(), admit=rate_limits.API.admit
        )
    return jsonify(describe(candidate_set)), 202


@blueprint.delete("/<set_id>")
@documented(
    name="deleteCandidates",
    answers={204: None},
    problems=(401, 403, 404),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
)
def delete(set_id: str) -> tuple[str, int]:
    """Delete candidates, whether or not they have been generated."""
    candidate_requests.delete_set(_own(set_id))
    return "", 204


def describe(candidate_set: CandidateSet) -> CandidatesDescription:
    """Return the JSON description of a candidate set."""
    return {
        "id": candidate_set.id,
        "state": candidate_set.state,
        "prompt": candidate_set.request["stop"]["prompt"],
        "wanted": candidate_set.wanted,
        "candidates": [_candidate(candidate_set, each) for each in candidate_set.candidates],
        "passes": candidate_requests.count_evaluations(candidate_set.sampling, candidate_set.wanted),
        "error": candidate_set.error,
        "created_at": candidate_set.created_at.isoformat(),
        "expires_at": candidate_set.expires_at.isoformat(),
    }


def _candidate(candidate_set: CandidateSet, each: Candidate) -> CandidateDescription:
    source = candidate_set.pool[each.pool_index]
    return {
        "index": each.index,
        "proposal": each.pool_index == 0,
        "seed": source["seed"],
        "scene": source["scene"],
        "picture": on_site(f"/candidates/{candidate_set.id}/{each.index}.webp"),
        "width": each.width,
        "height": each.height,
    }


def _accepted(candidate_set: CandidateSet, owner_token: str | None) -> tuple[Response, int, dict[str, str]]:
    body: NewCandidates = {**describe(candidate_set), "owner_token": owner_token}
    address = on_site(f"/api/v1/candidates/{candidate_set.id}")
    return jsonify(body), 202, {"Location": address, "Cache-Control": "no-store"}


def _own(set_id: str) -> CandidateSet:
    """Return a candidate set if the request's bearer token owns it.

    :raises NotOwner: when the request has no bearer token, or another owner's.
    :raises TokenRefused: when an API token is invalid, or lacks the scope to request candidates.
    :raises NotFound: when the set does not exist or has expired.
    """
    try:
        return own_uploads.find_own(set_id, candidate_requests.find_of_owner, "candidates", NONE)
    except NotFound:
        if candidate_requests.find(set_id) is None:
            raise
    raise NotOwner("This token is not that of the candidates' owner.", status=403)
