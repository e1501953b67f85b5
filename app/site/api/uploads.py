"""API routes for uploads: pictures for stops, and sounds. They take multipart forms; other routes take JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic_core import from_json
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from app.access.auth import api_tokens, rate_limits, visitors
from app.core import bounds
from app.core.addresses import on_site
from app.core.errors import FieldError, InvalidInput
from app.requests.walk_requests import error_messages, validation
from app.site.api import own_uploads
from app.site.api.openapi import documented
from app.site.api.upload_types import NewPicture, NewSound, PictureForm, SoundDescription, SoundForm, SoundHeard
from app.site.web import sent_files
from app.storage.upload_models import Upload
from app.walks.saved import lifecycle
from app.walks.uploads import kinds
from app.walks.uploads.kinds import UploadKind

pictures = Blueprint("pictures", __name__, url_prefix="/api/v1/pictures")
sounds = Blueprint("sounds", __name__, url_prefix="/api/v1/sounds")

FORM = "multipart/form-data"
HEAD_BYTES = 100_000  # the part of a form that is not its files
TOGETHER = 2
"""How many pictures of the largest size one request may carry with a walk; further ones are uploaded one by one."""
ALONE = {"pictures.bring": kinds.OF_STOPS, "sounds.upload": kinds.OF_WALKS}
"""The kinds of the one file that a form carries, by endpoint."""
WITH_WALK = ("api.create", "pages.commission", "pages.edit")
"""The endpoints whose forms carry a walk with its files."""
UPLOADING: dict[str, Any] = {
    "problems": (400, 401, 403, 413, 415, 422, 429),
    "scopes": (api_tokens.CREATE,),
    "takes_owner_token": True,
    "allows_anonymous": True,
}
OWN: dict[str, Any] = {"problems": (401, 403, 404), "scopes": (api_tokens.CREATE,), "takes_owner_token": True}


@pictures.post("")
@documented(name="bringPicture", form=PictureForm, answers={201: NewPicture}, **UPLOADING)
def bring() -> tuple[Response, int, dict[str, str]]:
    """Upload a picture for a stop of a walk.

    The picture is turned upright, stripped of its metadata (location, camera, names), scaled to at most 1024 pixels a
    side, and kept for a day; a walk that uses it keeps a copy. It belongs to the bearer token of your own that you
    send, 32 to 200 random characters, as walks do; without one, a token is created for you. Uploading the same picture
    again returns the same id.
    """
    photo, owner_token = _upload(kinds.OF_STOPS)
    created: NewPicture = {
        "id": photo.id,
        "url": on_site(f"/photos/{photo.id}.webp"),
        "description": photo.description,
        "expires_at": photo.expires_at.isoformat(),
        "owner_token": owner_token,
    }
    return jsonify(created), 201, {"Cache-Control": "no-store"}


@sounds.post("")
@documented(name="uploadSound", form=SoundForm, uploads=kinds.OF_WALKS, answers={201: NewSound}, **UPLOADING)
def upload() -> tuple[Response, int, dict[str, str]]:
    """Upload a sound that a walk is to be set to.

    Its header is checked at once. A worker then decodes it, stores it without its metadata and cover, and analyses it;
    ask for it again until its `state` is no longer `waiting`. It is kept for a day. It belongs to the bearer token of
    your own that you send, 32 to 200 random characters, as walks do; without one, a token is created for you. Uploading
    the same file again returns the same id.
    """
    sound, owner_token = _upload(kinds.OF_WALKS)
    created: NewSound = {**describe(sound), "owner_token": owner_token}
    return jsonify(created), 201, {"Cache-Control": "no-store"}


@sounds.get("/<sound_id>")
@documented(name="readSound", answers={200: SoundDescription}, **OWN)
def show(sound_id: str) -> tuple[Response, dict[str, str]]:
    """Return one of your sounds, with what is heard in it once a worker has read it.

    Requires the sound's `owner_token` as bearer token, or the API token that uploaded it.
    """
    return jsonify(describe(own_uploads.find_upload(kinds.OF_WALKS, sound_id))), {"Cache-Control": "no-store"}


@sounds.delete("/<sound_id>")
@documented(name="deleteSound", answers={204: None}, **OWN)
def delete(sound_id: str) -> tuple[str, int]:
    """Delete one of your sounds with its file, whether or not a worker has read it."""
    sound = own_uploads.find_upload(kinds.OF_WALKS, sound_id)
    lifecycle.forget_uploads(sound.owner_hash, [sound.digest])
    return "", 204


def describe(sound: Upload) -> SoundDescription:
    """Return a sound as its JSON description."""
    return {
        "id": sound.id,
        "digest": sound.digest,
        "state": sound.state,
        "error": sound.error,
        "format": sound.details["format"],
        "seconds": sound.seconds,
        "rate": sound.details["rate"],
        "channels": sound.details["channels"],
        "analysis": cast("SoundHeard | None", sound.analysis),
        "expires_at": sound.expires_at.isoformat(),
    }


def walk_of_form(owner: str) -> Any:
    """Return the walk, as unchecked JSON, from a form that carries its pictures.

    The form's field ``walk`` is the JSON. A stop's ``picture`` names the form field of its file; the file is stored,
    and the name is replaced by the id of the stored picture.

    :raises InvalidInput: when the field is missing or is not JSON, or when a picture cannot be used.
    """
    try:
        body = from_json(request.form.get("walk", ""), allow_inf_nan=False)
    except ValueError as error:
        message = f"The field walk of the form is not JSON that can be read: {error}"
        raise InvalidInput.on("walk", message=message) from error
    bounds.check(body)
    validation.check_stop_count(body)
    stops = body.get("stops") if isinstance(body, dict) else None
    photo_ids: dict[str, str] = {}  # by form field: a file is read once, even if several stops name it
    for index, stop in enumerate(stops if isinstance(stops, list) else []):
        name = stop.get("picture") if isinstance(stop, dict) else None
        if isinstance(name, str) and (file := request.files.get(name)) is not None:
            if name not in photo_ids:
                path = ("stops", index, "picture")
                photo_ids[name] = _store(kinds.OF_STOPS, file, owner, path, error_messages.subject(path)).id
            stop["picture"] = photo_ids[name]
    return body


def _upload(among: Sequence[UploadKind]) -> tuple[Upload, str | None]:
    """Store the file of the request's form; return it, and the token that owns it unless that is an API token."""
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    owner = own_uploads.uploader()
    if (file := request.files.get("file")) is None:
        raise InvalidInput.on("file", message=f"No {among[0].called} came along. Send it as the field file of a form.")
    stored = _store(among, file, owner, ("file",), f"The {among[0].called}")
    return stored, None if api_tokens.current() else owner


