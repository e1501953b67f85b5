"""API routes for captions of a walk or of an uploaded picture."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, rate_limits, visitors
from app.collection.labels import captions, descriptions, pictures, wall_label, writing
from app.collection.labels.captions import CaptionRequest, PictureCaptionRequest, Subject
from app.core.errors import NotOwner
from app.site.api import body_reader
from app.site.api.caption_types import CaptionList, PictureCaptionList, WallLabelParts
from app.site.api.openapi import documented
from app.storage.photo_models import Photo
from app.storage.walk_models import ID
from app.walks.saved import lookup
from app.walks.uploads import photo_store

blueprint = Blueprint("captions_api", __name__, url_prefix="/api/v1")


@blueprint.post("/walks/<walk_id>/captions")
@documented(
    name="captionWalk",
    body=CaptionRequest,
    answers={200: CaptionList},
    problems=(400, 404, 409, 410, 413, 415, 422),
)
def write(walk_id: str) -> Response:
    """Write captions for a finished walk.

    Captions are not stored. The grammar gives the same captions for the same request.
    """
    walk = lookup.walk_at_address(walk_id)
    wanted = body_reader.check_body(lambda body: captions.parse_request(body, CaptionRequest))
    return jsonify(_write(descriptions.of_walk(walk, wanted.language), wanted))


@blueprint.post("/pictures/<photo_id>/captions")
@documented(
    name="captionPicture",
    body=PictureCaptionRequest,
    answers={200: PictureCaptionList},
    problems=(400, 401, 403, 404, 413, 415, 422),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
)
def write_of_picture(photo_id: str) -> tuple[Response, dict[str, str]]:
    """Write captions for an uploaded picture.

    Requires the picture's `owner_token` as bearer token, or the API token that uploaded it. The captions describe the
    `description` that you send, or else a worker's guess, once there is one. Captions are not stored.
    """
    photo = _own(photo_id)
    wanted = body_reader.check_body(lambda body: captions.parse_request(body, PictureCaptionRequest))
    about = pictures.of_photo(photo, wanted.description)
    shows = {"description": about.shows or None, "is_guess": bool(about.shows) and about.is_guess}
    return jsonify({**_write(about, wanted), **shows}), {"Cache-Control": "no-store"}


def _write(about: Subject, wanted: CaptionRequest) -> CaptionList:
    written = writing.compose(about, wanted, admit=rate_limits.admits_captions)
    label = wall_label.compose(about, wanted.language)
    return {
        "captions": written.captions,
        "by": written.by,
        "label": label.sentence,
        "wall_label": cast(WallLabelParts, label.as_dict()),
        "tone": written.tone,
        "asked_tone": wanted.tone,
        "audience": wanted.audience,
        "language": wanted.language,
    }


def _own(photo_id: str) -> Photo:
    """Return a picture if the request's bearer token owns it.

    :raises NotOwner: when the request has no bearer token.
    :raises TokenRefused: when an API token is invalid, or lacks the scope to upload pictures.
    :raises NotFound: when the picture does not exist or the token is not its owner's; the two look the same.
    """
    api_tokens.allow(api_tokens.CREATE)
    token = api_tokens.bearer()
    if token is None:
        raise NotOwner("Send the owner_token of the picture as a bearer token.", status=401)
    photo = photo_store.find(photo_id, *visitors.owners_of(token)) if ID.fullmatch(photo_id) else None
    if photo is None:
        raise NotFound("No picture of yours has this address. It is kept for a day, and shown to its owner alone.")
    return photo
