"""The JSON API: the same commissions, walks and gallery, for programs. It reads no cookie and needs no CSRF token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from app.api import body_reader, openapi, pictures
from app.api.again_types import WalkAgain
from app.api.openapi import documented
from app.api.response_types import LikeList, NewWalk, WalkList
from app.auth import api_tokens, rate_limits, visitors
from app.commissions import intake, recipe, walk_edits
from app.commissions.schema import Commission
from app.commissions.validation import validate
from app.commissions.walk_edits import WalkChange
from app.errors import InvalidInput, NotOwner
from app.gallery import catalogue, similar
from app.gallery.catalogue_query import CatalogueQuery, parse, whole
from app.moderation import audit_log, curation
from app.presentation.walk_description import WalkDescription, describe
from app.storage.walk_models import Walk
from app.walks import lifecycle, lookup
from app.web.responses import conditional

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

LIMIT_MAX = 100
KEY_LENGTH = 16, 200  # fewer characters are hit upon by somebody else in the same network


def _page_size() -> int:
    return int(current_app.config["PAGE_SIZE"])


IdempotencyKey = Annotated[str, Field(min_length=KEY_LENGTH[0], max_length=KEY_LENGTH[1])]
REPEATABLE = {
    "Idempotency-Key": (
        IdempotencyKey,
        "Makes a repeat harmless: the same key with the same walk, from the same network, makes one. Draw it at "
        "random for each walk, as a UUID is.",
    )
}


class Listing(CatalogueQuery):
    """What may stand in the address of the list."""

    cursor: str | None = None
    """A `next_cursor` or `previous_cursor` of an earlier answer. Others are refused."""
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
    """How many walks at most."""


@blueprint.post("/walks")
@documented(
    name="commissionWalk",
    body=Commission,
    headers=REPEATABLE,
    answers={202: NewWalk},
    sends={202: ("Location",)},
    leads_to={202: ("describeWalk", "changeWalk", "takeWalkDown")},
    takes_files=True,
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
    is_anybodys=True,
)
def create() -> tuple[Response, int, dict[str, str]]:
    """Commission a walk.

    The answer comes at once and says where the walk is; look there until `finished_at` is set. Whoever sends a bearer
    token of their own, 32 to 200 characters drawn at random, owns the walk by it, and is sure of it even if the answer
    is lost; others are given one. With an API token the walk is that token's, and counts against its allowance alone.
    A stop may be made of a picture that was brought to `/api/v1/pictures` by the same token. Or send a form: its field
    `walk` is the JSON, and a stop's `picture` names the field that holds its file.
    """
    return accept(lambda secret: validate(_walk_body(secret)))


def accept(read: Callable[[str], Commission]) -> tuple[Response, int, dict[str, str]]:
    """Commission what ``read`` makes of the request, for whoever sent it; it is told the secret that owns the walk."""
    token = api_tokens.allow(api_tokens.CREATE)
    own = None if token else pictures.own_token()
    secret = str(api_tokens.bearer()) if token else own or visitors.new_token()
    wanted, key = read(secret), _idempotency_key()
    if token is not None:
        walk, _ = intake.place(
            wanted,
            visitor_key=token.secret_hash,
            owner=secret,
            idempotency_key=key,
            admit=rate_limits.TOKEN.admit,
        )
        return _accepted(walk, None)
    walk, is_new = intake.place(
        wanted,
        visitor_key=rate_limits.network_key(),
        network=rate_limits.network_key(),
        owner=secret,
        idempotency_key=key if key is None or own is None else f"{key} {visitors.digest(own)}",
        admit=rate_limits.API.admit,
    )
    # In a repeat only to who has it: behind one address, somebody else may have sent the same key.
    return _accepted(walk, secret if is_new or own else None)


def _walk_body(owner: str) -> Any:
    """Read a walk as JSON, or as a form that brings its pictures along."""
    return pictures.walk_of_form(owner) if request.mimetype == pictures.FORM else body_reader.json_body()


def _accepted(walk: Walk, owner_token: str | None) -> tuple[Response, int, dict[str, str]]:
    body: NewWalk = {**describe(walk), "owner_token": owner_token}
    return jsonify(body), 202, {"Location": f"/api/v1/walks/{walk.id}", "Cache-Control": "no-store"}


@blueprint.get("/walks/<walk_id>")
@documented(name="describeWalk", answers={200: WalkDescription}, sends={200: ("ETag",)}, problems=(404, 410))
def show(walk_id: str) -> Response:
    """Describe a walk.

    With `If-None-Match` an unchanged walk is answered 304, without a body.
    """
    return conditional(jsonify(describe(lookup.walk_at_address(walk_id))))


@blueprint.get("/walks")
@documented(name="listWalks", query=Listing, answers={200: WalkList}, sends={200: ("ETag",)}, problems=(422,))
def index() -> Response:
    """List the walks that hang in the gallery, or what a search and filters find of them."""
    listing = parse(Listing, request.args)
    page = catalogue.page(listing, cursor=listing.cursor, limit=listing.limit)
    body: WalkList = {
        "walks": [describe(walk) for walk in page.walks],
        "next_cursor": page.older,
        "previous_cursor": page.newer,
        "found": page.hit_count,
    }
    return conditional(jsonify(body))


class Likeness(BaseModel):
    """What may stand in the address of the walks that look alike."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    frame: Annotated[int | None, Field(ge=0, le=999, examples=[0]), BeforeValidator(whole)] = None
    """The index of a frame; the middle one if it is left out."""
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, examples=[20]), BeforeValidator(whole)] = similar.SHOWN
    """How many walks at most."""


