"""API routes that require an API token: list the token's own walks, and curate."""

from typing import Annotated

from flask import Blueprint, Response, jsonify, make_response, request
from pydantic import BeforeValidator, Field

from app.access.auth import api_tokens
from app.collection.gallery import own_walks
from app.collection.gallery.catalogue_query import parse, whole
from app.collection.moderation import audit_log, curation, reports
from app.core.errors import InvalidInput
from app.site.api import body_reader
from app.site.api.openapi import documented
from app.site.api.query_reader import Strict
from app.site.api.response_types import CuratedWalk, WalkList
from app.site.api.routes import LIMIT_MAX
from app.site.presentation.walk_description import describe
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import lookup

blueprint = Blueprint("token_api", __name__, url_prefix="/api/v1")

ACTS = {
    ("hidden", True): (curation.hide, "hid walk"),
    ("hidden", False): (curation.unhide, "unhid walk"),
    ("featured", True): (curation.feature, "featured walk"),
    ("featured", False): (curation.unfeature, "unfeatured walk"),
}


class OwnListing(Strict):
    """Query parameters of the list of a token's own walks."""

    cursor: str | None = None
    """A `next_cursor` or `previous_cursor` of an earlier response to the same token. Others are refused."""
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, examples=[20]), BeforeValidator(whole)] = 20
    """The largest number of walks to return."""


class Curation(Strict):
    """What a curator changes about a walk. A field that is left out is not changed."""

    hidden: Annotated[bool, Field(examples=[True])] = False
    """Whether the walk and its repeats are removed from gallery, search, feed and API; its address then answers 410."""
    featured: Annotated[bool, Field(examples=[False])] = False
    """Whether the walk is preferred where few are shown. It must be published in the gallery."""


@blueprint.get("/mine")
@documented(
    name="listOwnWalks",
    query=OwnListing,
    answers={200: WalkList},
    problems=(401, 403, 422),
    scopes=(api_tokens.READ,),
)
def mine() -> Response:
    """List the walks that were requested with this API token, in any state, newest first.

    Unlisted walks are included; deleted ones are not. `found` counts all of them.
    """
    token = api_tokens.require(api_tokens.READ)
    query = parse(OwnListing, request.args)
    page = own_walks.page(token.secret_hash, cursor=query.cursor, limit=query.limit)
    body: WalkList = {
        "walks": [describe(walk) for walk in lookup.without_deleted(page.rows)],
        "next_cursor": page.older,
        "previous_cursor": page.newer,
        "found": page.total,
    }
    return make_response(jsonify(body), {"Cache-Control": "no-store"})


@blueprint.patch("/walks/<walk_id>/curation")
@documented(
    name="curateWalk",
    body=Curation,
    answers={200: CuratedWalk},
    problems=(400, 401, 403, 404, 410, 413, 415, 422),
    scopes=(api_tokens.CURATE,),
)
def curate(walk_id: str) -> Response:
    """Hide or unhide a walk; feature or unfeature it.

    Each change is recorded in the site's audit log under the token's name.
    """
    token = api_tokens.require(api_tokens.CURATE)
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    wanted = body_reader.read_body(Curation, shape='What is decided must be an object such as {"hidden": true}.')
    _check_published(walk, wanted)
    for name in ("hidden", "featured"):
        if name in wanted.model_fields_set:
            act, done = ACTS[name, getattr(wanted, name)]
            act(walk)
            if act is curation.hide:
                reports.close_reports(walk)
            audit_log.note(done, walk.id, who=api_tokens.audit_name(token))
    body: CuratedWalk = {
        "id": walk.id,
        "hidden": walk.hidden_at is not None,
        "featured": walk.featured_at is not None,
    }
    return jsonify(body)


def _check_published(walk: Walk, wanted: Curation) -> None:
    """Check, before anything is changed, that a walk to be featured is published in the gallery.

    :raises InvalidInput: when it is not.
    """
    is_hidden = wanted.hidden if "hidden" in wanted.model_fields_set else walk.hidden_at is not None
    if wanted.featured and (is_hidden or walk.unlisted or walk.state != FINISHED):
        message = f"{walk.id} is not in the gallery, so it cannot be featured."
        raise InvalidInput.on("featured", message=message)
