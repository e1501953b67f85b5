"""API routes for walks: request, list, describe, change and delete them; read recipes; the OpenAPI document."""

from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from app.access.auth import api_tokens, rate_limits, visitors
from app.collection.gallery import catalogue, similar
from app.collection.gallery.catalogue_query import CatalogueQuery, parse, whole
from app.collection.moderation import audit_log, curation
from app.core.addresses import on_site
from app.core.errors import InvalidInput, NotOwner
from app.requests.walk_requests import drafts, intake, recipe, walk_edits
from app.requests.walk_requests.validation import validate
from app.requests.walk_requests.walk_edits import WalkChange
from app.requests.walk_requests.walk_request import WalkRequest
from app.site.api import body_reader, openapi, own_uploads, uploads
from app.site.api.openapi import documented
from app.site.api.query_reader import Strict
from app.site.api.response_types import LikeList, NewWalk, WalkList
from app.site.presentation.walk_description import WalkDescription, describe
from app.site.web.responses import conditional
from app.storage.walk_models import Walk
from app.walks.saved import film_formats, film_recipes, lifecycle, lookup

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

LIMIT_MAX = 100
KEY_LENGTH = 16, 200  # a shorter key could collide with another caller's in the same network


def _page_size() -> int:
    return int(current_app.config["PAGE_SIZE"])


IdempotencyKey = Annotated[str, Field(min_length=KEY_LENGTH[0], max_length=KEY_LENGTH[1])]
REPEATABLE = {
    "Idempotency-Key": (
        IdempotencyKey,
        "Makes it safe to repeat the request: the same key with the same walk, from the same network, creates one "
        "walk. Use a new random key for each walk, such as a UUID.",
    )
}


class Listing(CatalogueQuery):
    """Query parameters of the list of walks."""

    cursor: str | None = None
    """A `next_cursor` or `previous_cursor` of an earlier response. Others are refused."""
    limit: Annotated[
        int,
        Field(ge=1, le=LIMIT_MAX),
        BeforeValidator(whole),
        Field(
            default_factory=_page_size,
            examples=[20],
            json_schema_extra=lambda schema: schema.update(default=_page_size()),
        ),
    ]
    """The largest number of walks to return."""


@blueprint.post("/walks")
@documented(
    name="commissionWalk",
    body=WalkRequest,
    headers=REPEATABLE,
    answers={202: NewWalk},
    sends={202: ("Location",)},
    leads_to={202: ("describeWalk", "changeWalk", "takeWalkDown")},
    takes_files=True,
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
    allows_anonymous=True,
)
def create() -> tuple[Response, int, dict[str, str]]:
    """Request a walk.

    The response comes at once, with the walk's address in `Location`; poll that until `finished_at` is set. The walk
    belongs to the bearer token of your own that you send, 32 to 200 random characters, so you own the walk even if the
    response is lost; without one, a token is created for you. With an API token, the walk belongs to that token and
    counts against its allowance only. A stop may use a picture that was uploaded to `/api/v1/pictures` with the same
    token. Alternatively, send a form: its field `walk` is the JSON, and a stop's `picture` names the field of its file.
    """
    return accept(lambda secret: validate(_walk_body(secret)))


def accept(read_request: Callable[[str], WalkRequest]) -> tuple[Response, int, dict[str, str]]:
    """Queue the walk that the request asks for, and return the response: 202 with the walk's description.

    ``read_request`` receives the secret that will own the walk, and returns the validated request body.

    :raises TokenRefused: when the API token is invalid, or lacks the scope to create walks.
    :raises InvalidInput: when the owner's token, the idempotency key or the body is invalid.
    :raises NoRoom: when the caller's hourly limit, the queue or the disk is full.
    """
    token = api_tokens.allow(api_tokens.CREATE)
    own = None if token else own_uploads.own_token()
    secret = str(api_tokens.bearer()) if token else own or visitors.new_token()
    wanted, key = read_request(secret), _idempotency_key()
    if token is not None:
        draft = drafts.draft(wanted, visitor_key=token.secret_hash, owner=secret)
        limit = rate_limits.TOKEN
        walk, _ = intake.submit(draft, idempotency_key=key, admit=limit.admit, check=limit.check)
        return _accepted(walk, None)
    network = rate_limits.network_key()
    walk, is_new = intake.submit(
        drafts.draft(wanted, visitor_key=network, network=network, owner=secret),
        idempotency_key=key if key is None or own is None else f"{key} {visitors.digest(own)}",
        admit=rate_limits.API.admit,
        check=rate_limits.API.check,
    )
    # In a repeat, the secret goes only to a caller who sent it: another caller behind the same address may have sent
    # the same key.
    return _accepted(walk, secret if is_new or own else None)


def _walk_body(owner: str) -> Any:
    """Return the requested walk as unchecked JSON, from a JSON body or from a form that carries its pictures."""
    return uploads.walk_of_form(owner) if request.mimetype == uploads.FORM else body_reader.json_body()


def _accepted(walk: Walk, owner_token: str | None) -> tuple[Response, int, dict[str, str]]:
    body: NewWalk = {**describe(walk), "owner_token": owner_token}
    return jsonify(body), 202, {"Location": on_site(f"/api/v1/walks/{walk.id}"), "Cache-Control": "no-store"}


