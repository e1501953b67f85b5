"""API routes for captions of a walk or of an uploaded picture."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, rate_limits
from app.collection.labels import captions, descriptions, pictures, wall_label, writing
from app.collection.labels.captions import CaptionRequest, PictureCaptionRequest, Subject
from app.site.api import body_reader, own_uploads
from app.site.api.caption_types import CaptionList, PictureCaptionList, WallLabelParts
from app.site.api.openapi import documented
from app.walks.saved import lookup
from app.walks.uploads import kinds

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
    photo = own_uploads.find_upload(kinds.OF_STOPS, photo_id)
    if not photo.is_picture:
        raise NotFound("This picture is still being read. Try again in a moment.")
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