def _store(
    among: Sequence[UploadKind], file: FileStorage, owner: str, path: tuple[str | int, ...], subject: str
) -> Upload:
    limit = partial(rate_limits.of_api_upload, with_token=api_tokens.current() is not None)
    try:
        return sent_files.store(among, file, owner_hash=visitors.owner_of(owner), limit=limit)
    except ValueError as error:
        raise InvalidInput([FieldError(path, f"{subject} {error}")]) from error


def largest_body(endpoint: str) -> int:
    """Return the limit in bytes of a request body with files, for an endpoint of ``ALONE`` or ``WITH_WALK``."""
    if alone := ALONE.get(endpoint):
        return kinds.bytes_max(alone) + HEAD_BYTES
    of_sounds = kinds.bytes_max(kinds.OF_WALKS) if endpoint.startswith("pages.") else 0
    return max(TOGETHER * kinds.bytes_max(kinds.OF_STOPS), of_sounds) + int(current_app.config["BODY_MAX"])


@pictures.app_url_value_preprocessor
def _raise_body_limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This must run before anything reads the body.
    if endpoint in (*ALONE, *WITH_WALK) and request.mimetype == FORM:
        request.max_content_length = largest_body(endpoint)


@pictures.teardown_app_request
def _close_uploads(_error: BaseException | None) -> None:
    if request.endpoint in (*ALONE, *WITH_WALK):
        request.close()  # deletes the uploaded files now, without waiting for the garbage collector