@blueprint.get("/walks/<walk_id>/alike")
@documented(name="listAlike", query=Likeness, answers={200: LikeList}, sends={200: ("ETag",)}, problems=(404, 410, 422))
def list_alike(walk_id: str) -> Response:
    """List the walks that hang and look like a frame of this one, the likest first.

    `walks` is null while no worker has looked at the walk.
    """
    asked = parse(Likeness, request.args)
    found = similar.find(walk_id, None if asked.frame is None else str(asked.frame), limit=asked.limit)
    body: LikeList = {
        "frame": found.frame.index,
        "walks": None if found.walks is None else [describe(walk) for walk in found.walks],
    }
    return conditional(jsonify(body))


@blueprint.patch("/walks/<walk_id>")
@documented(
    name="changeWalk",
    body=WalkChange,
    answers={200: WalkDescription},
    problems=(400, 401, 403, 404, 410, 413, 415, 422),
    scopes=(api_tokens.EDIT,),
    is_owners=True,
)
def change(walk_id: str) -> Response:
    """Change a walk's title, or whether it hangs in the gallery.

    Needs the walk's `owner_token` as bearer token, or the API token that it was commissioned with. What is left out
    stays as it is.
    """
    walk = _own(walk_id)
    walk_edits.apply(walk, body_reader.read_by(walk_edits.validate))
    return jsonify(describe(walk))


@blueprint.delete("/walks/<walk_id>")
@documented(
    name="takeWalkDown",
    answers={204: None},
    problems=(401, 403, 404, 410),
    scopes=(api_tokens.EDIT, api_tokens.CURATE),
    is_owners=True,
)
def delete(walk_id: str) -> tuple[str, int]:
    """Cancel a walk that waits or is being painted; delete any other.

    Needs the walk's `owner_token` as bearer token, or the API token that it was commissioned with. A cancelled walk
    keeps its address, a deleted one is gone (410). An API token with the scope `walks:curate` deletes anybody's walk,
    in whatever state, and hides its repeats.
    """
    if api_tokens.may(api_tokens.CURATE):
        walk = lookup.walk_at_address(walk_id, even_hidden=True)
        if not visitors.owns(api_tokens.bearer(), walk):
            curation.take_down(walk)
            audit_log.note("deleted walk", walk.id, who=api_tokens.who(api_tokens.require(api_tokens.CURATE)))
            return "", 204
    lifecycle.cancel_or_delete(_own(walk_id))
    return "", 204


@blueprint.post("/recipe")
@documented(
    name="readRecipe",
    file="A GIF, WebP or MP4 made here, or a recipe: the file as it is. Its `Content-Type` is not looked at.",
    answers={200: WalkAgain},
    problems=(413, 422),
)
def read_recipe() -> Response:
    """Read the recipe that a film made here carries.

    The answer can be sent to `/api/v1/walks` as it is. Nothing of the film is kept.
    """
    body = cast(WalkAgain, recipe.as_commission(*recipe.read_upload(request.get_data())))
    return jsonify(body)


@blueprint.get("/openapi.json")
@documented(name="describeApi", answers={200: openapi.Document}, sends={200: ("ETag",)})
def document() -> Response:
    """Describe this API, for programs: OpenAPI 3.1."""
    return conditional(jsonify(openapi.document()))


def _own(walk_id: str) -> Walk:
    """Return the walk at an address to whoever has its owner's token, or is the API token that owns it and may edit.

    :raises NotOwner: to everybody else.
    :raises TokenRefused: to an API token that is no longer good, or may not edit.
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
