"""Pictures that programs bring for stops, as files of a form: the one kind of body here that is not JSON."""

from __future__ import annotations

from typing import Annotated, Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from app.api.openapi import documented
from app.auth import api_tokens, rate_limits, visitors
from app.auth.rate_limits import RateLimit
from app.commissions import brought_photos, error_messages
from app.errors import FieldError, InvalidInput
from app.presentation.walk_description import FINISHED_AT, WALK_ID, Moment
from app.storage.photo_models import Photo

blueprint = Blueprint("pictures", __name__, url_prefix="/api/v1")

FORM = "multipart/form-data"
HEAD_BYTES = 100_000  # of a form, around its files
TOGETHER = 2
"""How many pictures of the largest size a walk may bring along; more are sent one by one."""
UPLOADS = ("pictures.bring", "api.create", "pages.commission", "pages.edit")
TOKEN_LENGTH = 32, 200


class PictureForm(BaseModel):
    """A picture, as a form with one file."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    file: Annotated[bytes, Field(json_schema_extra={"type": "string", "format": "binary", "examples": ["(the file)"]})]
    """A PNG, JPEG, WebP, AVIF or HEIC. What it is, its first bytes say; of one that moves, the first frame is taken."""


class NewPicture(TypedDict):
    """A picture that was brought, and the token by which walks may be made of it."""

    id: Annotated[str, Field(description="What a stop names as its `picture`.", examples=[WALK_ID])]
    url: Annotated[
        str, Field(description="Where its owner sees it, as it is kept.", examples=[f"/photos/{WALK_ID}.webp"])
    ]
    description: Annotated[
        str | None,
        Field(description="What it is taken for, a guess; null until a worker has looked.", examples=[None]),
    ]
    expires_at: Annotated[
        Moment, Field(description="When it goes, unless it is brought again.", examples=[FINISHED_AT])
    ]
    owner_token: Annotated[
        str | None,
        Field(
            description="Send it as bearer token with the walk. Null where an API token brought the picture.",
            examples=["3f" * 32],
        ),
    ]


@blueprint.teardown_app_request
def _forget(_error: BaseException | None) -> None:
    if request.endpoint in UPLOADS:
        request.close()  # what was brought along is deleted now, not at some time


@blueprint.post("/pictures")
@documented(
    name="bringPicture",
    form=PictureForm,
    answers={201: NewPicture},
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    is_owners=True,
    is_anybodys=True,
)
def bring() -> tuple[Response, int, dict[str, str]]:
    """Bring a picture that is to be a stop of a walk.

    It is turned upright, freed of all that the file says besides (a place, a name), scaled to at most 1024 pixels a
    side, and kept for a day; a walk made of it keeps a copy. A bearer token of your own, 32 to 200 characters drawn at
    random, owns it, as it owns walks; without one you get one. The same picture twice is one.
    """
    owner, limit = _owner()
    photo = _kept(_only_file(), owner=owner, limit=limit)
    told = None if api_tokens.current() else owner
    return jsonify(describe(photo, told)), 201, {"Cache-Control": "no-store"}


def describe(photo: Photo, owner_token: str | None) -> NewPicture:
    """Describe a picture as JSON."""
    return {
        "id": photo.id,
        "url": f"/photos/{photo.id}.webp",
        "description": photo.description,
        "expires_at": photo.expires_at.isoformat(),
        "owner_token": owner_token,
    }


def walk_of_form(owner: str) -> Any:
    """Read a walk that came as a form with its pictures: the field ``walk`` is its JSON, which names files as pictures.

    :raises InvalidInput: when that is missing, or no JSON; for a picture that cannot be taken.
    """
    try:
        told = from_json(request.form.get("walk", ""), allow_inf_nan=False)
    except ValueError as error:
        message = f"The field walk of the form is not JSON that can be read: {error}"
        raise InvalidInput.on("walk", message=message) from error
    stops = told.get("stops") if isinstance(told, dict) else None
    kept: dict[str, str] = {}  # a file is read once, however many stops name it
    for index, stop in enumerate(stops if isinstance(stops, list) else []):
        named = stop.get("picture") if isinstance(stop, dict) else None
        if isinstance(named, str) and (file := request.files.get(named)) is not None:
            if named not in kept:
                kept[named] = _kept(file, owner=owner, limit=_limit(), path=("stops", index, "picture")).id
            stop["picture"] = kept[named]
    return told


def _only_file() -> FileStorage:
    if request.mimetype != FORM:
        raise UnsupportedMediaType
    if (file := request.files.get("file")) is None:
        raise InvalidInput.on("file", message="No picture came along. Send it as the field file of a form.")
    return file


def _kept(file: FileStorage, *, owner: str, limit: RateLimit, path: tuple[str | int, ...] = ("file",)) -> Photo:
    try:
        return brought_photos.upload(
            file.read(current_app.config["PHOTO_MAX"] + 1),
            owner_hash=visitors.digest(owner),
            network=rate_limits.network_key(),
            check_room=limit.look,
            admit=limit.admit,
        )
    except ValueError as error:
        named = "The picture" if path == ("file",) else error_messages.subject(path)
        raise InvalidInput([FieldError(path, f"{named} {error}")]) from error


def _limit() -> RateLimit:
    return rate_limits.PHOTO_TOKEN if api_tokens.current() else rate_limits.PHOTO_API


def _owner() -> tuple[str, RateLimit]:
    """Tell who brings a picture: an API token, the bearer of a token of their own, or somebody new."""
    if api_tokens.allow(api_tokens.CREATE) is not None:
        return cast(str, api_tokens.bearer()), _limit()
    return own_token() or visitors.new_token(), _limit()


def own_token() -> str | None:
    """Read the token by which a caller is to own what they bring or ask for, if they brought one.

    :raises InvalidInput: when it is too short to be a secret, or too long.
    """
    token, (least, most) = api_tokens.bearer(), TOKEN_LENGTH
    if token is not None and not least <= len(token) <= most:
        message = f"A bearer token that is to own a walk has {least} to {most} characters. Send none, and you get one."
        raise InvalidInput.on("Authorization", message=message)
    return token


def largest_body(endpoint: str) -> int:
    """Return how many bytes a body with pictures may have."""
    most: int = current_app.config["PHOTO_MAX"]
    if endpoint == "pictures.bring":
        return most + HEAD_BYTES
    return TOGETHER * most + int(current_app.config["BODY_MAX"])


@blueprint.app_url_value_preprocessor
def _let_pictures_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # Before anything looks at the body
    if endpoint in UPLOADS and request.mimetype == FORM:
        request.max_content_length = largest_body(endpoint)
