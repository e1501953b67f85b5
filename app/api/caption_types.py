"""Response types of the API for captions and wall labels."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only


class WallLabelParts(TypedDict):
    """The parts of a museum wall label."""

    title: Annotated[str, Field(description="The title, or the stops.", examples=["A lemon into the sun"])]
    year: Annotated[
        int | None, Field(description="The year it was generated; null for an uploaded picture.", examples=[2026])
    ]
    medium: Annotated[str, Field(description="The medium.", examples=["Film, colour, silent: latent walk in woodcut"])]
    edition: Annotated[str, Field(description="The walk's number on this site.", examples=["Walk 7, open edition"])]
    sentence: Annotated[
        str,
        Field(
            description="A sentence that describes it.",
            examples=["A latent walk through “a lemon” and “the sun”, in 24 frames."],
        ),
    ]


class CaptionList(TypedDict):
    """Captions for a walk or a picture, and its wall label."""

    captions: Annotated[
        list[str],
        Field(
            description="The captions, all of them different.",
            examples=[["One line of light, drawn from “a lemon” to “the sun”. I wanted to show you this one."]],
        ),
    ]
    label: Annotated[
        str,
        Field(
            description="The sentence of the wall label.",
            examples=["A latent walk through “a lemon” and “the sun”, in 24 frames."],
        ),
    ]
    wall_label: WallLabelParts
    by: Annotated[
        str,
        Field(description="Who wrote the captions: `grammar`, or the language model's name.", examples=["grammar"]),
    ]
    tone: Annotated[
        str,
        Field(
            description="Their tone. For a tone that the grammar does not know, the nearest that it knows.",
            examples=["poetic"],
        ),
    ]
    asked_tone: Annotated[str, Field(description="The requested tone.", examples=["dreamy"])]
    audience: Annotated[str, Field(description="Their audience.", examples=["personal"])]
    language: Annotated[str, Field(description="Their language.", examples=["en"])]


class PictureCaptionList(CaptionList):
    """Captions for an uploaded picture, and the description that they are based on."""

    description: Annotated[
        str | None,
        Field(description="The description that the captions use; null if none.", examples=["a fox in the snow"]),
    ]
    is_guess: Annotated[bool, Field(description="Whether the description is a worker's guess.", examples=[False])]
