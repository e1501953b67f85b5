"""Captions for a walk, or for a picture of one's own, told to programs."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from app.api import body_reader
from app.api.caption_types import CaptionList, PictureCaptionList, WallLabelParts
from app.api.openapi import documented
from app.auth import api_tokens, rate_limits, visitors
from app.errors import NotOwner
from app.labels import captions, descriptions, pictures, wall_label, writing
from app.labels.captions import CaptionRequest, PictureCaptionRequest, Subject
from app.storage.photo_models import Photo
from app.storage.walk_models import ID
from app.uploads import photo_store
from app.walks import lookup

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

    Nothing is kept of them. By the grammar, the same wishes are answered with the same words.
    """
    walk = lookup.walk_at_address(walk_id)
    wanted = body_reader.read_by(lambda body: captions.parse_request(body, CaptionRequest))
    return jsonify(_written(descriptions.of_walk(walk, wanted.language), wanted))


@blueprint.post("/pictures/<photo_id>/captions")
@documented(
    name="captionPicture",
    body=PictureCaptionRequest,
    answers={200: PictureCaptionList},
    problems=(400, 401, 403, 404, 413, 415, 422),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
)
def write_of_picture(photo_id: str) -> tuple[Response, dict[str, str]]:
    """Write captions for a picture that was brought.

    Needs its `owner_token` as bearer token, or the API token that brought it. They are of what you say that it shows;
    else of what a worker takes it for, a guess, once one has looked. Nothing is kept of them.
    """
    photo = _own(photo_id)
    wanted = body_reader.read_by(lambda body: captions.parse_request(body, PictureCaptionRequest))
    about = pictures.of_photo(photo, wanted.description)
    told = {"description": about.shows or None, "is_guess": bool(about.shows) and about.is_guess}
    return jsonify({**_written(about, wanted), **told}), {"Cache-Control": "no-store"}


def _written(about: Subject, wanted: CaptionRequest) -> CaptionList:
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
    """Return a picture to whoever has its owner's token, or is the API token that brought it.

    :raises NotOwner: without a token.
    :raises TokenRefused: to an API token that is no longer good, or may not bring pictures.
    :raises NotFound: to everybody else: nobody learns that it is there.
    """
    api_tokens.allow(api_tokens.CREATE)
    token = api_tokens.bearer()
    if token is None:
        raise NotOwner("Send the owner_token of the picture as a bearer token.", status=401)
    photo = photo_store.find(photo_id, visitors.digest(token)) if ID.fullmatch(photo_id) else None
    if photo is None:
        raise NotFound("No picture of yours has this address. It is kept for a day, and shown to its owner alone.")
    return photo
