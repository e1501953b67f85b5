"""API routes for uploaded pictures, which stops can use. They take multipart forms; other routes take JSON."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from app.access.auth import api_tokens, rate_limits, visitors
from app.access.auth.rate_limits import RateLimit
from app.core import bounds
from app.core.addresses import on_site
from app.core.errors import FieldError, InvalidInput
from app.requests.walk_requests import error_messages, validation
from app.site.api import own_uploads
from app.site.api.openapi import documented
from app.site.presentation.walk_description import FINISHED_AT, WALK_ID, Moment
from app.site.web import sent_files
from app.storage.photo_models import Photo

blueprint = Blueprint("pictures", __name__, url_prefix="/api/v1")

FORM = "multipart/form-data"
HEAD_BYTES = 100_000  # the part of a form that is not its files
TOGETHER = 2
"""How many pictures of the largest size one request may carry with a walk; further ones are uploaded one by one."""
UPLOADS = ("pictures.bring", "api.create", "pages.commission", "pages.edit")


class PictureForm(BaseModel):
    """A picture to upload, as a form with one file."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    file: Annotated[bytes, Field(json_schema_extra={"type": "string", "format": "binary", "examples": ["(the file)"]})]
    """A PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF file, by its first bytes. Of an animation, its first frame."""


class NewPicture(TypedDict):
    """An uploaded picture, and the token by which walks may use it."""

    id: Annotated[str, Field(description="The id that a stop gives as its `picture`.", examples=[WALK_ID])]
    url: Annotated[
        str, Field(description="Address of the stored picture, for its owner.", examples=[f"/photos/{WALK_ID}.webp"])
    ]
    description: Annotated[
        str | None,
        Field(description="A worker's guess of what it shows; null until a worker has processed it.", examples=[None]),
    ]
    expires_at: Annotated[
        Moment, Field(description="When it is deleted, unless it is uploaded again.", examples=[FINISHED_AT])
    ]
    owner_token: Annotated[
        str | None,
        Field(
            description="Send it as bearer token with the walk. Null if the picture was uploaded with an API token.",
            examples=["3f" * 32],
        ),
    ]


@blueprint.teardown_app_request
def _close_uploads(_error: BaseException | None) -> None:
    if request.endpoint in UPLOADS:
        request.close()  # deletes the uploaded files now, without waiting for the garbage collector


@blueprint.post("/pictures")
@documented(
    name="bringPicture",
    form=PictureForm,
    answers={201: NewPicture},
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
    allows_anonymous=True,
)
def bring() -> tuple[Response, int, dict[str, str]]:
    """Upload a picture for a stop of a walk.

    The picture is turned upright, stripped of its metadata (location, camera, names), scaled to at most 1024 pixels a
    side, and kept for a day; a walk that uses it keeps a copy. It belongs to the bearer token of your own that you
    send, 32 to 200 random characters, as walks do; without one, a token is created for you. Uploading the same picture
    again returns the same id.
    """
    owner, limit = own_uploads.uploader(rate_limits.PHOTO_TOKEN, rate_limits.PHOTO_API)
    photo = _store_photo(_only_file(), owner=owner, limit=limit)
    owner_token = None if api_tokens.current() else owner
    return jsonify(describe(photo, owner_token)), 201, {"Cache-Control": "no-store"}


def describe(photo: Photo, owner_token: str | None) -> NewPicture:
    """Return a picture as its JSON description."""
    return {
        "id": photo.id,
        "url": on_site(f"/photos/{photo.id}.webp"),
        "description": photo.description,
        "expires_at": photo.expires_at.isoformat(),
        "owner_token": owner_token,
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
                photo = _store_photo(file, owner=owner, limit=_limit(), path=("stops", index, "picture"))
                photo_ids[name] = photo.id
            stop["picture"] = photo_ids[name]
    return body


def _only_file() -> FileStorage:
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    if (file := request.files.get("file")) is None:
        raise InvalidInput.on("file", message="No picture came along. Send it as the field file of a form.")
    return file


def _store_photo(file: FileStorage, *, owner: str, limit: RateLimit, path: tuple[str | int, ...] = ("file",)) -> Photo:
    try:
        return sent_files.store_photo(file, owner_hash=visitors.owner_of(owner), limit=limit)
    except ValueError as error:
        subject = "The picture" if path == ("file",) else error_messages.subject(path)
        raise InvalidInput([FieldError(path, f"{subject} {error}")]) from error


def _limit() -> RateLimit:
    return rate_limits.PHOTO_TOKEN if api_tokens.current() else rate_limits.PHOTO_API


def largest_body(endpoint: str) -> int:
    """Return the limit in bytes of a request body with files, for an endpoint of ``UPLOADS``."""
    config = current_app.config
    most: int = config["PHOTO_MAX"]
    if endpoint == "pictures.bring":
        return most + HEAD_BYTES
    of_sounds = int(config["SOUND_MAX"]) if endpoint.startswith("pages.") else 0
    return max(TOGETHER * most, of_sounds) + int(config["BODY_MAX"])


@blueprint.app_url_value_preprocessor
def _raise_body_limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This must run before anything reads the body.
    if endpoint in UPLOADS and request.mimetype == FORM:
        request.max_content_length = largest_body(endpoint)
