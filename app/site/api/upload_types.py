"""The JSON types of uploads: their forms, and what programs see of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.site.presentation.walk_description import FINISHED_AT, WALK_ID, Moment


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