@blueprint.get("/walks/<walk_id>")
@documented(name="describeWalk", answers={200: WalkDescription}, sends={200: ("ETag",)}, problems=(404, 410))
def show(walk_id: str) -> Response:
    """Describe a walk.

    With `If-None-Match`, the response for an unchanged walk is 304, without a body.
    """
    return conditional(jsonify(describe(lookup.walk_at_address(walk_id))))


@blueprint.get("/walks")
@documented(name="listWalks", query=Listing, answers={200: WalkList}, sends={200: ("ETag",)}, problems=(422,))
def index() -> Response:
    """List the walks published in the gallery, or those that match a search and filters."""
    listing = parse(Listing, request.args)
    page = catalogue.page(listing, cursor=listing.cursor, limit=listing.limit)
    body: WalkList = {
        "walks": [describe(walk) for walk in page.walks],
        "next_cursor": page.older,
        "previous_cursor": page.newer,
        "found": page.hit_count,
    }
    return conditional(jsonify(body))


class Likeness(Strict):
    """Query parameters of the list of visually similar walks."""

    frame: Annotated[int | None, Field(ge=0, le=999, examples=[0]), BeforeValidator(whole)] = None
    """The index of the frame to compare; by default the middle one."""
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, examples=[20]), BeforeValidator(whole)] = similar.SHOWN
    """The largest number of walks to return."""


@blueprint.get("/walks/<walk_id>/alike")
@documented(name="listAlike", query=Likeness, answers={200: LikeList}, sends={200: ("ETag",)}, problems=(404, 410, 422))
def list_alike(walk_id: str) -> Response:
    """List published walks that look similar to a frame of this one, the most similar first.

    `walks` is null until a worker has computed the frame's image embedding.
    """
    query = parse(Likeness, request.args)
    matches = similar.find(walk_id, None if query.frame is None else str(query.frame), limit=query.limit)
    body: LikeList = {
        "frame": matches.frame.index,
        "walks": None if matches.walks is None else [describe(walk) for walk in matches.walks],
    }
    return conditional(jsonify(body))


@blueprint.patch("/walks/<walk_id>")
@documented(
    name="changeWalk",
    body=WalkChange,
    answers={200: WalkDescription},
    problems=(400, 401, 403, 404, 410, 413, 415, 422),
    scopes=(api_tokens.EDIT,),
    takes_owner_token=True,
)
def change(walk_id: str) -> Response:
    """Change a walk's title, or whether it is listed in the gallery.

    Requires the walk's `owner_token` as bearer token, or the API token that requested it. A field that is left out is
    not changed.
    """
    walk = _own(walk_id)
    walk_edits.apply(walk, body_reader.check_body(walk_edits.validate))
    return jsonify(describe(walk))


@blueprint.delete("/walks/<walk_id>")
@documented(
    name="takeWalkDown",
    answers={204: None},
    problems=(401, 403, 404, 410),
    scopes=(api_tokens.EDIT, api_tokens.CURATE),
    takes_owner_token=True,
)
def delete(walk_id: str) -> tuple[str, int]:
    """Cancel a walk that is queued or being generated; delete any other.

    Requires the walk's `owner_token` as bearer token, or the API token that requested it. A cancelled walk keeps its
    address; a deleted one is gone (410). An API token with the scope `walks:curate` deletes any walk, in any state,
    and hides its repeats.
    """
    if api_tokens.has_scope(api_tokens.CURATE):
        walk = lookup.walk_at_address(walk_id, even_hidden=True)
        if not visitors.owns(api_tokens.bearer(), walk):
            curation.take_down(walk)
            audit_log.note("deleted walk", walk.id, who=api_tokens.audit_name(api_tokens.require(api_tokens.CURATE)))
            return "", 204
    lifecycle.cancel_or_delete(_own(walk_id))
    return "", 204


@blueprint.post("/recipe")
@documented(
    name="readRecipe",
    file=f"A {film_formats.LISTED} made here, or a recipe: the file as it is. Its `Content-Type` is ignored.",
    answers={200: WalkRequest},
    problems=(413, 422),
)
def read_recipe() -> Response:
    """Read the recipe from a film that was made here.

    The response can be sent to `/api/v1/walks` unchanged. The film is not stored.
    """
    with body_reader.uploaded_file() as file, film_recipes.mapped(file) as content:
        return jsonify(recipe.as_body(*recipe.read_upload(content)))


@blueprint.get("/openapi.json")
@documented(name="describeApi", answers={200: openapi.Document}, sends={200: ("ETag",)})
def document() -> Response:
    """Describe this API, for programs: OpenAPI 3.1."""
    return conditional(jsonify(openapi.document()))


def _own(walk_id: str) -> Walk:
    """Return the walk at an address if the request's bearer token owns it.

    :raises NotOwner: when the request has no bearer token, or another owner's.
    :raises TokenRefused: when an API token is invalid, or lacks the scope to edit.
    """
    api_tokens.allow(api_tokens.EDIT)
    walk = lookup.walk_at_address(walk_id)
    token = api_tokens.bearer()
    if token is None:
        raise NotOwner("Send the walk's owner_token as a bearer token.", status=401)
    if not visitors.owns(token, walk):
        raise NotOwner("This token is not that of the walk's owner.", status=403)
    return walk


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    try:
        return None if key is None else TypeAdapter(IdempotencyKey).validate_python(key)
    except ValidationError as error:
        least, most = KEY_LENGTH
        message = f"An Idempotency-Key has {least} to {most} characters, drawn at random for each walk: a UUID will do."
        raise InvalidInput.on("Idempotency-Key", message=message) from error
