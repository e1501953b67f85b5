"""API routes for uploaded sounds, which walks are set to: upload, look at, and delete one's own."""

from __future__ import annotations

from typing import Annotated, Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only
from werkzeug.exceptions import UnsupportedMediaType

from app.access.auth import api_tokens, rate_limits, visitors
from app.core.errors import FieldError, InvalidInput
from app.site.api import own_uploads, pictures
from app.site.api.openapi import documented
from app.site.presentation.walk_description import FINISHED_AT, WALK_ID, Moment
from app.site.web import sent_files
from app.storage.sound_models import Sound
from app.walks.saved import lifecycle
from app.walks.uploads import sound_store

blueprint = Blueprint("sounds", __name__, url_prefix="/api/v1/sounds")

UPLOAD = "sounds.upload"
NONE = "No sound of yours has this address. It is kept for a day, and known to its owner alone."


class SoundForm(BaseModel):
    """A sound to upload, as a form with one file."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    file: Annotated[bytes, Field(json_schema_extra={"type": "string", "format": "binary", "examples": ["(the file)"]})]
    """A WAV, FLAC, Ogg Vorbis, Opus or MP3 file, by its first bytes."""


class SoundHeard(TypedDict):
    """What is heard in a sound. Times are in seconds from its beginning, and ascend."""

    version: Annotated[int, Field(description="The version of the analysis.", examples=[1])]
    seconds: Annotated[float, Field(description="The length.", examples=[93.4])]
    tempo: Annotated[float | None, Field(description="Beats a minute; null without beats.", examples=[97.0])]
    beats: Annotated[list[float], Field(description="The beats.", examples=[[0.5, 1.119, 1.737]])]
    downbeats: Annotated[
        list[float], Field(description="The beats that begin a bar; empty unless they are sure.", examples=[[0.5]])
    ]
    onsets: Annotated[
        list[float], Field(description="When something new sounds.", examples=[[0.5, 0.81, 1.119, 1.737]])
    ]
    strengths: Annotated[
        list[float], Field(description="How strong each onset is; the strongest is 1.", examples=[[1.0, 0.2, 0.8, 0.9]])
    ]
    step: Annotated[float, Field(description="The seconds between values of the loudness.", examples=[0.1])]
    loudness: Annotated[
        list[float], Field(description="The root mean square at each step; 1 is full scale.", examples=[[0.01, 0.2]])
    ]
    peaks: Annotated[
        list[float],
        Field(description="The greatest absolute value of each of up to 1,000 equal parts.", examples=[[0.1, 0.9]]),
    ]


class SoundDescription(TypedDict):
    """An uploaded sound, and what is heard in it once a worker has read it."""

    id: Annotated[str, Field(description="The id of the sound.", examples=[WALK_ID])]
    digest: Annotated[str, Field(description="The SHA-256 of the file as it was uploaded.", examples=["5e" * 32])]
    state: Annotated[str, Field(description="`waiting` for a worker, `ready`, or `failed`.", examples=["ready"])]
    error: Annotated[str | None, Field(description="Why it failed, as a sentence.", examples=[None])]
    format: Annotated[str, Field(description="`wav`, `flac`, `vorbis`, `opus` or `mp3`.", examples=["mp3"])]
    seconds: Annotated[
        float | None,
        Field(
            description="The length: first as the header says, null if it does not; then as decoded.", examples=[93.4]
        ),
    ]
    rate: Annotated[int, Field(description="Samples a second.", examples=[44100])]
    channels: Annotated[int, Field(description="Channels.", examples=[2])]
    analysis: Annotated[SoundHeard | None, Field(description="What is heard in it; null until it is ready.")]
    expires_at: Annotated[
        Moment, Field(description="When it is deleted, unless it is uploaded again.", examples=[FINISHED_AT])
    ]


class NewSound(SoundDescription):
    """An uploaded sound, and the token that owns it."""

    owner_token: Annotated[
        str | None,
        Field(
            description="Send it as bearer token with the walk. Null if the sound was uploaded with an API token.",
            examples=["3f" * 32],
        ),
    ]


@blueprint.post("")
@documented(
    name="uploadSound",
    form=SoundForm,
    form_limit="SOUND_MAX",
    answers={201: NewSound},
    problems=(400, 401, 403, 413, 415, 422, 429),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
    allows_anonymous=True,
)
def upload() -> tuple[Response, int, dict[str, str]]:
    """Upload a sound that a walk is to be set to.

    Its header is checked at once. A worker then decodes it, stores it without its metadata and cover, and analyses it;
    ask for it again until its `state` is no longer `waiting`. It is kept for a day. It belongs to the bearer token of
    your own that you send, 32 to 200 random characters, as walks do; without one, a token is created for you. Uploading
    the same file again returns the same id.
    """
    if request.mimetype != pictures.FORM:
        raise UnsupportedMediaType
    owner, limit = own_uploads.uploader(rate_limits.SOUND_TOKEN, rate_limits.SOUND_API)
    if (file := request.files.get("file")) is None:
        raise InvalidInput.on("file", message="No sound came along. Send it as the field file of a form.")
    try:
        sound = sent_files.store_sound(file, owner_hash=visitors.owner_of(owner), limit=limit)
    except ValueError as error:
        raise InvalidInput([FieldError(("file",), f"The sound {error}")]) from error
    created: NewSound = {**describe(sound), "owner_token": None if api_tokens.current() else owner}
    return jsonify(created), 201, {"Cache-Control": "no-store"}


@blueprint.get("/<sound_id>")
@documented(
    name="readSound",
    answers={200: SoundDescription},
    problems=(401, 403, 404),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
)
def show(sound_id: str) -> tuple[Response, dict[str, str]]:
    """Return one of your sounds, with what is heard in it once a worker has read it.

    Requires the sound's `owner_token` as bearer token, or the API token that uploaded it.
    """
    return jsonify(describe(_own(sound_id))), {"Cache-Control": "no-store"}


@blueprint.delete("/<sound_id>")
@documented(
    name="deleteSound",
    answers={204: None},
    problems=(401, 403, 404),
    scopes=(api_tokens.CREATE,),
    takes_owner_token=True,
)
def delete(sound_id: str) -> tuple[str, int]:
    """Delete one of your sounds with its file, whether or not a worker has read it."""
    sound = _own(sound_id)
    lifecycle.forget_sounds(sound.owner_hash, [sound.id])
    return "", 204


def describe(sound: Sound) -> SoundDescription:
    """Return a sound as its JSON description."""
    return {
        "id": sound.id,
        "digest": sound.digest,
        "state": sound.state,
        "error": sound.error,
        "format": sound.format,
        "seconds": sound.seconds,
        "rate": sound.rate,
        "channels": sound.channels,
        "analysis": cast("SoundHeard | None", sound.analysis),
        "expires_at": sound.expires_at.isoformat(),
    }


def _own(sound_id: str) -> Sound:
    return own_uploads.find_own(sound_id, sound_store.find, "sound", NONE)


@blueprint.app_url_value_preprocessor
def _raise_body_limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This must run before anything reads the body.
    if endpoint == UPLOAD and request.mimetype == pictures.FORM:
        request.max_content_length = int(current_app.config["SOUND_MAX"]) + pictures.HEAD_BYTES


@blueprint.teardown_app_request
def _close_uploads(_error: BaseException | None) -> None:
    if request.endpoint == UPLOAD:
        request.close()  # deletes the uploaded file now, without waiting for the garbage collector
